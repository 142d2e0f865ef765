//! Writing a store that is a copy of another: what a backup and a restore come to.

use super::check::check;
use super::format::{EPOCH, NEXT_BLOB, NEXT_NAMESPACE};
use super::guard::Result as Guarded;
use super::new_directory::NewDirectory;
use super::opening::create_database;
use super::snapshot::Snapshot;
use super::tables::Tables;
use crate::engine::{BackedUp, Change, NamespaceRecord, Progress, Row, Value};
use crate::quota::bytes_of;
use crate::{Entry, Error, Result};
use ::redb::Database;
use std::path::Path;

/// What redb may keep of the copy in memory.
const CACHE_BYTES: usize = 32 << 20;
/// A transaction takes no more rows once it has so many, or so many bytes of them.
const BATCH_ROWS_MAX: usize = 10_000;
const BATCH_BYTES_MAX: u64 = 8 << 20;
/// How many times the original can be opened and written to before its versions could be those
/// that the copy will give. The 24 bits of an epoch have room for a thousand copies of copies.
const EPOCHS_AHEAD: u64 = 1 << 14;

/// What a store holds besides its rows.
pub(in crate::engine) struct Original {
    /// With the keys and bytes that they count.
    pub(in crate::engine) namespaces: Vec<NamespaceRecord>,
    /// No version in the store has a later one.
    pub(in crate::engine) epoch: u64,
    pub(in crate::engine) next_namespace: u64,
    pub(in crate::engine) next_blob: u64,
}

/// A copy being written. Dropped before it is finished, it leaves nothing.
pub(in crate::engine) struct Copy<'a> {
    original: Original,
    /// Rows that are not written yet, and their bytes.
    waiting: Vec<(Row, Entry)>,
    waiting_bytes: u64,
    copied: BackedUp,
    next_blob: u64,
    progress: &'a Progress,
    /// Fails when the copy is not wanted any more.
    wanted: &'a dyn Fn() -> Result<()>,
    // In this order, so that the file is closed before it is removed.
    database: Database,
    place: NewDirectory,
}

impl<'a> Copy<'a> {
    /// Begins a copy in `directory` of what lies in `source`, if that is on disk.
    pub(in crate::engine) fn begin(
        directory: &Path,
        source: Option<&Path>,
        original: Original,
        progress: &'a Progress,
        wanted: &'a dyn Fn() -> Result<()>,
    ) -> Result<Self> {
        let place = NewDirectory::take(directory, source)?;
        let database = place.told(|| create_database(&place.new_data()?, CACHE_BYTES))?;
        let copied =
            BackedUp { namespaces: original.namespaces.len() as u64, ..BackedUp::default() };
        let next_blob = original.next_blob;
        let (waiting, waiting_bytes) = (Vec::new(), 0);
        let copy = Self {
            original,
            waiting,
            waiting_bytes,
            copied,
            next_blob,
            progress,
            wanted,
            database,
            place,
        };
        copy.transact(|tables| {
            for record in &copy.original.namespaces {
                // Counted anew as the rows come.
                tables.add_namespace(&NamespaceRecord { keys: 0, bytes: 0, ..record.clone() })?;
            }
            Ok(())
        })?;
        Ok(copy)
    }

    /// Adds a row. Each is given once.
    pub(in crate::engine) fn put(&mut self, row: Row, entry: Entry) -> Result<()> {
        self.waiting_bytes += bytes_of(&row, &entry.head);
        self.waiting.push((row, entry));
        if self.waiting.len() >= BATCH_ROWS_MAX || self.waiting_bytes >= BATCH_BYTES_MAX {
            self.write_waiting()?;
        }
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<()> {
        (self.wanted)()?;
        self.place.expect_room(self.waiting_bytes)?;
        let waiting = std::mem::take(&mut self.waiting);
        let mut next_blob = self.next_blob;
        self.copied.keys += waiting.len() as u64;
        self.copied.bytes += std::mem::take(&mut self.waiting_bytes);
        self.transact(|tables| {
            for (row, Entry { value, head }) in waiting {
                let value = Value::Bytes(value);
                let blob = || {
                    next_blob += 1;
                    next_blob - 1
                };
                tables.apply(Change::Put { row, head, value }, blob)?;
            }
            Ok(())
        })?;
        self.next_blob = next_blob;
        (self.progress)(self.copied);
        Ok(())
    }

    /// Makes the copy a store, when it has been read back and found sound.
    pub(in crate::engine) fn finish(mut self) -> Result<BackedUp> {
        self.write_waiting()?;
        self.transact(|tables| {
            tables.meta.write()?.insert(EPOCH, self.original.epoch + EPOCHS_AHEAD)?;
            tables.meta.write()?.insert(NEXT_NAMESPACE, self.original.next_namespace)?;
            tables.meta.write()?.insert(NEXT_BLOB, self.next_blob)?;
            Ok(())
        })?;
        self.place.told(|| {
            let snapshot = Snapshot::pin(&self.database, 0)?;
            for record in &self.original.namespaces {
                expect_counted(record, snapshot.namespace_by_number(record.number)?.as_ref())?;
            }
            match check(&snapshot).damage.into_iter().next() {
                Some(damage) => Err(Error::corrupt(damage).into()),
                None => Ok(()),
            }
        })?;
        (self.wanted)()?;
        let Self { database, mut place, copied, .. } = self;
        place.told(|| Ok(database.close()?))?;
        place.adopt()?;
        Ok(copied)
    }

    fn transact(&self, work: impl FnOnce(&mut Tables<'_>) -> Guarded<()>) -> Result<()> {
        self.place.told(|| {
            let transaction = self.database.begin_write()?;
            {
                let mut tables = Tables::open(&transaction);
                work(&mut tables)?;
                tables.store_counts()?;
            }
            Ok(transaction.commit()?)
        })
    }
}

/// Refuses a namespace that counts something else than was read from it: a row is missing.
fn expect_counted(record: &NamespaceRecord, copied: Option<&NamespaceRecord>) -> Result<()> {
    if copied == Some(record) {
        return Ok(());
    }
    let (keys, bytes) = copied.map_or((0, 0), |copied| (copied.keys, copied.bytes));
    Err(Error::corrupt(format!(
        "namespace {:?} counts {} keys and {} bytes; there are {keys} and {bytes}",
        record.title, record.keys, record.bytes,
    )))
}
