//! `larder import`: the keys of a file into the store.

mod array;
mod lines;
mod source;

use super::key::Target;
use super::store;
use crate::args::{self, ProjectArgs, TargetArgs};
use crate::output;
use crate::progress::Progress;
use anyhow::{Result, anyhow, bail};
use larder_server::ErrorBody;
use larder_server::client::Client;
use larder_server::record::Origin;
pub use source::Source;
use source::{Batch, Found, Place};
use std::time::Instant;

/// How many bad records are shown.
const SHOWN_MAX: u64 = 20;

pub async fn run(project: &ProjectArgs, args: args::Import) -> Result<()> {
    let started = Instant::now();
    let args::Import { file, keep_going, namespace, store: reach } = args;
    // A file that cannot be read is told before anything is created.
    let source = Source::open(&file)?;
    let (store, named) = match namespace.named() {
        Some(namespace) => {
            let args = TargetArgs { namespace, store: reach };
            let target = Target::open_to_put(project, &args).await?;
            (target.store, Some((target.namespace.id, target.scope)))
        }
        None => (store(project, &reach, true)?, None),
    };
    let progress = Progress::of_bytes("importing", source.bytes);
    let mut import = Import { keep_going, ..Import::new(&store.client, progress, named) };
    let result = import.all_of(source).await;
    let Import { imported, expired, bad, bytes, progress, .. } = import;
    drop(progress);
    let mut summary = format!("imported {}", output::count(imported, "key"));
    if expired > 0 {
        summary += &format!(", left out {expired} whose expiration has passed");
    }
    let size = output::size(bytes);
    output::note(format_args!("{summary}; read {size} in {}", output::time(started.elapsed())));
    // What was imported is made sure of whatever came after.
    let closed = store.close().await;
    result.and(closed)?;
    match bad {
        0 => Ok(()),
        _ => bail!("{} not imported", output::count(bad, "bad record")),
    }
}

/// An import, and how far it is.
pub struct Import<'a> {
    client: &'a Client,
    progress: Progress,
    keep_going: bool,
    /// Whether it is a seed: what is there already wins over it.
    is_seed: bool,
    /// Whether the namespace is given, so that the file's word does not count.
    is_named: bool,
    /// Id and scope of where records go.
    target: Option<(String, String)>,
    /// How many namespaces the file has named.
    origins: u64,
    pub imported: u64,
    expired: u64,
    bad: u64,
    /// Bytes read.
    bytes: u64,
}

impl<'a> Import<'a> {
    /// An import into the namespace of that id, with that scope; or else where the file says.
    pub fn new(client: &'a Client, progress: Progress, target: Option<(String, String)>) -> Self {
        Self {
            client,
            progress,
            keep_going: false,
            is_seed: false,
            is_named: target.is_some(),
            target,
            origins: 0,
            imported: 0,
            expired: 0,
            bad: 0,
            bytes: 0,
        }
    }

    /// A seed, for the namespace of that id, with that scope.
    pub fn of_seed(client: &'a Client, progress: Progress, id: &str, scope: &str) -> Self {
        let target = Some((id.to_owned(), scope.to_owned()));
        Self { is_seed: true, ..Self::new(client, progress, target) }
    }

    /// Writes what stands in a file.
    pub async fn all_of(&mut self, source: Source) -> Result<()> {
        let mut reading = source.read()?;
        while let Some(found) = reading.next().await {
            let taken = self.take(found?).await;
            self.bytes = reading.bytes();
            self.progress.set(self.bytes);
            taken?;
        }
        self.bytes = reading.bytes();
        Ok(())
    }
    async fn take(&mut self, found: Found) -> Result<()> {
        match found {
            Found::Records(batch) => self.write(batch).await,
            Found::Origin(place, origin) => self.turn_to(&place, origin).await,
            Found::Bad(place, reason) => self.refuse(&place, &reason),
        }
    }

    async fn write(&mut self, batch: Batch) -> Result<()> {
        let Batch { places, lines } = batch;
        let Some((id, scope)) = &self.target else {
            let place = places.first().map(ToString::to_string).unwrap_or_default();
            bail!(
                "{place}: the file does not say whose key this is: say --namespace TITLE or \
                 --binding NAME"
            );
        };
        let target = self.client.target(id, scope);
        let results = match self.is_seed {
            true => target.import_absent(lines).await?,
            false => target.import(lines).await?,
        };
        let mut first = Ok(());
        for (place, result) in places.iter().zip(results) {
            let refused = match result {
                None => {
                    self.imported += 1;
                    continue;
                }
                // Written by somebody else since the namespace was created.
                Some(error) if self.is_seed && error.code == "conflict" => continue,
                Some(error) if error.code == "expired" => {
                    self.expired += 1;
                    continue;
                }
                Some(error) if is_of_record(&error) => self.refuse(place, &error.message),
                Some(error) => Err(anyhow!("{place}: {}", error.message)),
            };
            // The others of the batch were written nonetheless, and count.
            first = first.and(refused);
        }
        first
    }

    async fn turn_to(&mut self, place: &Place, origin: Origin) -> Result<()> {
        self.origins += 1;
        if !self.is_named {
            let id = self.found_or_created(origin).await;
            self.target =
                Some((id.map_err(|error| error.context(place.to_string()))?, String::new()));
        } else if self.origins > 1 {
            bail!(
                "{place}: the file has keys of several namespaces: without --namespace and \
                 --binding, each goes to its own"
            );
        }
        Ok(())
    }

    /// The namespace of that id, or else of that title, as it may have been made here anew.
    async fn found_or_created(&self, origin: Origin) -> Result<String> {
        let client = self.client;
        let Origin { title, id } = origin;
        if let Some(namespace) = client.namespace_by_id(&id).await? {
            return Ok(namespace.id);
        }
        match client.namespace(&title).await? {
            Some(namespace) => Ok(namespace.id),
            None => Ok(client.create_namespace(&title, Some(&id)).await?.id),
        }
    }

    /// A record that cannot be written.
    fn refuse(&mut self, place: &Place, reason: &str) -> Result<()> {
        let reason = output::printable(reason);
        match (self.keep_going, self.is_seed) {
            (true, _) => {}
            (false, true) => bail!("{place}: {reason}"),
            (false, false) => bail!("{place}: {reason}; --keep-going leaves such records out"),
        }
        self.bad += 1;
        match self.bad {
            ..=SHOWN_MAX => self.progress.note(format_args!("{place}: {reason}")),
            bad if bad == SHOWN_MAX + 1 => {
                self.progress.note("further bad records are counted, not shown");
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether an error is the record's own, so that others may fare better.
fn is_of_record(error: &ErrorBody) -> bool {
    matches!(error.code.as_str(), "invalid-argument" | "too-large")
}
