//! An engine in memory: the reference, and what tests and throw-away stores use.

use crate::engine::aside::aside;
use crate::engine::redb::copy::{Copy, Original};
use crate::engine::{
    BackedUp, Catalog, CatalogChange, Change, CheckReport, Compacted, Engine, Evaluated, Listing,
    NamespaceNumber, NamespaceRecord, NamespaceRequest, Outcome, PieceReader, PieceWriter,
    Progress, Reply, Row, RowRange, Rows, Swept, Value, Wanted, Write,
};
use crate::quota::bytes_of;
use crate::{Clock, Entry, Error, Head, Result, UnixMillis, Version};
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many expired keys a write frees beside its own work, so that garbage cannot grow faster
/// than it is freed.
const SWEPT_PER_WRITE: usize = 4;

/// An ordered map behind a lock. Durable it is not; all else of [`Engine`]'s contract holds.
pub struct MemoryEngine {
    clock: Arc<dyn Clock>,
    state: Arc<RwLock<State>>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Row, Entry>,
    expirations: BTreeSet<(UnixMillis, Row)>,
    namespaces: BTreeMap<NamespaceNumber, NamespaceRecord>,
    next_number: NamespaceNumber,
    last_version: u64,
    closed: bool,
}

impl MemoryEngine {
    /// An empty store that has its time from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State { next_number: 1, ..State::default() };
        Self { clock, state: Arc::new(RwLock::new(state)) }
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, State>> {
        read(&self.state)
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, State>> {
        let state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.closed { Err(Error::Closed) } else { Ok(state) }
    }

    fn now(&self) -> UnixMillis {
        UnixMillis::new(self.clock.now_ms())
    }
}

fn read(state: &RwLock<State>) -> Result<RwLockReadGuard<'_, State>> {
    let state = state.read().unwrap_or_else(PoisonError::into_inner);
    if state.closed { Err(Error::Closed) } else { Ok(state) }
}

impl State {
    fn write(&mut self, write: Write, now: UnixMillis) -> Result<Outcome> {
        if !self.namespaces.contains_key(&write.namespace()) {
            return Err(Error::NamespaceDeleted);
        }
        let number = write.namespace();
        let version = Version::from_u64(self.last_version + 1);
        let Evaluated { outcome, changes } = write.evaluate(self, now, version)?;
        if self.expect_quota(number, &changes).is_err() {
            self.sweep(now, usize::MAX);
            self.expect_quota(number, &changes)?;
        }
        self.last_version += 1;
        for change in changes {
            match change {
                Change::Put { row, head, value } => {
                    let value = gathered(value)?;
                    self.replace(row, Some(Entry { value, head }));
                }
                Change::Touch { row, head } => {
                    let value = self.rows.get(&row).map(|entry| entry.value.clone());
                    self.replace(row, value.map(|value| Entry { value, head }));
                }
                Change::Remove { row } => self.replace(row, None),
            }
        }
        self.sweep(now, SWEPT_PER_WRITE);
        Ok(outcome)
    }

    /// Refuses changes for which the namespace's quota has no room.
    fn expect_quota(&self, number: NamespaceNumber, changes: &[Change]) -> Result<()> {
        let record = self.namespaces.get(&number).ok_or(Error::NamespaceDeleted)?;
        let before = |row: &Row| self.rows.get(row).map(|before| bytes_of(row, &before.head));
        let to = record.usage().after(changes, |row| Ok::<_, Error>(before(row)))?;
        record.quota.expect_room(record.usage(), to)
    }

    /// Puts or removes a row, and with it its expiration and its part of the namespace's counts.
    fn replace(&mut self, row: Row, entry: Option<Entry>) {
        let bytes = |entry: &Entry| bytes_of(&row, &entry.head);
        let added = entry.as_ref().map(bytes);
        if let Some(at) = entry.as_ref().and_then(|entry| entry.head.expiration) {
            self.expirations.insert((at, row.clone()));
        }
        let keeps = entry.as_ref().and_then(|entry| entry.head.expiration);
        let before = match entry {
            Some(entry) => self.rows.insert(row.clone(), entry),
            None => self.rows.remove(&row),
        };
        if let Some(at) = before.as_ref().and_then(|entry| entry.head.expiration)
            && keeps != Some(at)
        {
            self.expirations.remove(&(at, row.clone()));
        }
        let removed = before.as_ref().map(bytes);
        if let Some(namespace) = self.namespaces.get_mut(&row.namespace()) {
            namespace.keys =
                namespace.keys + u64::from(added.is_some()) - u64::from(removed.is_some());
            namespace.bytes = namespace.bytes + added.unwrap_or(0) - removed.unwrap_or(0);
        }
    }

