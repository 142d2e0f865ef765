//! The default engine: a directory on disk, with everything in one [redb] file.
//!
//! One thread writes: it takes whatever has gathered into one transaction, syncs once, and answers
//! all of it, so that throughput grows with the number of writers. Reads go to a snapshot pinned
//! at the last commit, and hot values are kept above it. The layout on disk, and the rules by which
//! it stays sound, are in the README of this crate.
//!
//! [redb]: https://docs.rs/redb

mod backup;
mod cache;
mod check;
pub(super) mod copy;
mod current;
mod directory;
mod disk;
mod format;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
mod lazy;
mod new_directory;
mod opening;
mod patience;
mod pieces;
mod quota;
mod room;
mod snapshot;
mod sweep;
mod tables;
mod upkeep;
mod versions;
mod worker;
mod writer;

pub use upkeep::RELAXED_WINDOW_MS;

use crate::engine::aside::aside;
use crate::engine::{
    BackedUp, CheckReport, Compacted, Engine, Listing, NamespaceNumber, NamespaceRecord,
    NamespaceRequest, Outcome, PieceReader, PieceWriter, Progress, Reply, Row, RowRange, Swept,
    Wanted, Write,
};
use crate::{Entry, Error, Head, Options, Result};
use ::redb::StorageBackend;
use cache::HotValues;
use current::Current;
use disk::Disk;
use guard::{guarded, let_go};
use opening::Opening;
use patience::{Patience, briefly, polled_again};
use pieces::BlobWriter;
use snapshot::Snapshot;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Semaphore;
use worker::{Job, Request, Shared, Task, Worker};
use writer::Writer;

/// Most reads at a time that take long; each may bring 25 MiB into memory, and more wait for their turn.
const READS_ASIDE_MAX: usize = 2;

/// A store on disk.
pub struct RedbEngine {
    /// None on a disk of the caller's own.
    directory: Option<PathBuf>,
    worker: Worker,
    /// Of which each read that takes long has one.
    reads_aside: Semaphore,
    #[cfg(not(target_family = "wasm"))]
    thread: Option<std::thread::JoinHandle<()>>,
}

impl fmt::Debug for RedbEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbEngine").finish_non_exhaustive()
    }
}

impl RedbEngine {
    /// Opens the store in `directory`; see [`Options::open`].
    pub fn open(directory: &Path, options: Options) -> Result<Self> {
        let Options { create, durability, cache_bytes, .. } = options;
        let opening = Opening::take(directory, create, durability, pages_bytes(cache_bytes))?;
        Self::start(Some(directory.to_owned()), opening, options)
    }

    /// Opens the store on a disk of the caller's own; see [`Options::open_on`].
    pub fn open_on<B: StorageBackend>(
        file: impl Fn() -> io::Result<B> + Clone + Send + Sync + 'static,
        options: Options,
    ) -> Result<Self> {
        let Options { durability, cache_bytes, .. } = options;
        let opening = Opening::on(Disk::new(file), durability, pages_bytes(cache_bytes));
        Self::start(None, opening, options)
    }

    fn start(directory: Option<PathBuf>, opening: Opening, options: Options) -> Result<Self> {
        let Options { cache_bytes, clock, .. } = options;
        let database = opening.open_database()?;
        let first = || Ok((opening.settle(&database)?, Snapshot::pin(&database, 0)?));
        let (counters, snapshot) = match guarded(first) {
            Ok(first) => first,
            Err(failed) => {
                let_go(Some(database));
                return Err(failed.into());
            }
        };
        let hot_values = HotValues::new(hot_bytes(cache_bytes) as u64);
        let current = Current::new(snapshot, hot_values);
        let shared = Arc::new(Shared::new(clock, current, counters.next_blob));
        let writer = Writer::new(shared.clone(), opening, database, counters.epoch);
        let (worker, _thread) = Worker::start(shared, writer)?;
        Ok(Self {
            directory,
            worker,
            reads_aside: Semaphore::new(READS_ASIDE_MAX),
            #[cfg(not(target_family = "wasm"))]
            thread: Some(_thread),
        })
    }

    /// Makes a store in `directory` of the backup in `source`; see
    /// [`Larder::restore`](crate::Larder::restore).
    pub fn restore(source: &Path, directory: &Path, progress: Progress) -> Result<BackedUp> {
        backup::restore(source, directory, &progress)
    }

    /// Checks the store in `directory` by reading alone; see
    /// [`Larder::inspect`](crate::Larder::inspect).
    pub fn inspect(directory: &Path) -> Result<CheckReport> {
        backup::inspect(directory)
    }

    fn current(&self) -> &Current {
        &self.worker.shared.current
    }

