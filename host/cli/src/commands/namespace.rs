//! `larder namespace`: what namespaces there are.

use super::clear::{clear, print_deleted};
use super::store;
use crate::args::{Limit, Namespace, ProjectArgs};
use crate::output;
use anyhow::{Result, bail};
use larder_server::wire;
use serde::Serialize;
use std::io::{self, Write as _};

pub async fn run(project: &ProjectArgs, command: Namespace) -> Result<()> {
    match command {
        Namespace::Create { title, store: args } => {
            let store = store(project, &args, true)?;
            let created = store.client.create_namespace(&title, None).await?;
            store.close().await?;
            let mut answer = output::answer();
            writeln!(answer, "{}", created.id)?;
            Ok(answer.flush()?)
        }
        Namespace::List { json, store: args } => {
            let store = store(project, &args, false)?;
            let namespaces = store.client.namespaces().await?;
            store.close().await?;
            list(&namespaces, json)
        }
        Namespace::Rename { title, new_title, store: args } => {
            let store = store(project, &args, false)?;
            let namespace = store.namespace(&title).await?;
            store.client.rename_namespace(&namespace.id, &new_title).await?;
            store.close().await
        }
        Namespace::Quota { title, keys, bytes, store: args } => {
            let store = store(project, &args, false)?;
            let mut namespace = store.namespace(&title).await?;
            if keys.is_some() || bytes.is_some() {
                let wire::Quota { keys: keys_before, bytes: bytes_before } = namespace.quota;
                let quota = wire::Quota {
                    keys: keys.map_or(keys_before, |Limit(keys)| keys),
                    bytes: bytes.map_or(bytes_before, |Limit(bytes)| bytes),
                };
                namespace = store.client.set_quota(&namespace.id, quota).await?;
            }
            store.close().await?;
            let mut answer = output::answer();
            writeln!(answer, "{}", usage(&namespace))?;
            Ok(answer.flush()?)
        }
        Namespace::Clear { title, yes, store: args } => {
            let store = store(project, &args, false)?;
            let namespace = store.namespace(&title).await?;
            if !yes {
                let keys = output::count(namespace.keys, "key");
                bail!("namespace `{title}` has {keys}: to delete them, say --yes");
            }
            let keys = store.client.target(&namespace.id, "");
            let deleted = clear(&keys, "", Some(namespace.keys)).await?;
            store.close().await?;
            print_deleted(deleted)
        }
        Namespace::Delete { title, yes, store: args } => {
            let store = store(project, &args, false)?;
            let namespace = store.namespace(&title).await?;
            if namespace.keys > 0 && !yes {
                let keys = output::count(namespace.keys, "key");
                bail!("namespace `{title}` has {keys}: to delete it with them, say --yes");
            }
            store.client.delete_namespace(&namespace.id).await?;
            store.close().await
        }
    }
}

#[derive(Serialize)]
struct NamespaceJson<'a> {
    title: &'a str,
    id: &'a str,
    keys: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "wire::Quota::is_unlimited")]
    quota: wire::Quota,
}

/// Keys and bytes, each of how many where there is a quota.
fn usage(namespace: &wire::Namespace) -> String {
    let wire::Namespace { keys, bytes, quota, .. } = namespace;
    let keys = match quota.keys {
        None => output::count(*keys, "key"),
        Some(most) => format!("{keys} of {}", output::count(most, "key")),
    };
    match quota.bytes {
        None => format!("{keys}, {}", output::size(*bytes)),
        Some(most) => format!("{keys}, {} of {}", output::size(*bytes), output::size(most)),
    }
}

fn list(namespaces: &[wire::Namespace], json: bool) -> Result<()> {
    let mut answer = output::answer();
    if json {
        let rows = namespaces.iter().map(|info| NamespaceJson {
            title: &info.title,
            id: &info.id,
            keys: info.keys,
            bytes: info.bytes,
            quota: info.quota,
        });
        serde_json::to_writer_pretty(&mut answer, &rows.collect::<Vec<_>>())
            .map_err(io::Error::from)?;
        writeln!(answer)?;
        return Ok(answer.flush()?);
    }
    let titles: Vec<_> = namespaces.iter().map(|info| output::printable(&info.title)).collect();
    let title_width = titles.iter().map(|title| title.chars().count()).max().unwrap_or(0);
    let id_width = namespaces.iter().map(|info| info.id.len()).max().unwrap_or(0);
    for (title, info) in titles.iter().zip(namespaces) {
        let (id, usage) = (&info.id, usage(info));
        writeln!(answer, "{title:title_width$}  {id:id_width$}  {usage}")?;
    }
    Ok(answer.flush()?)
}
