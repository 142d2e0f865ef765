//! Opening the file, the first time and again after it has failed.

use super::directory::{Directory, Found};
use super::format::{
    CHUNK, EPOCH, IDS, IDX, META, NAMESPACES, NEXT_BLOB, PENDING, RETIRED, TITLES, TRASH, TTL, VAL,
};
use super::guard::{Failed, Result, guarded};
use crate::{Durability, Error};
use ::redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError};
use std::io::ErrorKind;
use std::path::Path;

/// The least that redb makes sense with.
const CACHE_BYTES_MIN: usize = 1 << 20;

/// How the store is opened, and the right to: no other process has it.
#[derive(Debug)]
pub(super) struct Opening {
    directory: Directory,
    durability: Durability,
    cache_bytes: usize,
}

/// What the file says of where ids and versions stand.
pub(super) struct Counters {
    pub(super) epoch: u64,
    pub(super) next_blob: u64,
}

impl Opening {
    /// Takes the directory, and makes a store there if there is none and `create` says so.
    pub(super) fn take(
        path: &Path,
        create: bool,
        durability: Durability,
        cache_bytes: usize,
    ) -> Result<Self> {
        let (directory, found) = Directory::take(path, create)?;
        let opening = Self { directory, durability, cache_bytes };
        if found == Found::Nothing {
            opening.make()?;
        }
        Ok(opening)
    }

    pub(super) fn durability(&self) -> Durability {
        self.durability
    }

    /// Lets others open the store from now on.
    pub(super) fn release(&self) {
        self.directory.release();
    }

    fn make(&self) -> Result<()> {
        let path = self.directory.new_data()?;
        guarded(|| Ok(create_database(&path, CACHE_BYTES_MIN)?.close()?))?;
        Ok(self.directory.adopt()?)
    }

    /// Opens the file, which is repaired when it was not closed in order.
    pub(super) fn open_database(&self) -> Result<Database> {
        let path = self.directory.data();
        let cache_bytes = self.cache_bytes.max(CACHE_BYTES_MIN);
        guarded(|| {
            let opened = Database::builder().set_cache_size(cache_bytes).open(&path);
            opened.map_err(|error| not_opened(&path, error))
        })
    }

    /// Reads where ids and versions stand, and gives up what writers had not finished when the
    /// store was last open. The trash is then free to be swept: nobody has a reader yet.
    pub(super) fn settle(&self, database: &Database) -> Result<Counters> {
        guarded(|| {
            let reading = database.begin_read()?;
            let meta = reading.open_table(META)?;
            let number = |name| Ok::<_, Failed>(meta.get(name)?.map_or(0, |value| value.value()));
            let counters = Counters { epoch: number(EPOCH)?, next_blob: number(NEXT_BLOB)? };
            let pending = reading.open_table(PENDING)?;
            let pending: Vec<u64> = pending
                .iter()?
                .map(|entry| Ok::<_, Failed>(entry?.0.value()))
                .collect::<Result<_>>()?;
            if !pending.is_empty() {
                let transaction = database.begin_write()?;
                {
                    let mut unfinished = transaction.open_table(PENDING)?;
                    let mut trash = transaction.open_table(TRASH)?;
                    for blob in pending {
                        unfinished.remove(blob)?;
                        trash.insert(blob, ())?;
                    }
                }
                transaction.commit()?;
            }
            Ok(counters)
        })
    }

    /// Bytes that the file has.
    pub(super) fn data_bytes(&self) -> Result<u64> {
        let path = self.directory.data();
        let metadata = std::fs::metadata(&path);
        let action = || format!("reading the size of {}", path.display());
        Ok(metadata.map_err(|error| Error::io(action(), error))?.len())
    }

    /// Refuses to write so many bytes when the disk has no room for them.
    pub(super) fn expect_room(&self, bytes: u64) -> crate::Result<()> {
        self.directory.expect_room(bytes)
    }
}

/// Makes a file with every table of a store.
pub(super) fn create_database(path: &Path, cache_bytes: usize) -> Result<Database> {
    let database = Database::builder().set_cache_size(cache_bytes).create(path)?;
    let transaction = database.begin_write()?;
    transaction.open_table(IDX)?;
    transaction.open_table(VAL)?;
    transaction.open_table(CHUNK)?;
    transaction.open_table(TTL)?;
    transaction.open_table(PENDING)?;
    transaction.open_table(TRASH)?;
    transaction.open_table(NAMESPACES)?;
    transaction.open_table(RETIRED)?;
    transaction.open_table(TITLES)?;
    transaction.open_table(IDS)?;
    transaction.open_table(META)?;
    transaction.commit()?;
    Ok(database)
}

/// Why the file at `path` was not opened: where it is none of ours, that is said.
pub(super) fn not_opened(path: &Path, error: DatabaseError) -> Failed {
    let foreign =
        |reason: String| Error::Foreign { path: path.to_owned(), reason: reason.into() }.into();
    match error {
        DatabaseError::Storage(StorageError::Io(error))
            if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
        {
            foreign(error.to_string())
        }
        DatabaseError::Storage(StorageError::Corrupted(reason)) => foreign(reason),
        DatabaseError::UpgradeRequired(_) | DatabaseError::DatabaseAlreadyOpen => {
            foreign(error.to_string())
        }
        other => Failed::from(other),
    }
}
