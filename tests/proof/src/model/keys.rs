//! The operations on keys.

use super::{Model, Place, Row, Rows, Space, Verdict, legal};
use bytes::Bytes;
use larder_store::limits::GET_MANY_BYTES_MAX;
use larder_store::{
    Check, CommitOutcome, Condition, Counter, DeleteOutcome, Entry, ErrorKind, Expiration, Head,
    KeyInfo, ListOptions, Operation, PutOptions, Subject, Version, WriteOutcome,
};

/// The version of a write that the store says has not happened.
pub const NOT_WRITTEN: Version = Version::from_u64(u64::MAX);

/// Where a page goes on.
#[derive(Clone, Debug)]
pub enum After {
    /// At the beginning.
    Nothing,
    /// Where a listing in that direction had come to this key.
    Key { key: String, reverse: bool },
    /// At what no listing has answered with.
    Garbage,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its keys.
    pub keys: Vec<KeyInfo>,
    /// Whether there are more, so that there is a cursor.
    pub more: bool,
}

/// What one operation of a write came to.
enum Done {
    Put,
    Deleted(bool),
    Expired(bool),
    Counted(Counter),
}

impl Model {
    /// The value of a key and what is kept beside it.
    pub fn get(&self, at: &Place, key: &str) -> Verdict<Option<Entry>> {
        legal::refuse([self.deleted(at), legal::key(key)])?;
        Ok(self.found(at, key).cloned())
    }

    /// The values of several keys.
    pub fn get_many(&self, at: &Place, keys: &[String]) -> Verdict<Vec<Option<Entry>>> {
        let faults = [self.deleted(at), legal::key_count(keys.len())];
        legal::refuse(faults.into_iter().chain(keys.iter().map(|key| legal::key(key))))?;
        let found = keys.iter().map(|key| self.found(at, key).cloned()).collect::<Vec<_>>();
        let bytes: u64 = found.iter().flatten().map(|entry| entry.head.size).sum();
        let max = GET_MANY_BYTES_MAX as u64;
        match bytes <= max {
            true => Ok(found),
            false => Err(vec![ErrorKind::TooLarge { of: Subject::Batch, bytes, max }]),
        }
    }

    /// A page of keys.
    pub fn list(&self, at: &Place, options: &ListOptions, after: &After) -> Verdict<Listed> {
        let reverse = options.reverse;
        let is_other = match after {
            After::Nothing => false,
            After::Key { reverse: other, .. } => *other != reverse,
            After::Garbage => true,
        };
        let cursor = is_other.then_some(ErrorKind::InvalidArgument);
        legal::refuse(legal::page(options).chain([self.deleted(at), cursor]))?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (prefix, start) = (text(&options.prefix), text(&options.start));
        let is_within = |name: &str| {
            let is_after = match after {
                After::Key { key, .. } if reverse => name < key.as_str(),
                After::Key { key, .. } => name > key.as_str(),
                _ => true,
            };
            let is_before_end = options.end.as_ref().is_none_or(|end| name < end.as_str());
            name.starts_with(&prefix) && name >= start.as_str() && is_before_end && is_after
        };
        let rows = self.spaces[at.space].rows.iter().filter(|(_, row)| row.is_live(self.now));
        let named = rows.filter_map(|(key, row)| Some((key.strip_prefix(&at.scope)?, row)));
        let shown = named.filter(|(name, _)| !legal::is_no_key(name) && is_within(name));
        let mut keys: Vec<KeyInfo> = shown
            .map(|(name, row)| KeyInfo { name: name.into(), head: row.entry.head.clone() })
            .collect();
        if reverse {
            keys.reverse();
        }
        let limit = options.limit.unwrap_or(1000) as usize;
        let more = keys.len() > limit;
        keys.truncate(limit);
        Ok(Listed { keys, more })
    }

    /// The deletion of a page of keys.
    pub fn delete_page(
        &mut self,
        at: &Place,
        options: &ListOptions,
        after: &After,
    ) -> Verdict<Listed> {
        let listed = self.list(at, options, after)?;
        for key in &listed.keys {
            let row = at.row(&key.name);
            self.spaces[at.space].rows.remove(&row);
        }
        Ok(listed)
    }

    /// A put; `version` names it if it happens.
    pub fn put(
        &mut self,
        at: &Place,
        key: &str,
        value: &Bytes,
        options: &PutOptions,
        version: Version,
    ) -> Verdict<WriteOutcome> {
        let PutOptions { expiration, metadata, condition } = options.clone();
        let put = Operation::Put { key: key.into(), value: value.clone(), expiration, metadata };
        legal::refuse(legal::operation(&put).into_iter().chain([self.deleted(at)]))?;
        let found = self.version(at, key);
        if condition.is_some_and(|condition| !holds(condition, found)) {
            return Ok(WriteOutcome::Conflict(found));
        }
        self.one(at, put, version).map(|_| WriteOutcome::Written(version))
    }

