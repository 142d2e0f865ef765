//! The operations on keys: the one place where their meaning is written.

use crate::commit::{
    Check, CommitOutcome, Counter, DeleteOutcome, Operation, PutOptions, WriteOutcome,
};
use crate::engine::{Done, Engine, NamespaceRecord, Outcome, Reply, Value, Wanted, Write};
use crate::key::{Row, Scope};
use crate::larder::Shared;
use crate::limits::GET_MANY_KEYS_MAX;
use crate::list::{Listing, Plan};
use crate::write::{Condition, RowOperation};
use crate::{
    BlockingNamespace, Clock, DeletedPage, Entry, Error, Expiration, Head, KeyInfo, ListOptions,
    ListPage, NamespaceInfo, Reader, Result, UnixMillis, Version, Writer, commit, entry,
};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A handle on one namespace, or on the keys under a prefix of one.
///
/// It holds the namespace's id, so renaming the namespace breaks nothing; when the namespace is
/// deleted, every operation answers [`Error::NamespaceDeleted`]. Handles are cheap to clone and
/// may be used from many threads and tasks at once. The futures run on any executor; an operation
/// whose future is dropped has happened whole or not at all.
#[derive(Clone)]
pub struct Namespace {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) scope: Scope,
    pub(crate) id: Arc<str>,
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Namespace {
    /// The namespace's id, which stays when it is renamed.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the namespace has been deleted, so that every operation would answer
    /// [`Error::NamespaceDeleted`].
    pub fn is_deleted(&self) -> bool {
        self.shared.deleted.load(Ordering::Acquire)
    }

    /// Title, id, and how many keys and bytes there are, in the whole namespace.
    pub async fn info(&self) -> Result<NamespaceInfo> {
        Ok(self.record().await?.into())
    }

    pub(crate) async fn record(&self) -> Result<NamespaceRecord> {
        self.live()?;
        let record = self.engine.namespace_by_number(self.scope.namespace()).wait().await?;
        record.ok_or(Error::NamespaceDeleted)
    }

    /// The keys that begin with `prefix`, as a namespace of its own: keys, listings and cursors
    /// are relative to it, and it cannot be left. The prefixes of all scopes together have at most
    /// 128 bytes and do not count towards the 512 of a key.
    pub fn scoped(&self, prefix: &str) -> Result<Self> {
        Ok(Self { scope: self.scope.narrowed(prefix)?, ..self.clone() })
    }

    /// The same operations for code that does not await.
    pub fn blocking(&self) -> BlockingNamespace {
        BlockingNamespace::new(self.clone())
    }

    /// The value of a key; `None` when there is no such key.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.get_entry(key).await?.map(|entry| entry.value))
    }

    /// The value of a key with everything that is kept beside it.
    pub async fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        let row = self.row(key)?;
        // Without a future for what is there: nearly every read is of this kind.
        let entry = match self.engine.get(&row) {
            Reply::Ready(entry) => entry?,
            Reply::Later(entry) => entry.await?,
        };
        let entry = match entry {
            // What lives by a time after it was read lived when it was; most keys need no time.
            Some(entry) if !self.is_live_now(&entry.head) => {
                let now = self.now();
                let entry = self.engine.get(&row).wait().await?;
                entry.filter(|entry| entry.head.is_live(now))
            }
            entry => entry,
        };
        self.live()?;
        Ok(entry)
    }

    /// Up to 100 keys at once, with at most 25 MiB of values in all, as they were at one moment.
    /// The answers stand in the order of the keys, each for itself also where a key is named twice.
    pub async fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<Entry>>> {
        if keys.is_empty() || keys.len() > GET_MANY_KEYS_MAX {
            let (count, max) = (keys.len() as u64, GET_MANY_KEYS_MAX as u64);
            return Err(Error::KeyCount { count, max });
        }
        let rows = keys.iter().map(|key| self.row(key.as_ref())).collect::<Result<_>>()?;
        let wanted = Wanted::at(self.now());
        let entries = self.engine.get_many(rows, wanted).wait().await?;
        self.live()?;
        Ok(entries)
    }

    /// A key with everything but its value.
    pub async fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        let (row, now) = (self.row(key)?, self.now());
        let head = self.engine.head(&row).wait().await?;
        self.live()?;
        let head = head.filter(|head| head.is_live(now));
        Ok(head.map(|head| KeyInfo { name: key.to_owned(), head }))
    }

    /// Writes a key that never expires and has no metadata, whatever was there before.
    pub async fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<Version> {
        match self.put_with(key, value, PutOptions::new()).await? {
            WriteOutcome::Written(version) => Ok(version),
            WriteOutcome::Conflict(_) => Err(Error::corrupt("a conflict without a condition")),
        }
    }

    /// Writes a key, if the condition holds, replacing value, metadata and expiration together.
    pub async fn put_with(
        &self,
        key: &str,
        value: impl Into<Bytes>,
        options: PutOptions,
    ) -> Result<WriteOutcome> {
        let value = Value::Bytes(value.into());
        entry::validate_size(value.size())?;
        self.put_value(self.row(key)?, value, options).await
    }

    pub(crate) async fn put_value(
        &self,
        row: Row,
        value: Value,
        options: PutOptions,
    ) -> Result<WriteOutcome> {
        let PutOptions { expiration, metadata, condition } = options;
        let metadata = entry::validated_metadata(metadata.as_deref())?;
        let put = RowOperation::Put { row: row.clone(), value, metadata, expiration };
        match self.write(Write::of(put).when(row, condition)).await? {
            Outcome::Written { version, .. } => Ok(WriteOutcome::Written(version)),
            Outcome::Conflict { found, .. } => Ok(WriteOutcome::Conflict(found)),
        }
    }

    /// Deletes a key; whether there was one.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        let row = self.row(key)?;
        match self.write_one(RowOperation::Delete { row }).await? {
            (_, Done::Deleted(existed)) => Ok(existed),
            _ => Err(answered_amiss()),
        }
    }

    /// Deletes a key if that write made it what it is.
    pub async fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome> {
        let row = self.row(key)?;
        let write = Write::of(RowOperation::Delete { row: row.clone() });
        match self.write(write.when(row, Some(Condition::Version(version)))).await? {
            Outcome::Written { .. } => Ok(DeleteOutcome::Deleted),
            Outcome::Conflict { found, .. } => Ok(DeleteOutcome::Conflict(found)),
        }
    }

    /// Changes the expiration of a key alone (`None` is never); value and metadata stay. The new
    /// version, or `None` when there is no such key.
    pub async fn expire(
        &self,
        key: &str,
        expiration: Option<Expiration>,
    ) -> Result<Option<Version>> {
        let row = self.row(key)?;
        match self.write_one(RowOperation::Expire { row, expiration }).await? {
            (version, Done::Expired(existed)) => Ok(existed.then_some(version)),
            _ => Err(answered_amiss()),
        }
    }

    /// Adds to a counter, which is decimal ASCII, `-?(0|[1-9][0-9]*)`; absent counts as 0. The
    /// expiration is that of a counter which begins here; one that exists keeps its expiration
    /// and metadata.
    pub async fn increment(
        &self,
        key: &str,
        delta: i64,
        expiration: Option<Expiration>,
    ) -> Result<Counter> {
        let row = self.row(key)?;
        match self.write_one(RowOperation::Increment { row, delta, expiration }).await? {
            (version, Done::Counted { value, expiration }) => {
                Ok(Counter { value, expiration, version })
            }
            _ => Err(answered_amiss()),
        }
    }

    /// A page of keys in byte order, or its reverse, without their values.
    pub async fn list(&self, options: &ListOptions) -> Result<ListPage> {
        self.live()?;
        let plan = Plan::new(options, &self.scope)?;
        let listing = Listing::new(&self.scope, plan.limit, options.reverse, self.now());
        if plan.range.is_empty() {
            return Ok(listing.page());
        }
        let page = self.engine.scan(plan.range, listing).wait().await?.page();
        self.live()?;
        Ok(page)
    }

    /// Deletes the keys of a page of the listing that `options` ask for, in one step; the cursor
    /// goes on after them. So all keys with a prefix are deleted in batches, during which others
    /// are served.
    pub async fn delete_page(&self, options: &ListOptions) -> Result<DeletedPage> {
        let page = self.list(options).await?;
        let deleted = page.keys.len() as u64;
        if deleted > 0 {
            // By rows: a key of a scope may be longer than one that a handle above can name.
            let delete =
                |key: KeyInfo| RowOperation::Delete { row: self.scope.bound(&key.name).into() };
            let operations = page.keys.into_iter().map(delete).collect();
            self.write(Write { checks: Vec::new(), operations }).await?;
        }
        Ok(DeletedPage { deleted, cursor: page.cursor })
    }

    /// All checks hold and all operations happen, or none does; also after a crash. At least one
    /// operation, at most 1000 checks and operations and 25 MiB in all.
    pub async fn commit(
        &self,
        checks: Vec<Check>,
        operations: Vec<Operation>,
    ) -> Result<CommitOutcome> {
        self.live()?;
        commit::validate(&checks, &operations)?;
        let row_of = |check: Check| Ok((self.scope.row(&check.key)?, check.condition));
        let write = Write {
            checks: checks.into_iter().map(row_of).collect::<Result<_>>()?,
            operations: operations
                .into_iter()
                .map(|operation| operation.into_row(&self.scope))
                .collect::<Result<_>>()?,
        };
        match self.write(write).await? {
            Outcome::Written { version, done } => {
                let counters = done.into_iter().filter_map(|done| match done {
                    Done::Counted { value, .. } => Some(value),
                    Done::Put | Done::Deleted(_) | Done::Expired(_) => None,
                });
                Ok(CommitOutcome::Committed { version, counters: counters.collect() })
            }
            Outcome::Conflict { check, .. } => Ok(CommitOutcome::Conflict(check)),
        }
    }

    /// Refuses what a commit would refuse now whatever the namespace holds: so that of many commits
    /// none happens when a later one cannot.
    pub fn validate(&self, operation: &Operation) -> Result<()> {
        self.live()?;
        operation.validate(self.now())
    }

    /// A value to be read in pieces; `None` when there is no such key. It stays what it is now,
    /// also when the key is replaced, deleted or expires meanwhile.
    pub async fn open_reader(&self, key: &str) -> Result<Option<Reader>> {
        let (row, now) = (self.row(key)?, self.now());
        let opened = self.engine.open(&row).wait().await?;
        self.live()?;
        let Some((head, pieces)) = opened.filter(|(head, _)| head.is_live(now)) else {
            return Ok(None);
        };
        let kept = self.keep_open(row, &head).await?;
        Ok(Some(Reader::new(KeyInfo { name: key.to_owned(), head }, pieces, kept)))
    }

    /// A value to be written in pieces. Only [`Writer::finish`] makes it visible, and only then
    /// are condition and ttl judged.
    pub fn open_writer(&self, key: &str, options: PutOptions) -> Result<Writer> {
        let row = self.row(key)?;
        entry::validated_metadata(options.metadata.as_deref())?;
        Ok(Writer::new(self.clone(), row, options))
    }

    async fn write_one(&self, operation: RowOperation) -> Result<(Version, Done)> {
        match self.write(Write::of(operation)).await? {
            Outcome::Written { version, mut done } => {
                Ok((version, done.pop().ok_or_else(answered_amiss)?))
            }
            Outcome::Conflict { .. } => Err(answered_amiss()),
        }
    }

    async fn write(&self, write: Write) -> Result<Outcome> {
        self.live()?;
        self.engine.write(write).wait().await
    }

    fn row(&self, key: &str) -> Result<Row> {
        self.live()?;
        self.scope.row(key)
    }

    /// Refuses what is asked of a deleted namespace. A read asks before and after: in between its
    /// rows may have been freed, and what is answered would be that the keys are gone.
    fn live(&self) -> Result<()> {
        if self.is_deleted() { Err(Error::NamespaceDeleted) } else { Ok(()) }
    }

    /// The time, which a read asks for before it reads what may have expired: a key that was
    /// refreshed in time would else be gone when its state from before is met with the time from after.
    fn now(&self) -> UnixMillis {
        UnixMillis::new(self.clock.now_ms())
    }

    fn is_live_now(&self, head: &Head) -> bool {
        head.expiration.is_none() || head.is_live(self.now())
    }
}

fn answered_amiss() -> Error {
    Error::corrupt("an engine answered another operation than it was asked")
}
