//! `larder kv namespace`.

use super::target::{Purpose, Target};
use super::{confirm, refuse_remote, say, say_located};
use crate::args::ProjectArgs;
use crate::args::kv::{KvCreate, KvDelete, KvNamespace, KvRename, PlaceArgs};
use crate::commands::store;
use crate::config::{self, ConfigFile};
use crate::output;
use crate::reach::Store;
use crate::settings;
use crate::store::NoStore;
use anyhow::{Context as _, Result, anyhow, bail};
use larder_server::client::ClientError;
use larder_server::wire::Namespace;
use serde::Serialize;
use serde_json::json;
use std::fs;

pub async fn run(project: &ProjectArgs, command: KvNamespace) -> Result<()> {
    match command {
        KvNamespace::Create(args) => create(project, args).await,
        KvNamespace::List { place } => list(project, &place).await,
        KvNamespace::Rename(args) => rename(project, args).await,
        KvNamespace::Delete(args) => delete(project, args).await,
    }
}

async fn create(project: &ProjectArgs, args: KvCreate) -> Result<()> {
    let KvCreate { title, preview, binding, update_config, use_remote, place } = args;
    refuse_remote(&place)?;
    if use_remote == Some(true) {
        bail!("--use-remote: Larder is local, and has no namespaces elsewhere: leave it out");
    }
    let config = settings::project(project, None)?;
    let binding = binding_name(binding.as_deref().unwrap_or(&title));
    let to_update = match update_config {
        Some(true) => Some(updatable(config.as_ref(), &binding, preview)?),
        _ => None,
    };
    let env = config.as_ref().and_then(|config| config.env.as_deref());
    let title = match env {
        Some(env) => format!("{env}-{title}"),
        None => title,
    };
    let title = if preview { title + "_preview" } else { title };
    let store = store(project, &place.store, true)?;
    let shown = output::printable(&title);
    say_located(&format!("🌀 Creating namespace with title \"{shown}\""))?;
    let created = store.client.create_namespace(&title, None).await;
    let created = created.map_err(|error| match error.code() {
        Some("namespace-exists") => anyhow!(
            "a namespace with the title \"{shown}\" already exists: `larder kv namespace list` \
             prints its id"
        ),
        _ => error.into(),
    })?;
    store.close().await?;
    say("✨ Success!")?;
    let place = env.map(|env| format!(" in the \"{env}\" environment")).unwrap_or_default();
    say(&format!(
        "To access your new KV Namespace in your Worker, add the following snippet to your \
         configuration file{place}:"
    ))?;
    say(&snippet(config.as_ref(), &binding, &created.id, preview)?)?;
    let Some(config) = to_update else { return Ok(()) };
    let file = output::path(&config.path);
    fs::write(&config.path, config::with_namespace(config, &binding, &created.id)?)
        .with_context(|| format!("cannot write {file}"))?;
    say(&format!("It was added to {file}."))
}

/// The config, if the binding can be added to it: to be told before anything is created.
fn updatable<'a>(
    config: Option<&'a ConfigFile>,
    binding: &str,
    preview: bool,
) -> Result<&'a ConfigFile> {
    if preview {
        bail!("--update-config adds a binding, and --preview is for one that is there: keep one");
    }
    let config = config.context("--update-config: there is no config to update: leave it out")?;
    config::with_namespace(config, binding, "id").map(|_| config)
}

