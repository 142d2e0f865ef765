//! `larder key`: the keys of a namespace.

pub mod value;

use super::clear::{clear, print_deleted};
use crate::args::{DeletedKeys, Key, KeyPut, ProjectArgs, TargetArgs};
use crate::config::ConfigFile;
use crate::output::{self, KeyJson};
use crate::reach::{Reach, Store};
use crate::settings::{self, Binding};
use crate::store;
use anyhow::{Context as _, Result, anyhow, bail};
use http_body_util::BodyExt as _;
use larder_server::client::{NewKey, Target as Keys};
use larder_server::wire::Namespace;
use larder_store::{Expiration, ListOptions};
use serde::Serialize;
use std::io::{self, Write as _};
use value::EntryJson;

pub async fn run(project: &ProjectArgs, command: Key) -> Result<()> {
    match command {
        Key::Put(args) => put(project, args).await,
        Key::Get { key, json, target } => {
            Target::open(project, &target).await?.get(&key, json).await
        }
        Key::Head { key, json, target } => {
            Target::open(project, &target).await?.head(&key, json).await
        }
        Key::List { prefix, json, target } => {
            let options = ListOptions { prefix, ..ListOptions::default() };
            Target::open(project, &target).await?.list(options, json).await
        }
        Key::Expire { key, expiry, target } => {
            // Neither of both is `--never`.
            let expiration = expiry.ttl.or(expiry.expiration);
            Target::open(project, &target).await?.expire(&key, expiration).await
        }
        Key::Delete { keys: DeletedKeys { key, prefix }, yes, target } => {
            let target = Target::open(project, &target).await?;
            match (key, prefix) {
                (_, Some(prefix)) => target.delete_prefix(&prefix, yes).await,
                (key, None) => target.delete(&key.unwrap_or_default()).await,
            }
        }
    }
}

/// The namespace that a command works on.
pub struct Target {
    pub store: Store,
    pub namespace: Namespace,
    /// The prefix of the keys that the binding stands for; empty for a namespace.
    pub scope: String,
    /// What the user called it.
    pub name: String,
}

impl Target {
    /// Finds what exists.
    pub async fn open(project: &ProjectArgs, args: &TargetArgs) -> Result<Self> {
        let project = settings::project(project, None)?;
        let store = Store::new(Reach::new(&args.store, project.as_ref(), false)?);
        if let Some(binding) = configured(project, args)? {
            let Some(namespace) = store.bound(&binding).await? else {
                bail!(
                    "binding `{}` has no namespace yet: `larder dev`, `larder serve` and `larder \
                     key put` create it",
                    binding.name
                )
            };
            let Binding { name, prefix, .. } = binding;
            return Ok(Self { store, namespace, scope: prefix, name });
        }
        let title = args.namespace.namespace.clone().unwrap_or_default();
        let namespace = store.namespace(&title).await?;
        Ok(Self { store, namespace, scope: String::new(), name: title })
    }

    /// Finds what exists, or creates what the config binds, so that a project can be given its
    /// first keys before it is first served.
    pub async fn open_to_put(project: &ProjectArgs, args: &TargetArgs) -> Result<Self> {
        let found = settings::project(project, None)?;
        let reach = Reach::new(&args.store, found.as_ref(), true)?;
        let config = found.as_ref().map(|project| project.path.clone());
        let Some(binding) = configured(found, args)? else {
            return Self::open(project, args).await;
        };
        let store = Store::new(reach);
        let namespace = store.bound_or_created(&binding, config.as_deref()).await?;
        let Binding { name, prefix, .. } = binding;
        Ok(Self { store, namespace, scope: prefix, name })
    }

