//! `larder export`: keys with their values to a file.

mod destination;

use super::key::Target;
use super::store;
use crate::args::{Export, Format, ProjectArgs, TargetArgs};
use crate::bulk::Item;
use crate::output;
use crate::progress::Progress;
use crate::reach::Store;
use anyhow::{Result, anyhow, bail};
use destination::Destination;
use larder_server::client::Lines;
use larder_server::record::{Line, Origin};
use std::io::Write as _;
use std::time::Instant;

pub async fn run(project: &ProjectArgs, args: Export) -> Result<()> {
    let started = Instant::now();
    let Export { file, prefix, format, namespace, store: reach } = args;
    let (store, parts) = match namespace.named() {
        Some(namespace) => {
            let target = Target::open(project, &TargetArgs { namespace, store: reach }).await?;
            (target.store, vec![Part::of(target.namespace, target.scope)])
        }
        None if format == Format::Wrangler => {
            bail!(
                "a file of wrangler's is of one namespace: say --namespace TITLE or --binding NAME"
            )
        }
        None => {
            let store = store(project, &reach, false)?;
            let namespaces = store.client.namespaces().await?;
            let parts = namespaces.into_iter().map(|namespace| Part::of(namespace, String::new()));
            let parts = parts.collect();
            (store, parts)
        }
    };
    let is_whole = prefix.is_none() && parts.iter().all(|part| part.scope.is_empty());
    let expected = is_whole.then(|| parts.iter().map(|part| part.keys).sum());
    let mut writing = Writing {
        out: Destination::new(&file)?,
        progress: Progress::of_keys("exporting", expected),
        records: 0,
        bytes: 0,
    };
    let prefix = prefix.unwrap_or_default();
    match format {
        Format::Ndjson => writing.ndjson(&store, &parts, &prefix).await?,
        Format::Wrangler => writing.wrangler(&store, &parts, &prefix).await?,
    }
    let Writing { out, progress, records, bytes } = writing;
    out.finish()?;
    drop(progress);
    store.close().await?;
    output::note(format_args!(
        "exported {}, {} in {}",
        output::count(records, "key"),
        output::size(bytes),
        output::time(started.elapsed())
    ));
    Ok(())
}

/// What is exported of a namespace.
struct Part {
    /// None where only a part of its keys are seen, by other names than its own.
    origin: Option<Origin>,
    id: String,
    scope: String,
    keys: u64,
}

impl Part {
    fn of(namespace: larder_server::wire::Namespace, scope: String) -> Self {
        let larder_server::wire::Namespace { id, title, keys, .. } = namespace;
        let origin = scope.is_empty().then(|| Origin { title, id: id.clone() });
        Self { origin, id, scope, keys }
    }

    async fn lines(&self, store: &Store, prefix: &str) -> Result<Lines> {
        Ok(store.client.target(&self.id, &self.scope).export(prefix).await?)
    }
}

struct Writing {
    out: Destination,
    progress: Progress,
    records: u64,
    bytes: u64,
}

impl Writing {
    async fn ndjson(&mut self, store: &Store, parts: &[Part], prefix: &str) -> Result<()> {
        for part in parts {
            if let Some(origin) = &part.origin {
                let mut line = Vec::new();
                origin.write(&mut line);
                self.write(&line)?;
            }
            let mut lines = part.lines(store, prefix).await?;
            while let Some(piece) = lines.piece().await? {
                self.write(&piece)?;
                self.records += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
                self.progress.set(self.records);
            }
        }
        Ok(())
    }

    async fn wrangler(&mut self, store: &Store, parts: &[Part], prefix: &str) -> Result<()> {
        let mut opening = b"[\n";
        for part in parts {
            let mut lines = part.lines(store, prefix).await?;
            while let Some(line) = lines.next().await? {
                let Line::Record(record) = Line::read(&line)? else {
                    return Err(anyhow!("the store answered with a namespace among its records"));
                };
                let mut item = std::mem::replace(&mut opening, b",\n").to_vec();
                serde_json::to_writer(&mut item, &Item::new(&record)?)?;
                self.write(&item)?;
                self.records += 1;
                self.progress.set(self.records);
            }
        }
        self.write(if self.records == 0 { b"[]\n" } else { b"\n]\n" })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }
}
