//! What a case runs against: one way to a namespace.

use crate::{Error, Result};
use bytes::Bytes;
use larder_store::{
    Check, CommitOutcome, DeleteOutcome, Expiration, ListOptions, ManualClock, Operation,
    PutOptions, Version, WriteOutcome,
};
use std::time::Duration;

/// Where a subject's clock stands at first: within a second, so that rounding shows.
pub const START_MS: u64 = START_SECONDS * 1000 + 250;
/// The second that has begun at [`START_MS`].
pub const START_SECONDS: u64 = 1_800_000_000;

/// The operations of `larder:kv/store.namespace` on a namespace that is empty at first, and a hand
/// on what is around it.
pub trait Subject: Send {
    fn get(&self, key: &str) -> Result<Option<Bytes>>;
    fn get_entry(&self, key: &str) -> Result<Option<Entry>>;
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>>;
    fn head(&self, key: &str) -> Result<Option<KeyInfo>>;
    fn put(&self, key: &str, value: &[u8]) -> Result<Version>;
    fn put_with(&self, key: &str, value: &[u8], options: PutOptions) -> Result<WriteOutcome>;
    fn delete(&self, key: &str) -> Result<bool>;
    fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome>;
    fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<Option<Version>>;
    fn increment(&self, key: &str, delta: i64, expiration: Option<Expiration>) -> Result<Counter>;
    fn list(&self, options: &ListOptions) -> Result<Page>;
    fn commit(&self, checks: Vec<Check>, operations: Vec<Operation>) -> Result<CommitOutcome>;
    fn open_reader(&self, key: &str) -> Result<Option<Box<dyn PieceReader + '_>>>;
    fn open_writer(&self, key: &str, options: PutOptions) -> Result<Box<dyn PieceWriter + '_>>;

    /// The time by which the store and the guest live.
    fn clock(&self) -> &ManualClock;

    /// The same way to a namespace of this store, created if need be, to be used from this or
    /// another thread. This subject's own is [`MAIN`]. A prefix is invisible from within.
    fn open(&self, title: &str, prefix: &str) -> Box<dyn Subject>;

    /// Deletes the namespace of that title, as an operator does.
    fn delete_namespace(&self, title: &str);
}

/// The title of the namespace that a fresh subject is on.
pub const MAIN: &str = "main";

/// `larder:kv/store.reader`.
pub trait PieceReader {
    fn info(&self) -> KeyInfo;
    fn read(&self, offset: u64, max: u32) -> Result<Bytes>;
}

/// `larder:kv/store.writer`.
pub trait PieceWriter {
    fn write(&mut self, chunk: &[u8]) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<WriteOutcome>;
}

/// `larder:kv/store.entry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub value: Bytes,
    /// Unix time in seconds, rounded up, here and below.
    pub expiration: Option<u64>,
    pub metadata: Option<String>,
    pub version: Version,
}

/// `larder:kv/store.key-info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub name: String,
    pub expiration: Option<u64>,
    pub metadata: Option<String>,
    pub version: Version,
    pub size: u64,
}

/// `larder:kv/store.counter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub value: i64,
    pub expiration: Option<u64>,
    pub version: Version,
}

/// `larder:kv/store.list-page`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub keys: Vec<KeyInfo>,
    pub cursor: Option<String>,
}

impl Page {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.name.as_str()).collect()
    }
}

/// What cases say again and again.
impl dyn Subject + '_ {
    /// Puts a value of one byte under each key.
    pub(crate) fn fill<'k>(&self, keys: impl IntoIterator<Item = &'k str>) {
        for key in keys {
            self.put(key, b"v").unwrap();
        }
    }

    /// Puts under a condition that must hold, or none.
    pub(crate) fn written(&self, key: &str, value: &[u8], options: PutOptions) -> Version {
        match self.put_with(key, value, options).unwrap() {
            WriteOutcome::Written(version) => version,
            WriteOutcome::Conflict(found) => panic!("a conflict with {found:?}"),
        }
    }

    /// Commits operations without checks.
    pub(crate) fn committed(&self, operations: Vec<Operation>) -> (Version, Vec<i64>) {
        match self.commit(vec![], operations).unwrap() {
            CommitOutcome::Committed { version, counters } => (version, counters),
            CommitOutcome::Conflict(check) => panic!("check {check} of none did not hold"),
        }
    }

    /// The value as text; none when the key is absent.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let value = self.get(key).unwrap()?;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    pub(crate) fn entry(&self, key: &str) -> Entry {
        self.get_entry(key).unwrap().unwrap()
    }

    /// The names on the first page.
    pub(crate) fn names(&self, options: &ListOptions) -> Vec<String> {
        self.list(options).unwrap().keys.into_iter().map(|key| key.name).collect()
    }

    /// The names on every page, by the cursors.
    pub(crate) fn pages(&self, options: &ListOptions) -> Vec<Vec<String>> {
        let mut options = options.clone();
        let mut pages = Vec::new();
        loop {
            let page = self.list(&options).unwrap();
            pages.push(page.keys.into_iter().map(|key| key.name).collect());
            assert!(pages.len() < 1000, "a listing without end");
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                return pages;
            }
        }
    }

    pub(crate) fn wait_ms(&self, ms: u64) {
        self.clock().advance(Duration::from_millis(ms));
    }
}

/// Finishes a writer whose condition must hold, or that has none.
pub(crate) fn finished(writer: Box<dyn PieceWriter + '_>) -> Version {
    match writer.finish().unwrap() {
        WriteOutcome::Written(version) => version,
        WriteOutcome::Conflict(found) => panic!("a conflict with {found:?}"),
    }
}

/// That something was refused as an illegal argument, in words that name `values`.
#[track_caller]
pub(crate) fn assert_invalid<T: std::fmt::Debug>(result: Result<T>, values: &[&str]) {
    match result {
        Err(Error::InvalidArgument(text)) => {
            for value in values {
                assert!(text.contains(value), "{text:?} does not name {value}");
            }
        }
        other => panic!("not refused as an illegal argument: {other:?}"),
    }
}