    /// A delete.
    pub fn delete(&mut self, at: &Place, key: &str) -> Verdict<bool> {
        let delete = Operation::Delete { key: key.into() };
        let done = self.one(at, delete, Version::from_u64(0))?;
        Ok(matches!(done, Done::Deleted(true)))
    }

    /// A delete on a condition.
    pub fn delete_if(&mut self, at: &Place, key: &str, version: Version) -> Verdict<DeleteOutcome> {
        legal::refuse([self.deleted(at), legal::key(key)])?;
        let found = self.version(at, key);
        if found != Some(version) {
            return Ok(DeleteOutcome::Conflict(found));
        }
        self.delete(at, key).map(|_| DeleteOutcome::Deleted)
    }

    /// Another expiration; `version` names it if it happens.
    pub fn expire(
        &mut self,
        at: &Place,
        key: &str,
        expiration: Option<Expiration>,
        version: Version,
    ) -> Verdict<Option<Version>> {
        let expire = Operation::Expire { key: key.into(), expiration };
        let done = self.one(at, expire, version)?;
        Ok(matches!(done, Done::Expired(true)).then_some(version))
    }

    /// An addition to a counter; `version` names it if it happens.
    pub fn increment(
        &mut self,
        at: &Place,
        key: &str,
        delta: i64,
        expiration: Option<Expiration>,
        version: Version,
    ) -> Verdict<Counter> {
        let increment = Operation::Increment { key: key.into(), delta, expiration };
        match self.one(at, increment, version)? {
            Done::Counted(counter) => Ok(counter),
            _ => Err(vec![]),
        }
    }

    /// A commit; `version` names it if it happens.
    pub fn commit(
        &mut self,
        at: &Place,
        checks: &[Check],
        operations: &[Operation],
        version: Version,
    ) -> Verdict<CommitOutcome> {
        let faults = legal::commit(checks, operations);
        legal::refuse(faults.into_iter().chain([self.deleted(at)]))?;
        let fails = |check: &Check| !holds(check.condition, self.version(at, &check.key));
        if let Some(check) = checks.iter().position(fails) {
            return Ok(CommitOutcome::Conflict(check));
        }
        let done = self.write(at, operations, version)?;
        let counters = done.into_iter().filter_map(|done| match done {
            Done::Counted(counter) => Some(counter.value),
            _ => None,
        });
        Ok(CommitOutcome::Committed { version, counters: counters.collect() })
    }

    /// Whether a commit would take an operation, whatever the namespace holds.
    pub fn validate(&self, at: &Place, operation: &Operation) -> Verdict<()> {
        let expiration = match operation {
            Operation::Put { expiration, .. }
            | Operation::Increment { expiration, .. }
            | Operation::Expire { expiration, .. } => *expiration,
            Operation::Delete { .. } => None,
        };
        let time = legal::time(expiration, self.now).err().into_iter().flatten().map(Some);
        let faults = legal::operation(operation).into_iter().chain([self.deleted(at)]);
        legal::refuse(faults.chain(time))
    }

    /// What a writer may be opened for.
    pub fn open_writer(&self, at: &Place, key: &str, options: &PutOptions) -> Verdict<()> {
        let faults = legal::metadata(options.metadata.as_deref());
        legal::refuse(faults.into_iter().chain([self.deleted(at), legal::key(key)]))
    }

    /// How large a value may grow.
    pub fn size(bytes: usize) -> Verdict<()> {
        legal::refuse([legal::value(bytes)])
    }

    /// The keys that begin with `prefix`, as a namespace of its own.
    pub fn scoped(&self, at: &Place, prefix: &str) -> Verdict<Place> {
        let scope = at.row(prefix);
        legal::refuse([legal::scope(&scope)])?;
        Ok(Place { space: at.space, scope })
    }

    fn deleted(&self, at: &Place) -> Option<ErrorKind> {
        self.is_deleted(at.space).then_some(ErrorKind::NamespaceDeleted)
    }

    /// The version that a key has now.
    pub fn version(&self, at: &Place, key: &str) -> Option<Version> {
        self.found(at, key).map(|entry| entry.head.version)
    }

    fn found(&self, at: &Place, key: &str) -> Option<&Entry> {
        found(&self.spaces[at.space].rows, self.now, &at.row(key))
    }

    fn one(&mut self, at: &Place, operation: Operation, version: Version) -> Verdict<Done> {
        legal::refuse(legal::operation(&operation).into_iter().chain([self.deleted(at)]))?;
        self.write(at, &[operation], version)?.pop().ok_or(vec![])
    }

