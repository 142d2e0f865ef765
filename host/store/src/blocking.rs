//! The same operations for code that does not await. They may be called anywhere, within a tokio
//! runtime too, but hold up the thread they are called on.

use crate::{
    Check, CommitOutcome, Counter, DeleteOutcome, Entry, Expiration, KeyInfo, Larder, ListOptions,
    ListPage, Namespace, NamespaceInfo, Operation, PutOptions, Quota, Result, Version,
    WriteOutcome, Writer,
    engine::{BackedUp, CheckReport, Compacted, Swept},
};
use bytes::Bytes;
use pollster::block_on;
use std::path::Path;

/// A blocking twin of each method, documented where the twin is.
macro_rules! twins {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $result:ty;)*) => {$(
        #[doc = concat!("Waits for the method `", stringify!($name), "` of the same name.")]
        pub fn $name(&self $(, $argument: $type)*) -> Result<$result> {
            block_on(self.0.$name($($argument),*))
        }
    )*};
}

/// A [`Namespace`] whose operations wait for their answer.
#[derive(Clone, Debug)]
pub struct BlockingNamespace(Namespace);

impl BlockingNamespace {
    pub(crate) fn new(namespace: Namespace) -> Self {
        Self(namespace)
    }

    twins! {
        fn info(&self) -> NamespaceInfo;
        fn get(&self, key: &str) -> Option<Bytes>;
        fn get_entry(&self, key: &str) -> Option<Entry>;
        fn head(&self, key: &str) -> Option<KeyInfo>;
        fn put(&self, key: &str, value: impl Into<Bytes>) -> Version;
        fn put_with(&self, key: &str, value: impl Into<Bytes>, options: PutOptions) -> WriteOutcome;
        fn delete(&self, key: &str) -> bool;
        fn delete_if(&self, key: &str, version: Version) -> DeleteOutcome;
        fn expire(&self, key: &str, expiration: Option<Expiration>) -> Option<Version>;
        fn increment(&self, key: &str, delta: i64, expiration: Option<Expiration>) -> Counter;
        fn list(&self, options: &ListOptions) -> ListPage;
        fn commit(&self, checks: Vec<Check>, operations: Vec<Operation>) -> CommitOutcome;
    }

    /// Waits for the method `get_many` of the same name.
    pub fn get_many<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<Entry>>> {
        block_on(self.0.get_many(keys))
    }

    /// Waits for the method `open_reader` of the same name.
    pub fn open_reader(&self, key: &str) -> Result<Option<BlockingReader>> {
        Ok(block_on(self.0.open_reader(key))?.map(BlockingReader))
    }

    /// The method `open_writer` of the same name.
    pub fn open_writer(&self, key: &str, options: PutOptions) -> Result<BlockingWriter> {
        self.0.open_writer(key, options).map(BlockingWriter)
    }
}

/// A [`Reader`](crate::Reader) whose reads wait for their answer.
#[derive(Clone, Debug)]
pub struct BlockingReader(crate::Reader);

impl BlockingReader {
    /// The key as it was when the reader was opened.
    pub fn info(&self) -> &KeyInfo {
        self.0.info()
    }

    twins! {
        fn read(&self, offset: u64, max: usize) -> Bytes;
    }
}

/// A [`Writer`] whose writes wait for their answer.
#[derive(Debug)]
pub struct BlockingWriter(Writer);

impl BlockingWriter {
    /// Waits for the method `write` of the same name.
    pub fn write(&mut self, chunk: &[u8]) -> Result<()> {
        block_on(self.0.write(chunk))
    }

    /// Waits for the method `finish` of the same name.
    pub fn finish(self) -> Result<WriteOutcome> {
        block_on(self.0.finish())
    }
}

/// A [`Larder`] whose operations wait for their answer.
#[derive(Clone, Debug)]
pub struct BlockingLarder(Larder);

impl BlockingLarder {
    pub(crate) fn new(larder: Larder) -> Self {
        Self(larder)
    }

    twins! {
        fn namespaces(&self) -> Vec<NamespaceInfo>;
        fn namespace(&self, title: &str) -> Option<Namespace>;
        fn namespace_by_id(&self, id: &str) -> Option<Namespace>;
        fn create_namespace(&self, title: &str) -> Namespace;
        fn create_namespace_with_id(&self, title: &str, id: &str) -> Namespace;
        fn open_or_create(&self, title: &str) -> Namespace;
        fn rename_namespace(&self, title: &str, new_title: &str) -> ();
        fn set_quota(&self, title: &str, quota: Quota) -> ();
        fn delete_namespace(&self, title: &str) -> ();
        fn sweep(&self) -> Swept;
        fn check(&self) -> CheckReport;
        fn backup(&self, directory: impl AsRef<Path>) -> BackedUp;
        fn compact(&self) -> Compacted;
        fn flush(&self) -> ();
        fn close(&self) -> ();
    }

    /// Waits for the method `backup_with` of the same name.
    pub fn backup_with(
        &self,
        directory: impl AsRef<Path>,
        progress: impl Fn(BackedUp) + Send + 'static,
    ) -> Result<BackedUp> {
        block_on(self.0.backup_with(directory, progress))
    }
}