    fn sweep(&mut self, now: UnixMillis, most: usize) -> u64 {
        for swept in 0..most {
            let passed = self.expirations.first().filter(|(at, _)| at.has_passed(now));
            let Some((_, row)) = passed.cloned() else { return swept as u64 };
            self.replace(row, None);
        }
        most as u64
    }

    /// What there is besides the rows, as an engine on disk keeps it: versions are of epoch 0.
    fn original(&self) -> Original {
        let namespaces = self.namespaces.values().cloned().collect();
        let next_namespace = self.next_number.into();
        Original { namespaces, epoch: 0, next_namespace, next_blob: 0 }
    }

    fn change(&mut self, request: NamespaceRequest) -> Result<NamespaceRecord> {
        match request.evaluate(self)? {
            CatalogChange::Insert { title, id } => {
                let number = self.next_number;
                self.next_number = number.checked_add(1).ok_or(Error::Unsupported {
                    what: "number more than 2^32 namespaces in its lifetime",
                })?;
                let record = NamespaceRecord::new(number, id, title);
                self.namespaces.insert(number, record.clone());
                Ok(record)
            }
            CatalogChange::Retitle { from, title } => {
                let record = NamespaceRecord { title, ..from };
                self.namespaces.insert(record.number, record.clone());
                Ok(record)
            }
            CatalogChange::Replace { record } => {
                self.namespaces.insert(record.number, record.clone());
                Ok(record)
            }
            CatalogChange::Retire { from, deleted } => {
                deleted.store(true, Ordering::Release);
                self.namespaces.remove(&from.number);
                self.rows.retain(|row, _| row.namespace() != from.number);
                self.expirations.retain(|(_, row)| row.namespace() != from.number);
                Ok(from)
            }
        }
    }
}

impl Rows for State {
    fn head(&self, row: &Row) -> Result<Option<Head>> {
        Ok(self.rows.get(row).map(|entry| entry.head.clone()))
    }

    fn value(&self, row: &Row) -> Result<Option<Bytes>> {
        Ok(self.rows.get(row).map(|entry| entry.value.clone()))
    }
}

impl Catalog for State {
    fn by_title(&self, title: &str) -> Result<Option<NamespaceRecord>> {
        Ok(self.namespaces.values().find(|record| &*record.title == title).cloned())
    }

    fn by_id(&self, id: &str) -> Result<Option<NamespaceRecord>> {
        Ok(self.namespaces.values().find(|record| &*record.id == id).cloned())
    }

    fn by_number(&self, number: NamespaceNumber) -> Result<Option<NamespaceRecord>> {
        Ok(self.namespaces.get(&number).cloned())
    }
}

impl Engine for MemoryEngine {
    fn head<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Head>> {
        Reply::Ready(self.read().and_then(|state| state.head(row)))
    }

    fn get<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Entry>> {
        Reply::Ready(self.read().map(|state| state.rows.get(row).cloned()))
    }

