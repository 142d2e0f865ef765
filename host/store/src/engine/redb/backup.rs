//! Copying a store, and back: a backup through one snapshot of the open store, and a restore from
//! one that nobody has open.

use super::check::check;
use super::copy::{Copy, Original};
use super::directory::{data_of, owner_of};
use super::format::{
    EPOCH, IDX, META, NAMESPACES, NEXT_BLOB, NEXT_NAMESPACE, decode_namespace, decode_record,
};
use super::guard::{Failed, Result as Guarded, guarded};
use super::opening::not_opened;
use super::patience::Patience;
use super::snapshot::Snapshot;
use super::worker::Worker;
use crate::engine::{BackedUp, CheckReport, NamespaceNumber, Progress, Row};
use crate::{Entry, Error, Result};
use ::redb::{Builder, DatabaseError, Range, ReadOnlyDatabase, ReadableTable};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// What redb may keep of a backup in memory while it is restored.
const CACHE_BYTES: usize = 32 << 20;

/// Copies the last committed state of the store in `source`.
pub(super) fn backup(
    worker: &Worker,
    source: Option<&Path>,
    directory: &Path,
    progress: &Progress,
    is_awaited: &dyn Fn() -> bool,
) -> Result<BackedUp> {
    let current = &worker.shared.current;
    let wanted = || match is_awaited() {
        true => Ok(current.snapshot().map(drop)?),
        false => Err(Error::Closed),
    };
    let held = worker.told(current.hold())?;
    let (original, deleted) = worker.told(guarded(|| original(&held)))?;
    let mut copy = Copy::begin(directory, source, original, progress, &wanted)?;
    let read = rows(&held, &deleted, &mut copy);
    drop(held);
    match worker.told(read) {
        Ok(()) => copy.finish(),
        // The file was closed; that of a store which failed is opened anew at once.
        Err(Error::Closed) => {
            let again = io::Error::other("the store failed meanwhile; try again");
            wanted().and_then(|()| Err(Error::io("reading the store", again)))
        }
        Err(error) => Err(error),
    }
}

/// Copies the backup in `source`, which is read alone: it is left as it is, and may lie on a medium
/// that cannot be written to.
pub(super) fn restore(source: &Path, directory: &Path, progress: &Progress) -> Result<BackedUp> {
    let database = open_to_read(source)?;
    let snapshot = guarded(|| Snapshot::pin(&database, 0))?;
    let (original, deleted) = guarded(|| original(&snapshot))?;
    let mut copy = Copy::begin(directory, Some(source), original, progress, &|| Ok(()))?;
    rows(&snapshot, &deleted, &mut copy)?;
    copy.finish()
}

/// Checks the store in a directory by reading it alone, also when it is too damaged to be opened.
pub(super) fn inspect(source: &Path) -> Result<CheckReport> {
    let database = open_to_read(source)?;
    let snapshot = guarded(|| Snapshot::pin(&database, 0))?;
    Ok(check(&snapshot))
}

/// Opens the file of a store that nobody has open, and leaves it as it is.
fn open_to_read(source: &Path) -> Result<ReadOnlyDatabase> {
    let data = data_of(source)?;
    let opened = guarded(|| {
        let opened = Builder::new().set_cache_size(CACHE_BYTES).open_read_only(&data);
        opened.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => {
                Error::Locked { path: source.to_owned(), owner: owner_of(source) }.into()
            }
            DatabaseError::RepairAborted => Error::Foreign {
                path: source.to_owned(),
                reason: "it was not closed in order; open it once as a store".into(),
            }
            .into(),
            other => not_opened(&data, other),
        })
    });
    Ok(opened?)
}

/// What the store holds besides its rows, and the namespaces that are left out: those being deleted.
fn original(snapshot: &Snapshot) -> Guarded<(Original, BTreeSet<NamespaceNumber>)> {
    let reading = snapshot.transaction();
    let meta = reading.open_table(META)?;
    let number = |name| Ok::<_, Failed>(meta.get(name)?.map(|number| number.value()));
    let (mut namespaces, mut deleted) = (Vec::new(), BTreeSet::new());
    for entry in reading.open_table(NAMESPACES)?.iter()? {
        let (number, record) = entry?;
        let (record, being_deleted) = decode_namespace(number.value(), record.value())?;
        if being_deleted {
            deleted.insert(record.number);
        } else {
            namespaces.push(record);
        }
    }
    let original = Original {
        namespaces,
        epoch: number(EPOCH)?.unwrap_or_default(),
        next_namespace: number(NEXT_NAMESPACE)?.unwrap_or(1),
        next_blob: number(NEXT_BLOB)?.unwrap_or_default(),
    };
    Ok((original, deleted))
}

/// Copies every row that is not of a deleted namespace.
fn rows(
    snapshot: &Snapshot,
    deleted: &BTreeSet<NamespaceNumber>,
    copy: &mut Copy<'_>,
) -> Guarded<()> {
    let idx = guarded(|| Ok(snapshot.transaction().open_table(IDX)?))?;
    let mut records = guarded(|| Ok(idx.iter()?))?;
    // What fails while it is written is not blamed on what is read.
    while let Some((row, entry)) = guarded(|| next(&mut records, snapshot, deleted))? {
        copy.put(row, entry)?;
    }
    Ok(())
}

fn next(
    records: &mut Range<'_, &'static [u8], &'static [u8]>,
    snapshot: &Snapshot,
    deleted: &BTreeSet<NamespaceNumber>,
) -> Guarded<Option<(Row, Entry)>> {
    for entry in records {
        let (row, record) = entry?;
        let row = Row::from(row.value().to_vec());
        if !deleted.contains(&row.namespace()) {
            let (head, place) = decode_record(row.as_bytes(), record.value())?;
            let value = snapshot.value(&row, &head, place, &Patience::endless())?;
            return Ok(Some((row, Entry { value, head })));
        }
    }
    Ok(None)
}
