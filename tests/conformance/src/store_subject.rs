//! The store itself, as a host application uses it.

use crate::subject::MAIN;
use crate::{
    Counter, Entry, Error, KeyInfo, Limited, Page, PieceReader, PieceWriter, Result, Subject,
};
use bytes::Bytes;
use larder_store::{
    BlockingNamespace, BlockingReader, BlockingWriter, Check, CommitOutcome, DeleteOutcome,
    Expiration, Larder, ListOptions, ManualClock, Operation, PutOptions, Version, WriteOutcome,
};
use std::any::Any;
use std::sync::Arc;

/// A namespace through the Rust API of `larder-store`.
pub struct StoreSubject {
    larder: Larder,
    clock: Arc<ManualClock>,
    namespace: BlockingNamespace,
    /// Where the store lies, for as long as it is open.
    directory: Arc<dyn Any + Send + Sync>,
}

impl StoreSubject {
    /// A store that has no namespace yet, and its clock. `directory` is dropped after it.
    pub fn new(larder: Larder, clock: Arc<ManualClock>, directory: impl Any + Send + Sync) -> Self {
        let namespace = larder.blocking().create_namespace(MAIN).unwrap().blocking();
        Self { larder, clock, namespace, directory: Arc::new(directory) }
    }
}

impl Subject for StoreSubject {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.namespace.get(key)?)
    }

    fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        Ok(self.namespace.get_entry(key)?.map(Entry::from))
    }

    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
        let entries = self.namespace.get_many(keys)?;
        Ok(entries.into_iter().map(|entry| entry.map(Entry::from)).collect())
    }

    fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        Ok(self.namespace.head(key)?.map(KeyInfo::from))
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<Version> {
        Ok(self.namespace.put(key, Bytes::copy_from_slice(value))?)
    }

    fn put_with(&self, key: &str, value: &[u8], options: PutOptions) -> Result<WriteOutcome> {
        Ok(self.namespace.put_with(key, Bytes::copy_from_slice(value), options)?)
    }

    fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.namespace.delete(key)?)
    }

    fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome> {
        Ok(self.namespace.delete_if(key, version)?)
    }

    fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<Option<Version>> {
        Ok(self.namespace.expire(key, expiration)?)
    }

    fn increment(&self, key: &str, delta: i64, expiration: Option<Expiration>) -> Result<Counter> {
        Ok(self.namespace.increment(key, delta, expiration)?.into())
    }

    fn list(&self, options: &ListOptions) -> Result<Page> {
        let page = self.namespace.list(options)?;
        Ok(Page { keys: page.keys.into_iter().map(KeyInfo::from).collect(), cursor: page.cursor })
    }

    fn commit(&self, checks: Vec<Check>, operations: Vec<Operation>) -> Result<CommitOutcome> {
        Ok(self.namespace.commit(checks, operations)?)
    }

    fn open_reader(&self, key: &str) -> Result<Option<Box<dyn PieceReader + '_>>> {
        Ok(self.namespace.open_reader(key)?.map(|reader| Box::new(reader) as _))
    }

    fn open_writer(&self, key: &str, options: PutOptions) -> Result<Box<dyn PieceWriter + '_>> {
        Ok(Box::new(self.namespace.open_writer(key, options)?))
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    fn open(&self, title: &str, prefix: &str) -> Box<dyn Subject> {
        let namespace = self.larder.blocking().open_or_create(title).unwrap();
        Box::new(Self {
            larder: self.larder.clone(),
            clock: self.clock.clone(),
            namespace: namespace.scoped(prefix).unwrap().blocking(),
            directory: self.directory.clone(),
        })
    }

    fn delete_namespace(&self, title: &str) {
        self.larder.blocking().delete_namespace(title).unwrap();
    }
}

impl PieceReader for BlockingReader {
    fn info(&self) -> KeyInfo {
        self.info().clone().into()
    }

    fn read(&self, offset: u64, max: u32) -> Result<Bytes> {
        Ok(self.read(offset, max as usize)?)
    }
}

impl PieceWriter for BlockingWriter {
    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        Ok(self.write(chunk)?)
    }

    fn finish(self: Box<Self>) -> Result<WriteOutcome> {
        Ok((*self).finish()?)
    }
}

impl From<larder_store::Entry> for Entry {
    fn from(larder_store::Entry { value, head }: larder_store::Entry) -> Self {
        assert_eq!(head.size, value.len() as u64);
        Self {
            value,
            expiration: head.expiration.map(|at| at.as_secs_ceil()),
            metadata: head.metadata.map(|json| json.to_string()),
            version: head.version,
        }
    }
}

impl From<larder_store::KeyInfo> for KeyInfo {
    fn from(larder_store::KeyInfo { name, head }: larder_store::KeyInfo) -> Self {
        Self {
            name,
            expiration: head.expiration.map(|at| at.as_secs_ceil()),
            metadata: head.metadata.map(|json| json.to_string()),
            version: head.version,
            size: head.size,
        }
    }
}

impl From<larder_store::Counter> for Counter {
    fn from(counter: larder_store::Counter) -> Self {
        let larder_store::Counter { value, expiration, version } = counter;
        Self { value, expiration: expiration.map(|at| at.as_secs_ceil()), version }
    }
}

impl From<larder_store::Error> for Error {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what no case can provoke")]
    fn from(error: larder_store::Error) -> Self {
        use larder_store::Error as E;
        let too_large = |of, bytes, bytes_max| Self::TooLarge { of, bytes, bytes_max };
        match error {
            E::KeyTooLong { bytes, max } => too_large(Limited::Key, bytes, max),
            E::ValueTooLarge { bytes, max } => too_large(Limited::Value, bytes, max),
            E::MetadataTooLarge { bytes, max } => too_large(Limited::Metadata, bytes, max),
            E::BatchTooLarge { bytes, max } => too_large(Limited::Batch, bytes, max),
            E::NotACounter | E::CounterOverflow { .. } => Self::NotACounter,
            E::NamespaceDeleted => Self::NoSuchBinding,
            E::KeyEmpty
            | E::KeyReserved { .. }
            | E::MetadataNotJson { .. }
            | E::KeyCount { .. }
            | E::OperationCount { .. }
            | E::LimitOutOfRange { .. }
            | E::CursorInvalid { .. }
            | E::TtlZero
            | E::ExpirationPassed { .. }
            | E::ExpirationTooFar
            | E::ReadZero => Self::InvalidArgument(error.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}
