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

/// Applies the seeds of the bindings whose namespaces have just been created; when one fails, they
/// are gone again, so that the next start begins anew.
pub async fn plant(larder: &Larder, settings: &GuestSettings, bound: &[Bound]) -> Result<()> {
    let created = bound.iter().filter(|bound| bound.created);
    let created: BTreeSet<&str> = created.map(|bound| bound.namespace.id()).collect();
    let bindings = settings.bindings.iter().zip(bound);
    let new = bindings.filter(|(_, bound)| created.contains(bound.namespace.id()));
    let client = reach::inside(larder);
    let planted = async {
        for (binding, bound) in new {
            let keys =
                plant_one(&client, settings.config.as_deref(), binding, bound.namespace.id());
            if let Some(keys) = keys.await? {
                let (name, keys) = (output::printable(&binding.name), output::count(keys, "key"));
                output::note(format_args!("binding {name}: {keys} of its seed"));
            }
        }
        Ok(())
    };
    let planted = planted.await;
    if planted.is_err() {
        for id in created {
            if let Some(namespace) = larder.namespace_by_id(id).await? {
                larder.delete_namespace(&namespace.info().await?.title).await?;
            }
        }
    }
    planted
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
        let mut import = Import::new(client, progress, Some((id.into(), binding.prefix.clone())));
        import.all_of(Source::open(&file)?).await?;
        anyhow::Ok(import.imported)
    };
    let keys = planted.await.with_context(|| {
        format!("the seed {} of the binding `{}`", output::path(&file), binding.name)
    });
    keys.map(Some)
}
