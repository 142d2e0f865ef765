//! The keys that a namespace begins with: the `seed` of a binding, applied when its namespace is
//! created.

use crate::commands::import::{Import, Source};
use crate::output;
use crate::progress::Progress;
use crate::reach;
use crate::settings::{Binding, GuestSettings};
use crate::store::Bound;
use anyhow::{Context as _, Result};
use larder_server::client::Client;
use larder_store::Larder;
use std::collections::BTreeSet;
use std::path::Path;

/// Applies the seeds of the bindings whose namespaces have just been created; when one fails, or
/// this is broken off, they are gone again.
pub async fn plant(larder: &Larder, settings: &GuestSettings, bound: &[Bound]) -> Result<()> {
    let created = bound.iter().filter(|bound| bound.created);
    let created: BTreeSet<&str> = created.map(|bound| bound.namespace.id()).collect();
    let bindings = settings.bindings.iter().zip(bound);
    let new = bindings.filter(|(_, bound)| created.contains(bound.namespace.id()));
    let client = reach::inside(larder);
    let unfinished = Unfinished { larder, created: created.iter().map(|&id| id.into()).collect() };
    for (binding, bound) in new {
        let keys = plant_one(&client, settings.config.as_deref(), binding, bound.namespace.id());
        if let Some(keys) = keys.await? {
            let (name, keys) = (output::printable(&binding.name), output::count(keys, "key"));
            output::note(format_args!("binding {name}: {keys} of its seed"));
        }
    }
    unfinished.finish();
    Ok(())
}

/// Namespaces that have just been created, which are gone again with this, so that the next start
/// begins anew.
struct Unfinished<'a> {
    larder: &'a Larder,
    created: Vec<String>,
}

impl Unfinished<'_> {
    fn finish(mut self) {
        self.created.clear();
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let larder = self.larder.blocking();
        for id in &self.created {
            let deleted = larder.namespace_by_id(id).and_then(|namespace| match namespace {
                Some(namespace) => larder.delete_namespace(&namespace.blocking().info()?.title),
                None => Ok(()),
            });
            if let Err(error) = deleted {
                tracing::warn!(%error, %id, "a namespace stays without the whole of its seed");
            }
        }
    }
}

/// Applies all seeds to namespaces that have been cleared.
pub async fn plant_again(larder: &Larder, settings: &GuestSettings) -> Result<()> {
    let client = reach::inside(larder);
    for binding in &settings.bindings {
        if let Some(namespace) = binding.find(larder)? {
            plant_one(&client, settings.config.as_deref(), binding, namespace.id()).await?;
        }
    }
    Ok(())
}

/// Applies the seed of a binding to the namespace of that id; how many keys it has, if there is one.
pub async fn plant_one(
    client: &Client,
    config: Option<&Path>,
    binding: &Binding,
    id: &str,
) -> Result<Option<u64>> {
    let Some(seed) = &binding.seed else { return Ok(None) };
    let file = config.and_then(Path::parent).unwrap_or(Path::new(".")).join(seed);
    let progress = Progress::of_bytes("seeding", None);
    let planted = async {
        let mut import = Import::of_seed(client, progress, id, &binding.prefix);
        import.all_of(Source::open(&file)?).await?;
        anyhow::Ok(import.imported)
    };
    let keys = planted.await.with_context(|| {
        format!("the seed {} of the binding `{}`", output::path(&file), binding.name)
    });
    keys.map(Some)
}