    fn get_many(&self, rows: Vec<Row>, mut wanted: Wanted) -> Reply<'_, Vec<Option<Entry>>> {
        Reply::Ready(self.read().and_then(|state| {
            let entry = |row| match state.rows.get(row) {
                Some(entry) if wanted.wants(&entry.head)? => Ok(Some(entry.clone())),
                _ => Ok(None),
            };
            rows.iter().map(entry).collect()
        }))
    }

    fn scan(&self, range: RowRange, mut listing: Listing) -> Reply<'_, Listing> {
        let bound = |bound: &Bound<Vec<u8>>| bound.as_ref().map(|bytes| Row::from(bytes.clone()));
        Reply::Ready(self.read().and_then(|state| {
            let mut rows = state.rows.range((bound(&range.start), bound(&range.end)));
            while let Some((row, entry)) =
                if range.reverse { rows.next_back() } else { rows.next() }
            {
                if listing.row(row.as_bytes(), entry.head.clone())?.is_break() {
                    break;
                }
            }
            Ok(listing)
        }))
    }

    fn write(&self, write: Write) -> Reply<'static, Outcome> {
        // Under the lock, so that nothing is written at a time before that of the last sweep: what
        // that has freed would be gone when it had not expired.
        Reply::Ready(self.write().and_then(|mut state| state.write(write, self.now())))
    }

    fn open<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<(Head, Box<dyn PieceReader>)>> {
        Reply::Ready(self.read().map(|state| {
            let entry = state.rows.get(row)?.clone();
            Some((entry.head, Box::new(entry.value) as Box<dyn PieceReader>))
        }))
    }

    fn stage(&self) -> Result<Box<dyn PieceWriter>> {
        Ok(Box::new(Pieces(BytesMut::new())))
    }

    fn namespaces(&self) -> Reply<'_, Vec<NamespaceRecord>> {
        Reply::Ready(self.read().map(|state| {
            let mut records: Vec<_> = state.namespaces.values().cloned().collect();
            records.sort_by(|a, b| a.title.cmp(&b.title));
            records
        }))
    }

    fn namespace_by_title<'a>(&'a self, title: &'a str) -> Reply<'a, Option<NamespaceRecord>> {
        Reply::Ready(self.read().and_then(|state| state.by_title(title)))
    }

    fn namespace_by_id<'a>(&'a self, id: &'a str) -> Reply<'a, Option<NamespaceRecord>> {
        Reply::Ready(self.read().and_then(|state| state.by_id(id)))
    }

    fn namespace_by_number(&self, number: NamespaceNumber) -> Reply<'_, Option<NamespaceRecord>> {
        Reply::Ready(self.read().and_then(|state| state.by_number(number)))
    }

    fn change_namespaces(&self, request: NamespaceRequest) -> Reply<'static, NamespaceRecord> {
        Reply::Ready(self.write().and_then(|mut state| state.change(request)))
    }

    fn sweep(&self) -> Reply<'_, Swept> {
        Reply::Ready(self.write().map(|mut state| Swept {
            expired: state.sweep(self.now(), usize::MAX),
            ..Swept::default()
        }))
    }

    fn check(&self) -> Reply<'_, CheckReport> {
        Reply::Ready(self.read().map(|state| CheckReport {
            keys: state.rows.len() as u64,
            bytes: state.rows.values().map(|entry| entry.value.len() as u64).sum(),
            damage: Vec::new(),
        }))
    }

    /// The keys are copied in memory first, and the values shared.
    fn backup(&self, directory: &Path, progress: Progress) -> Reply<'_, BackedUp> {
        let (state, directory) = (self.state.clone(), directory.to_owned());
        aside("the backup", move |is_awaited| {
            let (original, rows) =
                read(&state).map(|state| (state.original(), state.rows.clone()))?;
            let wanted = || match is_awaited() {
                true => read(&state).map(drop),
                false => Err(Error::Closed),
            };
            let mut copy = Copy::begin(&directory, None, original, &progress, &wanted)?;
            for (row, entry) in rows {
                copy.put(row, entry)?;
            }
            copy.finish()
        })
    }

    fn compact(&self) -> Reply<'_, Compacted> {
        Reply::Ready(self.read().map(|_| Compacted::default()))
    }

    fn flush(&self) -> Reply<'_, ()> {
        Reply::Ready(self.read().map(drop))
    }

    fn close(&self) -> Reply<'_, ()> {
        Reply::Ready(self.write().map(|mut state| {
            *state = State { closed: true, ..State::default() };
        }))
    }
}

impl PieceReader for Bytes {
    fn read(&self, offset: u64, max: usize) -> Reply<'_, Bytes> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let end = start.saturating_add(max).min(self.len());
        Reply::Ready(Ok(self.slice(start..end)))
    }
}

/// A value being gathered: what a write in pieces comes to in memory.
struct Pieces(BytesMut);

impl PieceWriter for Pieces {
    fn append(&mut self, piece: Bytes) -> Reply<'_, ()> {
        self.0.extend_from_slice(&piece);
        Reply::Ready(Ok(()))
    }

    fn finish(self: Box<Self>) -> Reply<'static, Value> {
        Reply::Ready(Ok(Value::Bytes(self.0.freeze())))
    }
}

fn gathered(value: Value) -> Result<Bytes> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Staged(_) => Err(Error::Unsupported { what: "put a value that another has staged" }),
    }
}