    /// Does all of the operations, or nothing when one is refused or their sum is above the quota.
    fn write(
        &mut self,
        at: &Place,
        operations: &[Operation],
        version: Version,
    ) -> Verdict<Vec<Done>> {
        let mut rows = self.spaces[at.space].rows.clone();
        let done = operations.iter().map(|of| operate(&mut rows, self.now, at, of, version));
        let done = done.collect::<Verdict<_>>()?;
        self.expect_room(at, &rows, version != NOT_WRITTEN)?;
        self.spaces[at.space].rows = rows;
        Ok(done)
    }

    /// Refuses what brings a namespace above its quota, and not closer to it. What has expired is
    /// freed first, or else counts on both sides: then `was_written` says which it was.
    fn expect_room(&self, at: &Place, to: &Rows, was_written: bool) -> Verdict<()> {
        let Space { quota, rows, .. } = &self.spaces[at.space];
        let (from, to) = (usage(rows, self.now), usage(to, self.now));
        let is_above = |max: Option<u64>, from, to| max.is_some_and(|max| to > max && to > from);
        let faults = [
            is_above(quota.keys, from.0, to.0).then_some(ErrorKind::QuotaKeys),
            is_above(quota.bytes, from.1, to.1).then_some(ErrorKind::QuotaBytes),
        ];
        let has_expired = rows.values().any(|row| !row.is_live(self.now));
        if has_expired && was_written { Ok(()) } else { legal::refuse(faults) }
    }
}

/// Keys and bytes that are there.
fn usage(rows: &Rows, now: u64) -> (u64, u64) {
    let live = rows.iter().filter(|(_, row)| row.is_live(now));
    live.fold((0, 0), |(keys, bytes), (key, row)| (keys + 1, bytes + row.bytes(key)))
}

impl Place {
    /// The whole key.
    fn row(&self, key: &str) -> String {
        format!("{}{key}", self.scope)
    }
}

fn found<'r>(rows: &'r Rows, now: u64, row: &str) -> Option<&'r Entry> {
    rows.get(row).filter(|row| row.is_live(now)).map(|row| &row.entry)
}

fn holds(condition: Condition, found: Option<Version>) -> bool {
    match condition {
        Condition::Absent => found.is_none(),
        Condition::Present => found.is_some(),
        Condition::Version(version) => found == Some(version),
    }
}

/// Does one operation, or nothing when it is refused. What has expired stays beside what a delete
/// finds absent, since it may be freed or not.
fn operate(
    rows: &mut Rows,
    now: u64,
    at: &Place,
    operation: &Operation,
    version: Version,
) -> Verdict<Done> {
    let row = at.row(operation.key());
    let found = found(rows, now, &row).cloned();
    let mut put = |value: Bytes, head: Head| {
        let head = Head { version, size: value.len() as u64, ..head };
        rows.insert(row.clone(), Row { entry: Entry { value, head }, in_doubt: false });
    };
    let head = Head { version, expiration: None, metadata: None, size: 0 };
    match operation {
        Operation::Put { value, expiration, metadata, .. } => {
            let expiration = legal::time(*expiration, now)?;
            let metadata = metadata.as_deref().map(Into::into);
            put(value.clone(), Head { expiration, metadata, ..head });
            Ok(Done::Put)
        }
        Operation::Delete { .. } => {
            if found.is_some() {
                rows.remove(&row);
            }
            Ok(Done::Deleted(found.is_some()))
        }
        Operation::Expire { expiration, .. } => {
            let expiration = legal::time(*expiration, now)?;
            let Some(Entry { value, head }) = found else { return Ok(Done::Expired(false)) };
            put(value, Head { expiration, ..head });
            Ok(Done::Expired(true))
        }
        Operation::Increment { delta, expiration, .. } => {
            let begins = legal::time(*expiration, now)?;
            let (count, head) = match found {
                None => (Some(0), Head { expiration: begins, ..head }),
                Some(entry) => (counter(&entry.value), entry.head),
            };
            let sum = count.and_then(|count| count.checked_add(*delta));
            let value = sum.ok_or(vec![ErrorKind::NotACounter])?;
            let expiration = head.expiration;
            put(value.to_string().into(), head);
            Ok(Done::Counted(Counter { value, expiration, version }))
        }
    }
}

/// `-?(0|[1-9][0-9]*)`, in 64 bits.
fn counter(value: &[u8]) -> Option<i64> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let leads = digits.first()?;
    let is_canonical = *leads != b'0' || digits.len() == 1;
    let is_decimal = is_canonical && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| is_decimal)?.parse().ok()
}
