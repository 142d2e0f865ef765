//! Reading: one committed state of the store, pinned until the next, and the hot values above it.

use super::cache::HotValues;
use super::format::{
    CHUNK, IDS, IDX, NAMESPACES, Place, RETIRED, TITLES, TRASH, TTL, VAL, decode_namespace,
    decode_record, piece_key, split_ttl_key, unseal,
};
use super::guard::{Failed, Result, guarded};
use crate::engine::{NamespaceNumber, NamespaceRecord, Row, RowRange, Visitor};
use crate::limits::PIECE_BYTES;
use crate::{Entry, Error, Head, UnixMillis};
use ::redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable};
use bytes::{Bytes, BytesMut};
use std::io;
use std::ops::{Bound, Deref};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// One committed state of the store.
pub(super) struct Snapshot {
    sequence: u64,
    idx: Rows,
    val: Rows,
    chunk: Rows,
    transaction: ReadTransaction,
}

impl Snapshot {
    /// The state of the last commit, which was the `sequence`-th.
    pub(super) fn pin(database: &impl ReadableDatabase, sequence: u64) -> Result<Self> {
        let transaction = database.begin_read()?;
        Ok(Self {
            sequence,
            idx: transaction.open_table(IDX)?,
            val: transaction.open_table(VAL)?,
            chunk: transaction.open_table(CHUNK)?,
            transaction,
        })
    }

