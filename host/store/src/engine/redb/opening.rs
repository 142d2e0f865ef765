//! Opening the file, the first time and again after it has failed.

use super::directory::{Directory, Found, Identity};
use super::disk::Disk;
use super::format::{
    CHUNK, EPOCH, EPOCH_MAX, IDS, IDX, META, NAMESPACES, NEXT_BLOB, PENDING, RETIRED, TITLES,
    TRASH, TTL, VAL,
};
use super::guard::{Failed, Result, guarded};
use super::room::Wanted;
use crate::{Durability, Error};
use ::redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableError,
};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The least that redb makes sense with.
const CACHE_BYTES_MIN: usize = 1 << 20;
/// A file of at most so many bytes has the checksums of its pages verified whenever it is opened,
/// which takes a tenth of a second then: redb does not when it reads, and a page that is not as it
/// was written hides keys as if they had never been. Of a larger one, `check` says.
const VERIFIED_BYTES_MAX: u64 = 64 << 20;

/// Blobs are counted from 0, and so many nobody makes.
const NEXT_BLOB_MAX: u64 = 1 << 48;

/// How the store is opened, and the right to: no other process has it.
#[derive(Debug)]
pub(super) struct Opening {
    place: Place,
    durability: Durability,
    cache_bytes: usize,
    /// The file that was opened last.
    opened: Mutex<Option<Identity>>,
}

/// Where the file lies.
#[derive(Debug)]
enum Place {
    Directory(Directory),
    Disk(Disk),
}

/// What the file says of where ids and versions stand.
pub(super) struct Counters {
    pub(super) epoch: u64,
    pub(super) next_blob: u64,
}

impl Counters {
    /// Refuses what no store comes to: the next would be numbers that were used before.
    fn expect_possible(&self) -> Result<()> {
        if self.epoch >= EPOCH_MAX || self.next_blob >= NEXT_BLOB_MAX {
            let Self { epoch, next_blob } = self;
            let reason =
                format!("its counters, epoch {epoch} and next blob {next_blob}, are wrong");
            return Err(Error::corrupt(reason).into());
        }
        Ok(())
    }
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
        if found == Found::Nothing {
            let new = directory.new_data()?;
            guarded(|| Ok(create_database(&new, CACHE_BYTES_MIN)?.close()?))?;
            directory.adopt()?;
        }
        let (place, opened) = (Place::Directory(directory), Mutex::default());
        Ok(Self { place, durability, cache_bytes, opened })
    }

    /// A disk of the caller's own, where a store is made if it is empty.
    pub(super) fn on(disk: Disk, durability: Durability, cache_bytes: usize) -> Self {
        Self { place: Place::Disk(disk), durability, cache_bytes, opened: Mutex::default() }
    }

    pub(super) fn durability(&self) -> Durability {
        self.durability
    }

    /// Lets others open the store from now on.
    pub(super) fn release(&self) {
        if let Place::Directory(directory) = &self.place {
            directory.release();
        }
    }

    /// Opens the file, which is repaired when it was not closed in order.
    pub(super) fn open_database(&self) -> Result<Database> {
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes.max(CACHE_BYTES_MIN));
        builder.set_check_integrity_on_open(self.data_bytes()? <= VERIFIED_BYTES_MAX);
        guarded(|| match &self.place {
            Place::Directory(directory) => {
                let path = directory.data();
                let database = builder.open(&path).map_err(|error| not_opened(&path, error))?;
                *self.opened() = directory.identity();
                Ok(database)
            }
            Place::Disk(disk) => open_or_create(&builder, disk),
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
            counters.expect_possible()?;
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

    /// Refuses to write to a file that is not there any more: what it is told would be lost. It costs
    /// a hundredth of a commit.
    pub(super) fn expect_in_place(&self) -> crate::Result<()> {
        match &self.place {
            Place::Directory(directory) if *self.opened() != directory.identity() => {
                Err(Error::Removed { path: directory.data() })
            }
            _ => Ok(()),
        }
    }

    fn opened(&self) -> MutexGuard<'_, Option<Identity>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that the file has.
    pub(super) fn data_bytes(&self) -> Result<u64> {
        Ok(match &self.place {
            Place::Directory(directory) => directory.data_bytes()?,
            Place::Disk(disk) => {
                disk.bytes().map_err(|error| Error::io("reading the size of the disk", error))?
            }
        })
    }

    /// Refuses what wants more room than the disk has.
    pub(super) fn expect_room(&self, wanted: Wanted) -> crate::Result<()> {
        match &self.place {
            Place::Directory(directory) => directory.expect_room(wanted),
            Place::Disk(_) => Ok(()),
        }
    }
}

/// Opens the file on a disk of the caller's own, and makes its tables unless they are there: what
/// was cut off while it was made is made whole.
fn open_or_create(builder: &Builder, disk: &Disk) -> Result<Database> {
    let database = disk.open(builder).map_err(|error| not_opened(Path::new(DISK), error))?;
    match database.begin_read()?.open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => create_tables(&database)?,
        meta => drop(meta?),
    }
    Ok(database)
}

/// What a disk of the caller's own is called where a path is said.
const DISK: &str = "the disk";

/// Makes a file with every table of a store.
pub(super) fn create_database(path: &Path, cache_bytes: usize) -> Result<Database> {
    let database = Database::builder().set_cache_size(cache_bytes).create(path)?;
    create_tables(&database)?;
    Ok(database)
}

/// Makes every table of a store.
pub(super) fn create_tables(database: &Database) -> Result<()> {
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
    Ok(transaction.commit()?)
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
        DatabaseError::Storage(StorageError::Corrupted(reason)) if reason.contains("magic") => {
            foreign(reason)
        }
        DatabaseError::Storage(StorageError::Corrupted(reason)) => {
            Error::corrupt(format!("{}: {reason}", path.display())).into()
        }
        DatabaseError::Storage(StorageError::Io(error)) => {
            Error::io(format!("opening {}", path.display()), error).into()
        }
        DatabaseError::UpgradeRequired(_) | DatabaseError::DatabaseAlreadyOpen => {
            foreign(error.to_string())
        }
        other => Failed::from(other),
    }
}
