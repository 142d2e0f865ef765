//! `larder namespace`: what namespaces there are.

use super::store_settings;
use crate::args::{Namespace, ProjectArgs};
use crate::{output, store};
use anyhow::{Result, bail};
use larder_store::{Error, Larder, NamespaceInfo};
use serde::Serialize;
use std::io::{self, Write as _};

pub fn run(project: &ProjectArgs, command: Namespace) -> Result<()> {
    match command {
        Namespace::Create { title, store } => {
            let larder = store_settings(project, &store)?.open_or_create()?;
            let namespace = larder.blocking().create_namespace(&title)?;
            larder.blocking().close()?;
            let mut answer = output::answer();
            writeln!(answer, "{}", namespace.id())?;
            Ok(answer.flush()?)
        }
        Namespace::List { json, store } => {
            let larder = store_settings(project, &store)?.open()?;
            list(&larder.blocking().namespaces()?, json)
        }
        Namespace::Rename { title, new_title, store } => {
            let larder = store_settings(project, &store)?.open()?;
            explained(&larder, larder.blocking().rename_namespace(&title, &new_title))?;
            Ok(larder.blocking().close()?)
        }
        Namespace::Delete { title, yes, store } => {
            let larder = store_settings(project, &store)?.open()?;
            delete(&larder, &title, yes)?;
            Ok(larder.blocking().close()?)
        }
    }
}

#[derive(Serialize)]
struct NamespaceJson<'a> {
    title: &'a str,
    id: &'a str,
    keys: u64,
    bytes: u64,
}

fn list(namespaces: &[NamespaceInfo], json: bool) -> Result<()> {
    let mut answer = output::answer();
    if json {
        let rows = namespaces.iter().map(|NamespaceInfo { id, title, keys, bytes }| {
            NamespaceJson { title, id, keys: *keys, bytes: *bytes }
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
        let (id, keys, size) =
            (&info.id, output::count(info.keys, "key"), output::size(info.bytes));
        writeln!(answer, "{title:title_width$}  {id:id_width$}  {keys}, {size}")?;
    }
    Ok(answer.flush()?)
}

fn delete(larder: &Larder, title: &str, yes: bool) -> Result<()> {
    let info = store::namespace(larder, title)?.blocking().info()?;
    if info.keys > 0 && !yes {
        let keys = output::count(info.keys, "key");
        bail!("namespace `{title}` has {keys}: to delete it with them, say --yes");
    }
    explained(larder, larder.blocking().delete_namespace(title))
}

/// A missing namespace is answered with those that there are.
fn explained(larder: &Larder, result: larder_store::Result<()>) -> Result<()> {
    match result {
        Err(Error::NamespaceNotFound { name }) => Err(store::no_namespace(larder, &name)?),
        result => Ok(result?),
    }
}