    /// For whatever is read too seldom to have its table pinned.
    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.transaction
    }

    pub(super) fn head(&self, row: &Row) -> Result<Option<Head>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, _) = decode_record(row.as_bytes(), record.value())?;
        Ok(Some(head))
    }

    pub(super) fn entry(&self, row: &Row) -> Result<Option<Entry>> {
        self.entry_if(row, &mut |_| Ok(true))
    }

    /// The row, if its head is `wanted`.
    pub(super) fn entry_if(
        &self,
        row: &Row,
        wanted: &mut dyn FnMut(&Head) -> crate::Result<bool>,
    ) -> Result<Option<Entry>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, place) = decode_record(row.as_bytes(), record.value())?;
        if !wanted(&head)? {
            return Ok(None);
        }
        let value = self.value(row, &head, place)?;
        Ok(Some(Entry { value, head }))
    }

    /// A row and where its value lies, which is read along with it unless it is in pieces.
    pub(super) fn open(&self, row: &Row) -> Result<Option<(Head, Opened)>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, place) = decode_record(row.as_bytes(), record.value())?;
        let opened = match place {
            Place::Chunks(blob) => Opened::Blob(blob),
            Place::Inline(_) | Place::Val => Opened::Value(self.value(row, &head, place)?),
        };
        Ok(Some((head, opened)))
    }

    pub(super) fn value(&self, row: &Row, head: &Head, place: Place<'_>) -> Result<Bytes> {
        let value = match place {
            Place::Inline(value) => Bytes::copy_from_slice(value),
            Place::Val => {
                let stored = self.val.get(row.as_bytes())?;
                let stored = stored.ok_or_else(|| value_missing(row))?;
                Bytes::copy_from_slice(unseal(stored.value(), row.as_bytes())?)
            }
            Place::Chunks(blob) => {
                let size = usize::try_from(head.size).unwrap_or(usize::MAX);
                let mut value = BytesMut::new();
                while value.len() < size {
                    let number = (value.len() / PIECE_BYTES) as u32;
                    self.with_piece(blob, number, |piece| value.extend_from_slice(piece))?;
                }
                value.freeze()
            }
        };
        if value.len() as u64 != head.size {
            return Err(Error::corrupt(format!("{row:?}: its value has another size")).into());
        }
        Ok(value)
    }

    pub(super) fn piece(&self, blob: u64, number: u32) -> Result<Bytes> {
        self.with_piece(blob, number, Bytes::copy_from_slice)
    }

    fn with_piece<T>(&self, blob: u64, number: u32, read: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let key = piece_key(blob, number);
        let stored = self.chunk.get(key.as_slice())?;
        let missing = || Error::corrupt(format!("piece {number} of blob {blob} is missing"));
        let stored = stored.ok_or_else(missing)?;
        let piece = unseal(stored.value(), &key)?;
        if piece.is_empty() {
            return Err(Error::corrupt(format!("piece {number} of blob {blob} is empty")).into());
        }
        Ok(read(piece))
    }

    pub(super) fn scan(&self, range: &RowRange, visit: Visitor<'_>) -> Result<()> {
        let bounds = (as_slice(&range.start), as_slice(&range.end));
        let mut rows = self.idx.range::<&[u8]>(bounds)?;
        while let Some(row) = if range.reverse { rows.next_back() } else { rows.next() } {
            let (row, record) = row?;
            let (head, _) = decode_record(row.value(), record.value())?;
            if visit(row.value(), head)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether a sweep would find something: rows that have expired by then, rows of namespaces
    /// that are being deleted, or values that no row holds.
    pub(super) fn has_garbage(&self, expired_by: Option<UnixMillis>) -> Result<bool> {
        if self.transaction.open_table(TRASH)?.first()?.is_some()
            || self.transaction.open_table(RETIRED)?.first()?.is_some()
        {
            return Ok(true);
        }
        let ttl = self.transaction.open_table(TTL)?;
        let (Some(now), Some((first, _))) = (expired_by, ttl.first()?) else { return Ok(false) };
        Ok(split_ttl_key(first.value())?.0.has_passed(now))
    }

    pub(super) fn namespaces(&self) -> Result<Vec<NamespaceRecord>> {
        let titles = self.transaction.open_table(TITLES)?;
        let mut records = Vec::new();
        for title in titles.iter()? {
            let (_, number) = title?;
            records.extend(self.namespace_by_number(number.value())?);
        }
        Ok(records)
    }

    pub(super) fn namespace_by_title(&self, title: &str) -> Result<Option<NamespaceRecord>> {
        let titles = self.transaction.open_table(TITLES)?;
        let number = titles.get(title)?;
        number.map_or(Ok(None), |number| self.namespace_by_number(number.value()))
    }

    pub(super) fn namespace_by_id(&self, id: &str) -> Result<Option<NamespaceRecord>> {
        let ids = self.transaction.open_table(IDS)?;
        let number = ids.get(id)?;
        number.map_or(Ok(None), |number| self.namespace_by_number(number.value()))
    }

    pub(super) fn namespace_by_number(
        &self,
        number: NamespaceNumber,
    ) -> Result<Option<NamespaceRecord>> {
        let namespaces = self.transaction.open_table(NAMESPACES)?;
        let Some(record) = namespaces.get(number)? else { return Ok(None) };
        let (record, being_deleted) = decode_namespace(number, record.value())?;
        Ok((!being_deleted).then_some(record))
    }
}

fn value_missing(row: &Row) -> Error {
    Error::corrupt(format!("{row:?}: its value is missing"))
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// A value about to be read in pieces.
pub(super) enum Opened {
    /// All of it.
    Value(Bytes),
    /// The blob that its pieces are under.
    Blob(u64),
}

/// The last committed state, and the hot values of it.
///
/// A value that is read from a snapshot goes to the cache only while no later snapshot has been
/// published, and a writer drops what it wrote from the cache before it publishes its own, both
/// under the lock. So the cache never holds what a commit has replaced.
pub(super) struct Current {
    state: RwLock<State>,
    cache: HotValues,
    /// How many [`Held`] there are.
    held: AtomicUsize,
}

/// A state that is read for so long that nobody is to wait for it.
pub(super) struct Held<'c> {
    // In this order, so that what is counted is there.
    snapshot: Arc<Snapshot>,
    _counted: Counted<'c>,
}

struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Deref for Held<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

enum State {
    Open(Arc<Snapshot>),
    Down(Error),
}

impl Current {
    pub(super) fn new(snapshot: Snapshot, cache: HotValues) -> Self {
        let state = RwLock::new(State::Open(Arc::new(snapshot)));
        Self { state, cache, held: AtomicUsize::new(0) }
    }

    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(snapshot) => Ok(snapshot.clone()),
            State::Down(error) => Err(error.clone().into()),
        }
    }

    /// The last committed state, for as long as it takes: nothing is done
    /// [`exclusively`](Current::exclusively) meanwhile.
    pub(super) fn hold(&self) -> Result<Held<'_>> {
        // Counted first: whoever then has the lock to itself knows of it.
        let _counted = Counted::new(&self.held);
        Ok(Held { snapshot: self.snapshot()?, _counted })
    }

    /// Reads from the last committed state.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        let snapshot = self.snapshot()?;
        guarded(|| read(&snapshot)).map_err(|failed| self.why(failed))
    }

    /// Why a read failed. Who still reads a file that is opened anew finds it closed, which the
    /// store is not.
    fn why(&self, failed: Failed) -> Failed {
        if Error::from(failed.clone()) != Error::Closed {
            return failed;
        }
        let reopened = || io::Error::other("it was opened anew meanwhile");
        self.snapshot().err().unwrap_or_else(|| Error::io("reading the store", reopened()).into())
    }

    /// A row, from memory when it is hot.
    pub(super) fn entry(&self, row: &Row) -> Result<Option<Entry>> {
        if let Some(entry) = self.cache.get(row) {
            return Ok(Some(entry));
        }
        let snapshot = self.snapshot()?;
        let sequence = snapshot.sequence;
        let entry = guarded(|| snapshot.entry(row)).map_err(|failed| self.why(failed))?;
        // Who has the lock to itself waits for this to go.
        drop(snapshot);
        if let Some(entry) = &entry {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if matches!(&*state, State::Open(last) if last.sequence == sequence) {
                self.cache.insert(row, entry);
            }
        }
        Ok(entry)
    }

    /// Makes a commit visible that changed these rows.
    pub(super) fn publish(&self, changed: &[Row], snapshot: Snapshot) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for row in changed {
            self.cache.remove(row);
        }
        *state = State::Open(Arc::new(snapshot));
    }

    /// Answers reads with an error from now on, and gives back the last state.
    pub(super) fn take_down(&self, error: Error) -> Option<Arc<Snapshot>> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.cache.clear();
        match std::mem::replace(&mut *state, State::Down(error)) {
            State::Open(snapshot) => Some(snapshot),
            State::Down(_) => None,
        }
    }

    /// Has `work` done while no read can begin: reads wait for the snapshot that it comes to. Those
    /// that have begun are for `work` to wait for, but for a state that is held, which is
    /// [`Error::BackupRunning`].
    pub(super) fn exclusively(&self, work: impl FnOnce() -> Result<Snapshot>) -> Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if self.held.load(Ordering::SeqCst) > 0 {
            return Err(Error::BackupRunning.into());
        }
        drop(std::mem::replace(&mut *state, State::Down(Error::Closed)));
        match work() {
            Ok(snapshot) => {
                *state = State::Open(Arc::new(snapshot));
                Ok(())
            }
            Err(error) => {
                let error = Error::from(error);
                *state = State::Down(error.clone());
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::redb::tables::Tables;
    use ::redb::Database;
    use ::redb::backends::InMemoryBackend;

    fn database() -> Database {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let transaction = database.begin_write().unwrap();
        let (id, title) = ("id".into(), "title".into());
        let record = NamespaceRecord::new(1, id, title);
        Tables::open(&transaction).unwrap().add_namespace(&record).unwrap();
        transaction.commit().unwrap();
        database
    }

    #[test]
    fn a_read_that_the_reopening_of_the_file_overtakes_does_not_say_that_the_store_is_closed() {
        let (failed, reopened) = (database(), database());
        let current = Current::new(Snapshot::pin(&failed, 0).unwrap(), HotValues::new(1 << 20));
        let read = |reopen: &dyn Fn()| {
            let result = current.read(|snapshot| {
                current.take_down(Error::corrupt("why it was opened anew"));
                reopen();
                snapshot.namespaces()
            });
            result.map_err(Error::from)
        };
        failed.close().unwrap();
        assert_eq!(read(&|| ()), Err(Error::corrupt("why it was opened anew")));
        current.publish(&[], Snapshot::pin(&reopened, 1).unwrap());
        reopened.close().unwrap();
        let third = database();
        let result = read(&|| current.publish(&[], Snapshot::pin(&third, 2).unwrap()));
        assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
    }
}
