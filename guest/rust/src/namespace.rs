//! The operations on keys.

use crate::bindings::store as wit;
use crate::iterate::{Entries, Keys};
use crate::{
    Commit, CommitOutcome, Counter, DeleteOutcome, Entry, Error, Expiration, KeyInfo, List,
    ListPage, Put, Reader, Result, Version, WriteOutcome, Writer, bindings,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A namespace that the host has bound for this component.
///
/// A key is 1 to 512 bytes of UTF-8, not `.` or `..`; a value has at most 26,214,400 bytes. What
/// is outside a limit is [`Error::TooLarge`] or [`Error::InvalidArgument`].
#[derive(Debug)]
pub struct Namespace(wit::Namespace);

impl Namespace {
    /// The namespace that is bound under a name; [`Error::NoSuchBinding`] lists the names that are.
    pub fn open(binding: &str) -> Result<Self> {
        let opened = wit::Namespace::open(binding);
        opened.map(Self).map_err(|error| Error::of_open(error, binding, bindings()))
    }

    /// The value of a key; `None` when there is no such key.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(key).map_err(Error::from_wit)
    }

    /// The value of a key, read as JSON; `None` when there is no such key,
    /// [`Error::ValueNotJson`] when it is something else.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value = self.get(key)?;
        let parsed = value.map(|value| serde_json::from_slice(&value)).transpose();
        parsed.map_err(|source| Error::ValueNotJson { key: key.to_owned(), source })
    }

    /// The value of a key with everything that is kept beside it.
    pub fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        let entry = self.0.get_entry(key).map_err(Error::from_wit)?;
        Ok(entry.map(Entry::from_wit))
    }

    /// Up to 100 keys at once, with at most 25 MiB of values in all. The answers stand in the order
    /// of the keys, each for itself also where a key is named twice.
    pub fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<Entry>>> {
        let keys: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        let entries = self.0.get_many(&keys).map_err(Error::from_wit)?;
        Ok(entries.into_iter().map(|entry| entry.map(Entry::from_wit)).collect())
    }

    /// A key with everything but its value; `None` when there is no such key.
    pub fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        let info = self.0.head(key).map_err(Error::from_wit)?;
        Ok(info.map(KeyInfo::from_wit))
    }

    /// Writes a key that never expires and has no metadata, whatever was there before.
    pub fn put(&self, key: &str, value: impl AsRef<[u8]>) -> Result<Version> {
        self.0.put(key, value.as_ref()).map(Version::from_u64).map_err(Error::from_wit)
    }

    /// Writes a key whose value is JSON, as [`Namespace::put`] does.
    pub fn put_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<Version> {
        self.put(key, as_json(value)?)
    }

    /// Writes a key, if the condition holds, replacing value, metadata and expiration together.
    pub fn put_with(
        &self,
        key: &str,
        value: impl AsRef<[u8]>,
        options: Put,
    ) -> Result<WriteOutcome> {
        let outcome = self.0.put_with(key, value.as_ref(), options.to_wit());
        outcome.map(WriteOutcome::from_wit).map_err(Error::from_wit)
    }

    /// Writes a key whose value is JSON, as [`Namespace::put_with`] does.
    pub fn put_json_with<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
        options: Put,
    ) -> Result<WriteOutcome> {
        self.put_with(key, as_json(value)?, options)
    }

    /// Deletes a key; whether there was one.
    pub fn delete(&self, key: &str) -> Result<bool> {
        self.0.delete(key).map_err(Error::from_wit)
    }

    /// Deletes a key if that write made it what it is.
    pub fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome> {
        let outcome = self.0.delete_if(key, version.as_u64());
        outcome.map(DeleteOutcome::from_wit).map_err(Error::from_wit)
    }

    /// Changes the expiration of a key alone (`None` is never); value and metadata stay. The new
    /// version, or `None` when there is no such key.
    pub fn expire(
        &self,
        key: &str,
        expiration: impl Into<Option<Expiration>>,
    ) -> Result<Option<Version>> {
        let version = self.0.expire(key, expiration.into().map(Expiration::to_wit));
        Ok(version.map_err(Error::from_wit)?.map(Version::from_u64))
    }

    /// Adds to a counter, in one step that no other write can come between.
    ///
    /// A counter is decimal text, `-?(0|[1-9][0-9]*)`, of 64 bits with its sign; absent counts as 0;
    /// otherwise [`Error::NotACounter`]. The expiration is that of a counter which begins here;
    /// one that exists keeps its expiration and metadata. So a limit per minute is:
    ///
    /// ```no_run
    /// use larder_guest::{Expiration, Namespace};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), larder_guest::Error> {
    /// const MINUTE: Expiration = Expiration::Ttl(Duration::from_secs(60));
    ///
    /// let limits = Namespace::open("LIMITS")?;
    /// let requests = limits.increment("limit:192.0.2.7", 1, MINUTE)?;
    /// if requests.value > 100 {
    ///     println!("Retry-After: {}", requests.retry_after().unwrap_or(1));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn increment(
        &self,
        key: &str,
        delta: i64,
        expiration: impl Into<Option<Expiration>>,
    ) -> Result<Counter> {
        let counter = self.0.increment(key, delta, expiration.into().map(Expiration::to_wit));
        counter.map(Counter::from_wit).map_err(Error::from_wit)
    }

    /// A page of keys in byte order, or its reverse, without their values.
    pub fn list(&self, list: &List) -> Result<ListPage> {
        self.0.list(list.to_wit()).map(ListPage::from_wit).map_err(Error::from_wit)
    }

    /// The keys that begin with a prefix, or those of a [`List`], over all pages of the listing; a
    /// limit is that of a page. Keys that are written or deleted meanwhile may be seen or not.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), larder_guest::Error> {
    /// # let sessions = larder_guest::Namespace::open("SESSIONS")?;
    /// for key in sessions.keys("session:") {
    ///     println!("{}", key?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self, list: impl Into<List>) -> Keys<'_> {
        Keys::new(self, list.into())
    }

    /// The keys that begin with a prefix, or those of a [`List`], with their entries. It reads
    /// them in batches of at most 100 keys and 4 MiB, or of a single value that is larger.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), larder_guest::Error> {
    /// # let flags = larder_guest::Namespace::open("FLAGS")?;
    /// for entry in flags.entries("flag:") {
    ///     let (name, entry) = entry?;
    ///     println!("{name} = {}", String::from_utf8_lossy(&entry.value));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn entries(&self, list: impl Into<List>) -> Entries<'_> {
        Entries::new(self, list.into())
    }

    /// Several keys in one step: all checks hold and all operations happen, or none does.
    pub fn commit(&self, commit: &Commit) -> Result<CommitOutcome> {
        let outcome = self.0.commit(&commit.checks_to_wit(), &commit.operations_to_wit());
        outcome.map(CommitOutcome::from_wit).map_err(Error::from_wit)
    }

    /// A value to be read in pieces; `None` when there is no such key.
    pub fn open_reader(&self, key: &str) -> Result<Option<Reader>> {
        let handle = self.0.open_reader(key).map_err(Error::from_wit)?;
        Ok(handle.map(Reader::new))
    }

    /// A value to be written in pieces. Only [`Writer::finish`] makes it visible.
    pub fn open_writer(&self, key: &str, options: Put) -> Result<Writer> {
        self.0.open_writer(key, options.to_wit()).map(Writer::new).map_err(Error::from_wit)
    }
}

fn as_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|source| Error::NotSerializable { source })
}
