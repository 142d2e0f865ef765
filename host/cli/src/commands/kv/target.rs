//! The namespace that a command of `larder kv` works on.

use super::refuse_remote;
use crate::args::ProjectArgs;
use crate::args::kv::KvTarget;
use crate::config::{Access, ConfigFile};
use crate::output;
use crate::reach::{Reach, Store};
use crate::settings::{self, Binding, NamespaceName};
use crate::store;
use anyhow::{Context as _, Result, anyhow, bail};
use larder_server::client::Target as Keys;
use larder_server::wire::Namespace;

/// What a command does with a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Read,
    /// Also creates it, so that a project can be given its first keys before it is first served.
    Write,
    Delete,
}

pub struct Target {
    pub store: Store,
    pub id: String,
    scope: String,
    /// What wrangler calls it.
    pub name: String,
}

impl Target {
    pub async fn open(project: &ProjectArgs, args: &KvTarget, purpose: Purpose) -> Result<Self> {
        refuse_remote(&args.place)?;
        let config = settings::project(project, None)?;
        let create = purpose == Purpose::Write;
        let store = Store::new(Reach::new(&args.place.store, config.as_ref(), create)?);
        let path = config.as_ref().map(|config| config.path.clone());
        let binding = binding(config, args, purpose)?;
        let found = match store.bound(&binding).await? {
            Some(namespace) => namespace,
            None => {
                refuse_title(&store, args.namespace_id.as_deref()).await?;
                if !create {
                    return Err(missing(&binding, args));
                }
                store.bound_or_created(&binding, path.as_deref()).await?
            }
        };
        let Namespace { id, .. } = found;
        let (name, scope) = match &args.binding {
            Some(name) => (format!("binding: \"{name}\" (id: \"{id}\")"), binding.prefix),
            None => (format!("id: \"{id}\""), String::new()),
        };
        Ok(Self { store, id, scope, name })
    }

    pub fn keys(&self) -> Keys<'_> {
        self.store.client.target(&self.id, &self.scope)
    }
}

/// The binding that was named, or one of the namespace whose id was.
fn binding(config: Option<ConfigFile>, args: &KvTarget, purpose: Purpose) -> Result<Binding> {
    match (&args.binding, &args.namespace_id) {
        (None, None) => bail!(
            "Missing required option: exactly one of --binding and --namespace-id must be provided"
        ),
        (Some(_), Some(_)) => bail!(
            "Conflicting options: --binding and --namespace-id cannot be used together. Please \
             provide only one."
        ),
        (Some(name), None) => {
            let config = config
                .context("--binding is by a config, and there is none: say --namespace-id ID")?;
            named(config, name, args.preview, purpose)
        }
        (None, Some(id)) => Ok(by_id(config, id)),
    }
}

/// The binding with the id that was asked for of its two. What changes something must say which.
fn named(
    config: ConfigFile,
    name: &str,
    preview: Option<bool>,
    purpose: Purpose,
) -> Result<Binding> {
    let of = |config: &ConfigFile| store::binding(&bindings(config), name).cloned();
    let own = of(&config)?;
    let has_preview = config.previews.contains_key(name);
    match preview {
        Some(true) if has_preview => of(&config.previewed()),
        Some(true) => bail!(
            "No preview ID found for {name}: {} has no other `preview_id` for it",
            output::path(&config.path)
        ),
        None if has_preview && purpose != Purpose::Read => bail!(
            "{name} has both a namespace ID and a preview ID. Specify \"--preview\" or \
             \"--preview false\" to avoid writing data to the wrong namespace."
        ),
        Some(false) | None => Ok(own),
    }
}

fn bindings(config: &ConfigFile) -> Vec<Binding> {
    config.config.kv_namespaces.iter().map(Binding::from_config).collect()
}

/// The namespace of that id; where it is created, as the config has it.
fn by_id(config: Option<ConfigFile>, id: &str) -> Binding {
    let configured = config.map(|config| {
        let own = bindings(&config);
        own.into_iter().chain(bindings(&config.previewed()))
    });
    let found = configured.into_iter().flatten().find(|binding| binding.id() == Some(id));
    found.unwrap_or_else(|| Binding {
        name: id.to_owned(),
        namespace: NamespaceName::Id { id: id.to_owned(), title: id.to_owned() },
        access: Access::ReadWrite,
        prefix: String::new(),
        seed: None,
    })
}

/// A title in the place of an id is a mistake, and not the id of a new namespace.
async fn refuse_title(store: &Store, id: Option<&str>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    if let Some(titled) = store.client.namespace(id).await? {
        let id = output::printable(id);
        bail!("`{id}` is a title, not an id: say --namespace-id {}", titled.id);
    }
    Ok(())
}

/// There is no namespace, and none is created.
fn missing(binding: &Binding, args: &KvTarget) -> anyhow::Error {
    match &args.namespace_id {
        Some(id) => anyhow!(
            "no namespace with the id `{}`: `larder kv namespace list` prints those there are",
            output::printable(id)
        ),
        None => anyhow!(
            "binding `{}` has no namespace yet: `larder dev`, `larder serve` and `larder kv key \
             put` create it",
            binding.name
        ),
    }
}
