//! Opening the store and the namespaces that bindings name.

use crate::config::Durability;
use crate::output;
use crate::settings::{Binding, NamespaceName, Place, StoreSettings};
use anyhow::{Context as _, Result, bail};
use larder_store::{Error, Larder, Namespace, Options};
use std::fs;
use std::path::Path;

impl StoreSettings {
    /// Opens the store, which is created if there is none.
    pub fn open_or_create(&self) -> Result<Larder> {
        match &self.place {
            Place::Memory => Ok(self.options().in_memory()),
            Place::Directory(directory) => {
                create_directory(directory).with_context(|| {
                    format!("cannot create the store {}", output::path(directory))
                })?;
                self.options().open(directory).map_err(cannot_open)
            }
        }
    }

    /// Opens a store that exists. Nothing is created.
    pub fn open(&self) -> Result<Larder> {
        let Place::Directory(directory) = &self.place else { return self.open_or_create() };
        if !directory.is_dir() {
            return Err(no_store(directory));
        }
        match self.options().create(false).open(directory) {
            Err(Error::NotFound { .. }) => Err(no_store(directory)),
            result => result.map_err(cannot_open),
        }
    }

    fn options(&self) -> Options {
        let durability = match self.durability {
            Durability::Full => larder_store::Durability::Full,
            Durability::Relaxed => larder_store::Durability::Relaxed,
        };
        let options = Options::new().durability(durability).clock(self.clock.clone());
        match self.cache {
            Some(cache) => {
                options.cache_bytes(usize::try_from(cache.as_u64()).unwrap_or(usize::MAX))
            }
            None => options,
        }
    }
}

/// A directory that version control leaves alone. One that exists is left as it is.
fn create_directory(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() && fs::read_dir(directory)?.next().is_some() {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    leave_out_of_version_control(directory)
}

/// A store is no source.
pub fn leave_out_of_version_control(directory: &Path) -> std::io::Result<()> {
    fs::write(directory.join(".gitignore"), "*\n")
}

/// A store that another process has open.
#[derive(Debug, thiserror::Error)]
#[error("{0}: stop it, or name another store by --store DIR")]
pub struct InUse(Error);

fn cannot_open(error: Error) -> anyhow::Error {
    match error {
        Error::Locked { .. } => InUse(error).into(),
        error => error.into(),
    }
}

/// A store that is not there, and was not to be created.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no store in {0}: `larder dev`, `larder serve` and `larder namespace create` make one, \
     --store DIR names another"
)]
pub struct NoStore(String);

fn no_store(directory: &Path) -> anyhow::Error {
    NoStore(output::path(directory)).into()
}

/// A binding's namespace, as far as the component sees it.
#[derive(Debug)]
pub struct Bound {
    pub namespace: Namespace,
    pub created: bool,
}

impl Binding {
    /// The namespace, if there is one, as far as the component sees it.
    pub fn find(&self, larder: &Larder) -> Result<Option<Namespace>> {
        let namespace = match &self.namespace {
            NamespaceName::Title(title) => larder.blocking().namespace(title)?,
            NamespaceName::Id { id, .. } => larder.blocking().namespace_by_id(id)?,
        };
        namespace.map(|namespace| self.view(&namespace)).transpose()
    }

    /// The namespace as far as the component sees it, created if there is none: a config that
    /// names an id works on any machine.
    pub fn open_or_create(&self, larder: &Larder) -> Result<Bound> {
        if let Some(namespace) = self.find(larder)? {
            return Ok(Bound { namespace, created: false });
        }
        let create = |title_is_taken| match self.new_namespace(title_is_taken) {
            (title, None) => larder.blocking().create_namespace(title),
            (title, Some(id)) => larder.blocking().create_namespace_with_id(title, id),
        };
        let created = match create(false) {
            Err(Error::NamespaceExists { .. }) => create(true),
            created => created,
        };
        let created = created.with_context(|| format!("binding `{}`", self.name))?;
        Ok(Bound { namespace: self.view(&created)?, created: true })
    }

    /// Title and id of the namespace that is created for it. When another one has its title, such
    /// as that of the id before in the config, its id is its title.
    pub fn new_namespace(&self, title_is_taken: bool) -> (&str, Option<&str>) {
        match &self.namespace {
            NamespaceName::Title(title) => (title, None),
            NamespaceName::Id { id, .. } if title_is_taken => (id, Some(id)),
            NamespaceName::Id { id, title } => (title, Some(id)),
        }
    }

    fn view(&self, namespace: &Namespace) -> Result<Namespace> {
        if self.prefix.is_empty() {
            return Ok(namespace.clone());
        }
        namespace.scoped(&self.prefix).with_context(|| format!("binding `{}`", self.name))
    }
}

/// The binding of that name; else an error that says which there are.
pub fn binding<'a>(bindings: &'a [Binding], name: &str) -> Result<&'a Binding> {
    match bindings.iter().find(|binding| binding.name == name) {
        Some(binding) => Ok(binding),
        None if bindings.is_empty() => bail!("no binding `{name}`; the config binds none"),
        None => {
            let names = output::names(bindings.iter().map(|binding| binding.name.as_str()));
            bail!("no binding `{name}`; there are: {names}")
        }
    }
}