/// A name for a binding, made of a title as wrangler does.
fn binding_name(title: &str) -> String {
    let mut name = String::new();
    for char in title.chars() {
        match char {
            ' ' | '\t' | '-' | '_' if name.ends_with('_') => {}
            ' ' | '\t' | '-' | '_' => name.push('_'),
            _ if char.is_ascii_alphanumeric() => name.push(char),
            _ => {}
        }
    }
    if name.trim_matches('_').is_empty() {
        return "KV".into();
    }
    if name.starts_with(|char: char| char.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// What binds the namespace, in the format of the config.
fn snippet(config: Option<&ConfigFile>, binding: &str, id: &str, preview: bool) -> Result<String> {
    // A larder.toml has one id for a binding.
    let has_previews = config.is_none_or(ConfigFile::is_wrangler);
    let key = if preview && has_previews { "preview_id" } else { "id" };
    if config.and_then(|config| config.path.extension()).is_some_and(|format| format != "toml") {
        let snippet = json!({ "kv_namespaces": [{ "binding": binding, key: id }] });
        return Ok(serde_json::to_string_pretty(&snippet)?);
    }
    Ok(format!("[[kv_namespaces]]\nbinding = \"{binding}\"\n{key} = \"{id}\""))
}

/// A namespace as it is listed.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    supports_url_encoding: bool,
}

async fn list(project: &ProjectArgs, place: &PlaceArgs) -> Result<()> {
    refuse_remote(place)?;
    let store = store(project, &place.store, false)?;
    let namespaces = match store.client.namespaces().await {
        Err(ClientError::Unreachable(error)) if error.is::<NoStore>() => Vec::new(),
        namespaces => namespaces?,
    };
    store.close().await?;
    let rows = namespaces.iter().map(|Namespace { id, title, .. }| Row {
        id,
        title,
        supports_url_encoding: true,
    });
    say(&serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?)
}

async fn rename(project: &ProjectArgs, args: KvRename) -> Result<()> {
    let KvRename { title, namespace_id, new_name, place } = args;
    refuse_remote(&place)?;
    let store = store(project, &place.store, false)?;
    let namespace = match (title, namespace_id) {
        (Some(_), Some(_)) => bail!(
            "Cannot specify both old-name and --namespace-id. Use either old-name (as first \
             argument) or --namespace-id flag, not both."
        ),
        (None, None) => {
            bail!("Either old-name (as first argument) or --namespace-id must be specified")
        }
        (Some(title), None) => titled(&store, &title).await?,
        (None, Some(id)) => match store.client.namespace_by_id(&id).await? {
            Some(namespace) => namespace,
            None => bail!("no namespace with the id `{}`", output::printable(&id)),
        },
    };
    let (id, shown) = (&namespace.id, output::printable(&new_name));
    say_located(&format!("Renaming KV namespace {id} to \"{shown}\"."))?;
    store.client.rename_namespace(id, &new_name).await?;
    store.close().await?;
    say(&format!("✨ Successfully renamed namespace to \"{shown}\""))
}

async fn titled(store: &Store, title: &str) -> Result<Namespace> {
    store.client.namespace(title).await?.ok_or_else(|| {
        anyhow!(
            "No namespace found with the name \"{}\": `larder kv namespace list` prints those \
             there are",
            output::printable(title)
        )
    })
}

async fn delete(project: &ProjectArgs, args: KvDelete) -> Result<()> {
    let KvDelete { title, skip_confirmation, target } = args;
    let (store, id, name) = match title {
        Some(_) if target.binding.is_some() || target.namespace_id.is_some() => bail!(
            "Cannot specify multiple of: namespace name (as positional argument), --binding, or \
             --namespace-id. Use only one."
        ),
        Some(title) => {
            refuse_remote(&target.place)?;
            let store = store(project, &target.place.store, false)?;
            let id = titled(&store, &title).await?.id;
            let name = format!("name: \"{}\" (id: \"{id}\")", output::printable(&title));
            (store, id, name)
        }
        None if target.binding.is_none() && target.namespace_id.is_none() => bail!(
            "Must specify one of: namespace name (as positional argument), --binding, or \
             --namespace-id"
        ),
        None => {
            let Target { store, id, name, .. } =
                Target::open(project, &target, Purpose::Delete).await?;
            (store, id, name)
        }
    };
    say_located(&format!(
        "About to delete KV namespace {name}.\nThis action is irreversible and will permanently \
         delete all data in the KV namespace.\n"
    ))?;
    if !skip_confirmation {
        confirm("Ok to proceed?", "--skip-confirmation")?;
    }
    say(&format!("Deleting KV namespace {name}."))?;
    store.client.delete_namespace(&id).await?;
    store.close().await?;
    say(&format!("Deleted KV namespace {name}."))
}