    pub fn keys(&self) -> Keys<'_> {
        self.store.client.target(&self.namespace.id, &self.scope)
    }

    fn missing(&self, key: &str) -> anyhow::Error {
        anyhow!("no key `{}` in `{}`", output::printable(key), output::printable(&self.name))
    }

    async fn get(self, key: &str, json: bool) -> Result<()> {
        let stored = self.keys().get(key).await?.ok_or_else(|| self.missing(key))?;
        let mut value = stored.value;
        if json {
            let value = value.collect().await.map_err(broken_off)?.to_bytes();
            self.store.close().await?;
            return print_json(&EntryJson::new(key, &stored.head, &value)?);
        }
        let mut answer = io::stdout().lock();
        while let Some(frame) = value.frame().await {
            if let Ok(piece) = frame.map_err(broken_off)?.into_data() {
                answer.write_all(&piece)?;
            }
        }
        answer.flush()?;
        self.store.close().await
    }

    async fn head(self, key: &str, json: bool) -> Result<()> {
        let info = self.keys().head(key).await?.ok_or_else(|| self.missing(key))?;
        let now_ms = self.store.client.now_ms().await?;
        self.store.close().await?;
        if json {
            return print_json(&KeyJson::new(&info.name, &info.head)?);
        }
        let mut answer = output::answer();
        output::write_key(&mut answer, &info, now_ms)?;
        Ok(answer.flush()?)
    }

    async fn list(self, mut options: ListOptions, json: bool) -> Result<()> {
        let mut answer = output::answer();
        let mut opening = "[";
        loop {
            let page = self.keys().list(&options).await?;
            for key in &page.keys {
                if json {
                    write!(answer, "{opening}\n  ")?;
                    opening = ",";
                    serde_json::to_writer(&mut answer, &KeyJson::new(&key.name, &key.head)?)
                        .map_err(io::Error::from)?;
                } else {
                    writeln!(answer, "{}", output::printable(&key.name))?;
                }
            }
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        match (json, opening) {
            (true, "[") => writeln!(answer, "[]")?,
            (true, _) => writeln!(answer, "\n]")?,
            (false, _) => {}
        }
        answer.flush()?;
        self.store.close().await
    }

    async fn expire(self, key: &str, expiration: Option<Expiration>) -> Result<()> {
        if !self.keys().expire(key, expiration).await? {
            return Err(self.missing(key));
        }
        self.store.close().await
    }

    async fn delete(self, key: &str) -> Result<()> {
        if !self.keys().delete(key).await? {
            return Err(self.missing(key));
        }
        self.store.close().await
    }

    async fn delete_prefix(self, prefix: &str, yes: bool) -> Result<()> {
        let (name, shown) = (output::printable(&self.name), output::printable(prefix));
        if !yes {
            let keys = output::count(self.count(prefix).await?, "key");
            bail!("{keys} of `{name}` with the prefix `{shown}`: to delete them, say --yes");
        }
        let deleted = clear(&self.keys(), prefix, None).await?;
        self.store.close().await?;
        print_deleted(deleted)
    }

    async fn count(&self, prefix: &str) -> Result<u64> {
        let mut options = ListOptions::prefix(prefix);
        let mut keys = 0;
        loop {
            let page = self.keys().list(&options).await?;
            keys += page.keys.len() as u64;
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                return Ok(keys);
            }
        }
    }
}

/// What the config binds under the name that was asked for, if a binding was.
fn configured(project: Option<ConfigFile>, args: &TargetArgs) -> Result<Option<Binding>> {
    let Some(name) = &args.namespace.binding else { return Ok(None) };
    let project =
        project.context("--binding is by a config, and there is none: say --namespace TITLE")?;
    let bindings: Vec<_> = project.config.kv_namespaces.iter().map(Binding::from_config).collect();
    store::binding(&bindings, name).cloned().map(Some)
}

async fn put(project: &ProjectArgs, args: KeyPut) -> Result<()> {
    let KeyPut { key, value, expiry, metadata, target } = args;
    let new = NewKey { expiration: expiry.ttl.or(expiry.expiration), metadata };
    // What cannot be read is told before anything is created.
    let value = value::read(value::source(value)?)?;
    let target = Target::open_to_put(project, &target).await?;
    target.keys().put(&key, value.into(), new).await?;
    target.store.close().await
}

/// An answer whose end did not come.
pub fn broken_off(error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error).context("the store's owner stopped answering")
}

fn print_json(value: &impl Serialize) -> Result<()> {
    let mut answer = output::answer();
    serde_json::to_writer(&mut answer, value).map_err(io::Error::from)?;
    writeln!(answer)?;
    Ok(answer.flush()?)
}