    /// An answer that is there at once.
    fn ready<T>(&self, result: guard::Result<T>) -> Reply<'_, T> {
        Reply::Ready(self.worker.told(result))
    }

    /// The answer of a read that may need the disk many times. It is read where it is asked for, and
    /// where that takes too long once more from the beginning, on a thread of its own.
    fn read<'a, T: Send + 'static, R>(&'a self, read: R) -> Reply<'a, T>
    where
        R: Fn(&Current, &Patience<'_>) -> guard::Result<T> + Send + 'static,
    {
        match read(self.current(), &Patience::new(&briefly())) {
            Err(failed) if failed.needs_patience() => self.read_aside(read),
            result => self.ready(result),
        }
    }

    fn read_aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Current, &Patience<'_>) -> guard::Result<T> + Send + 'static,
    ) -> Reply<'_, T> {
        Reply::later(async move {
            polled_again().await;
            // Held until the answer is taken: what is read is in memory until then.
            let _turn = self.reads_aside.acquire().await.map_err(|_| Error::Closed)?;
            let worker = self.worker.clone();
            let answer = aside("reading the store", move |is_awaited| {
                worker.told(read(&worker.shared.current, &Patience::new(is_awaited)))
            });
            answer.wait().await
        })
    }
}

/// What of the cache holds hot values whole: a quarter, which saves half of what reading them from a
/// page in redb's own cache takes.
fn hot_bytes(cache_bytes: usize) -> usize {
    cache_bytes / 4
}

/// What of the cache is redb's own, of pages.
fn pages_bytes(cache_bytes: usize) -> usize {
    cache_bytes - hot_bytes(cache_bytes)
}

impl Drop for RedbEngine {
    fn drop(&mut self) {
        self.worker.submit_unasked(Job::Task(Task::Close { reply: None }));
        #[cfg(not(target_family = "wasm"))]
        if let Some(thread) = self.thread.take()
            // The writer's own thread has the last handle when whom it answers goes on there.
            && thread.thread().id() != std::thread::current().id()
        {
            // A writer that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl Engine for RedbEngine {
    fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    fn head<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Head>> {
        self.ready(self.current().read(|snapshot| snapshot.head(row)))
    }

    fn get<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Entry>> {
        match self.current().entry(row, &Patience::new(&briefly())) {
            Err(failed) if failed.needs_patience() => {
                let row = row.clone();
                self.read_aside(move |current, patience| current.entry(&row, patience))
            }
            result => self.ready(result),
        }
    }

    fn get_many(&self, rows: Vec<Row>, wanted: Wanted) -> Reply<'_, Vec<Option<Entry>>> {
        self.read(move |current, patience| current.entries(&rows, wanted.clone(), patience))
    }

    fn scan(&self, range: RowRange, listing: Listing) -> Reply<'_, Listing> {
        self.read(move |current, patience| current.listing(&range, listing.clone(), patience))
    }

    fn write(&self, write: Write) -> Reply<'static, Outcome> {
        self.worker
            .submit(write.bytes(), move |reply| Job::Request(Request::Write { write, reply }))
    }

    fn open<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<(Head, Box<dyn PieceReader>)>> {
        let readers = &self.worker.shared.readers;
        self.ready(readers.open(self.current(), row, &self.worker))
    }

    fn stage(&self) -> Result<Box<dyn PieceWriter>> {
        let blob = self.worker.shared.next_blob.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(BlobWriter::new(blob, self.worker.clone())))
    }

    fn namespaces(&self) -> Reply<'_, Vec<NamespaceRecord>> {
        self.ready(self.current().read(Snapshot::namespaces))
    }

    fn namespace_by_title<'a>(&'a self, title: &'a str) -> Reply<'a, Option<NamespaceRecord>> {
        self.ready(self.current().read(|snapshot| snapshot.namespace_by_title(title)))
    }

    fn namespace_by_id<'a>(&'a self, id: &'a str) -> Reply<'a, Option<NamespaceRecord>> {
        self.ready(self.current().read(|snapshot| snapshot.namespace_by_id(id)))
    }

    fn namespace_by_number(&self, number: NamespaceNumber) -> Reply<'_, Option<NamespaceRecord>> {
        self.ready(self.current().read(|snapshot| snapshot.namespace_by_number(number)))
    }

    fn change_namespaces(&self, request: NamespaceRequest) -> Reply<'static, NamespaceRecord> {
        self.worker.submit(0, move |reply| Job::Request(Request::Namespaces { request, reply }))
    }

    fn sweep(&self) -> Reply<'_, Swept> {
        self.worker.submit(0, |reply| Job::Task(Task::Sweep { reply }))
    }

    fn check(&self) -> Reply<'_, CheckReport> {
        let snapshot = self.current().snapshot();
        self.ready(snapshot.map(|snapshot| check::check(&snapshot)))
    }

    fn backup(&self, directory: &Path, progress: Progress) -> Reply<'_, BackedUp> {
        let (worker, source) = (self.worker.clone(), self.directory.clone());
        let directory = directory.to_owned();
        aside("the backup", move |is_awaited| {
            backup::backup(&worker, source.as_deref(), &directory, &progress, is_awaited)
        })
    }

    fn compact(&self) -> Reply<'_, Compacted> {
        self.worker.submit(0, |reply| Job::Task(Task::Compact { reply }))
    }

    fn flush(&self) -> Reply<'_, ()> {
        self.worker.submit(0, |reply| Job::Task(Task::Flush { reply }))
    }

    fn close(&self) -> Reply<'_, ()> {
        self.worker.submit(0, |reply| Job::Task(Task::Close { reply: Some(reply) }))
    }
}
