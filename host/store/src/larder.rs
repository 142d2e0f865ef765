//! An open store and its namespaces.

use crate::engine::memory::MemoryEngine;
use crate::engine::redb::RedbEngine;
use crate::engine::{
    BackedUp, CheckReport, Compacted, Engine, NamespaceRecord, NamespaceRequest, Swept,
};
use crate::key::{NamespaceNumber, Scope};
use crate::pieces::OpenValues;
use crate::{BlockingLarder, Clock, Error, Namespace, Quota, Result, SystemClock};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// An open store: a directory, or memory alone.
///
/// Cheap to clone; the store closes when the last clone and the last [`Namespace`] are gone, or
/// at [`Larder::close`].
#[derive(Clone)]
pub struct Larder {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    /// By namespace, what its handles share.
    handles: Mutex<HashMap<NamespaceNumber, Weak<Shared>>>,
}

/// What the handles on a namespace share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Whether it has been deleted.
    pub(crate) deleted: Arc<AtomicBool>,
    /// Bytes that writers in pieces hold and have not finished.
    pub(crate) unfinished_bytes: AtomicU64,
    /// Values that readers in pieces keep on disk.
    pub(crate) open_values: OpenValues,
}

impl fmt::Debug for Larder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Larder").finish_non_exhaustive()
    }
}

/// A namespace as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceInfo {
    /// What bindings hold; it stays when the namespace is renamed.
    pub id: Arc<str>,
    /// What people call it.
    pub title: Arc<str>,
    /// Its keys, with those that have expired and not been swept yet.
    pub keys: u64,
    /// Bytes of its keys, metadata and values, likewise.
    pub bytes: u64,
    /// How much of both it may have.
    pub quota: Quota,
}

impl From<NamespaceRecord> for NamespaceInfo {
    fn from(record: NamespaceRecord) -> Self {
        let NamespaceRecord { number: _, id, title, keys, bytes, quota } = record;
        Self { id, title, keys, bytes, quota }
    }
}

/// What an answered write has survived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// An answered write is on disk: it survives `kill -9` and the loss of power.
    #[default]
    Full,
    /// A write is answered and visible before it is on disk, where it is at most
    /// [`RELAXED_WINDOW_MS`](crate::engine::redb::RELAXED_WINDOW_MS) later, or what the disk takes
    /// longer than half of that for a sync. A kill, a loss of
    /// power or a disk that fails loses at most the writes of that window, the last ones first;
    /// what is left is whole, and no version is used twice. Where there are no threads (wasm), a
    /// write is on disk with the next operation after that time, a flush or the close.
    Relaxed,
}

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    pub(crate) create: bool,
    pub(crate) durability: Durability,
    pub(crate) cache_bytes: usize,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            create: true,
            durability: Durability::Full,
            cache_bytes: 256 << 20,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Options {
    /// Creates the store if there is none; full durability, 256 MiB of cache, the system's clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to create the store when the directory holds none; else that is
    /// [`Error::NotFound`]. Yes by default.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// What an answered write has survived; [`Durability::Full`] by default.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Memory for what was read and may be read again, in bytes; 256 MiB by default.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Where the time comes from, for TTLs and expiry; [`SystemClock`] by default.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Opens the store in `directory`.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another process has it open, [`Error::NotFound`], and where the
    /// files are not a store of this format [`Error::Foreign`] or [`Error::FormatUnsupported`],
    /// which leave them as they are.
    pub fn open(self, directory: impl AsRef<Path>) -> Result<Larder> {
        let clock = self.clock.clone();
        let engine = RedbEngine::open(directory.as_ref(), self)?;
        Ok(Larder::over(Arc::new(engine), clock))
    }

    /// Opens the store on a disk of your own, which is empty or holds one: `file` opens the one file
    /// that is everything, and opens it again after each failure. So a test can be the disk. It is
    /// made where there is none, and that nobody else has it is your care.
    pub fn open_on<B: redb::StorageBackend>(
        self,
        file: impl Fn() -> io::Result<B> + Clone + Send + Sync + 'static,
    ) -> Result<Larder> {
        let clock = self.clock.clone();
        let engine = RedbEngine::open_on(file, self)?;
        Ok(Larder::over(Arc::new(engine), clock))
    }

    /// A store in memory, empty at first and gone with the last handle on it.
    pub fn in_memory(self) -> Larder {
        let engine = MemoryEngine::new(self.clock.clone());
        Larder::over(Arc::new(engine), self.clock)
    }
}

impl Larder {
    /// Opens the store in `directory`, creating it if there is none; see [`Options`] for more.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self> {
        Options::new().open(directory)
    }

    /// A store in memory, empty at first and gone with the last handle on it.
    pub fn in_memory() -> Self {
        Options::new().in_memory()
    }

    /// A store over an engine of your own. `clock` must be the engine's.
    pub fn over(engine: Arc<dyn Engine>, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { engine, clock, handles: Mutex::default() }) }
    }

    /// Where the store has its time from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The directory that holds the store, as it was opened; none for a store in memory.
    pub fn directory(&self) -> Option<PathBuf> {
        self.inner.engine.directory().map(Path::to_owned)
    }

    /// The same operations for code that does not await.
    pub fn blocking(&self) -> BlockingLarder {
        BlockingLarder::new(self.clone())
    }

    /// Every namespace, in the order of their titles.
    pub async fn namespaces(&self) -> Result<Vec<NamespaceInfo>> {
        let records = self.inner.engine.namespaces().wait().await?;
        Ok(records.into_iter().map(NamespaceInfo::from).collect())
    }

    /// The namespace of that title.
    pub async fn namespace(&self, title: &str) -> Result<Option<Namespace>> {
        self.found(self.inner.engine.namespace_by_title(title).wait().await?).await
    }

    /// The namespace of that id.
    pub async fn namespace_by_id(&self, id: &str) -> Result<Option<Namespace>> {
        self.found(self.inner.engine.namespace_by_id(id).wait().await?).await
    }

    /// A new namespace; [`Error::NamespaceExists`] when the title is taken. A title is 1 to 512
    /// bytes of UTF-8 without control characters; the id is chosen at random.
    pub async fn create_namespace(&self, title: &str) -> Result<Namespace> {
        self.create(NamespaceRequest::create(title, None)?).await
    }

    /// A new namespace with an id of your own: 1 to 64 ASCII letters, digits, `-` and `_`.
    pub async fn create_namespace_with_id(&self, title: &str, id: &str) -> Result<Namespace> {
        self.create(NamespaceRequest::create(title, Some(id))?).await
    }

    /// The namespace of that title, created if there is none. Of several that call this at once,
    /// one creates it and all get the same.
    pub async fn open_or_create(&self, title: &str) -> Result<Namespace> {
        loop {
            if let Some(namespace) = self.namespace(title).await? {
                return Ok(namespace);
            }
            match self.create_namespace(title).await {
                Err(Error::NamespaceExists { .. }) => {}
                result => return result,
            }
        }
    }

    /// Gives a namespace another title. Its id and its handles stay.
    pub async fn rename_namespace(&self, title: &str, new_title: &str) -> Result<()> {
        let number = self.number_of(title).await?;
        let request = NamespaceRequest::rename(number, new_title)?;
        self.inner.engine.change_namespaces(request).wait().await.map(drop)
    }

    /// Says how much a namespace may hold from now on, whoever writes to it.
    pub async fn set_quota(&self, title: &str, quota: Quota) -> Result<()> {
        let number = self.number_of(title).await?;
        let request = NamespaceRequest::SetQuota { number, quota: quota.as_kept() };
        self.inner.engine.change_namespaces(request).wait().await.map(drop)
    }

    /// Deletes a namespace with everything in it. The title is free at once and its handles answer
    /// [`Error::NamespaceDeleted`]; the space is freed in small batches in the background, going
    /// on after a restart.
    pub async fn delete_namespace(&self, title: &str) -> Result<()> {
        let number = self.number_of(title).await?;
        let request =
            NamespaceRequest::Delete { number, deleted: self.shared(number).deleted.clone() };
        self.inner.engine.change_namespaces(request).wait().await.map(drop)
    }

    /// Frees what is expired, deleted or left over now, instead of in due course.
    pub async fn sweep(&self) -> Result<Swept> {
        self.inner.engine.sweep().wait().await
    }

    /// Reads the whole store and says what is not as it was written, entry by entry.
    pub async fn check(&self) -> Result<CheckReport> {
        self.inner.engine.check().wait().await
    }

    /// The same for a store that nobody has open, by reading alone: one whose pages are damaged is
    /// not opened, and this says which entries are.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Locked`], [`Error::Foreign`] and [`Error::FormatUnsupported`] as
    /// when it is opened; [`Error::Corrupt`] when nothing of it can be read.
    pub fn inspect(directory: impl AsRef<Path>) -> Result<CheckReport> {
        RedbEngine::inspect(directory.as_ref())
    }

    /// Copies the store, as it is now, to a new one in `directory`, which
    /// [`open`](Larder::open)s like any other and is read back and checked before it is one. Reads
    /// and writes go on meanwhile and the copy has none of them; [`compact`](Larder::compact) is
    /// refused. It is written on a thread of its own, in transactions of about 8 MiB, so that memory
    /// does not grow with the store. Dropping the future gives the copy up.
    ///
    /// Everything is kept: ids, titles, keys, values, metadata, expirations, versions. What is
    /// being deleted or written in pieces is left out.
    ///
    /// # Errors
    ///
    /// All leave nothing behind. [`Error::DirectoryRefused`] when the directory is not empty or lies
    /// within the store's own; [`Error::Corrupt`] when anything in the store is not as it was
    /// written, since a copy must neither lose nor hide damage; [`Error::StoreFull`] and
    /// [`Error::Io`] of the disk; [`Error::Closed`] when the store is closed meanwhile. A process
    /// that is killed leaves a directory that holds no store, and may be given again.
    pub async fn backup(&self, directory: impl AsRef<Path>) -> Result<BackedUp> {
        self.backup_with(directory, |_| ()).await
    }

    /// A [`backup`](Larder::backup) that says, after each transaction and on its own thread, what it
    /// has copied so far. What there is to copy, at least at first, is in the
    /// [`NamespaceInfo`]s of [`namespaces`](Larder::namespaces).
    pub async fn backup_with(
        &self,
        directory: impl AsRef<Path>,
        progress: impl Fn(BackedUp) + Send + 'static,
    ) -> Result<BackedUp> {
        self.inner.engine.backup(directory.as_ref(), Box::new(progress)).wait().await
    }

    /// Makes a store in `directory` of the one in `backup`, which nobody has open: the same copy in
    /// the other direction, checked in the same way, and to be waited for. `backup` is read alone
    /// and may lie on a medium that cannot be written to.
    ///
    /// # Errors
    ///
    /// As for [`backup`](Larder::backup); and of the backup [`Error::NotFound`],
    /// [`Error::Locked`] when it is open as a store, [`Error::Foreign`] and
    /// [`Error::FormatUnsupported`].
    pub fn restore(backup: impl AsRef<Path>, directory: impl AsRef<Path>) -> Result<BackedUp> {
        Self::restore_with(backup, directory, |_| ())
    }

    /// A [`restore`](Larder::restore) that says, after each transaction, what it has copied so far.
    pub fn restore_with(
        backup: impl AsRef<Path>,
        directory: impl AsRef<Path>,
        progress: impl Fn(BackedUp) + Send + 'static,
    ) -> Result<BackedUp> {
        RedbEngine::restore(backup.as_ref(), directory.as_ref(), Box::new(progress))
    }

    /// Gives free space within the store's files back to the system, after a
    /// [`sweep`](Larder::sweep). Reads and writes wait meanwhile; during a backup it is
    /// [`Error::BackupRunning`].
    pub async fn compact(&self) -> Result<Compacted> {
        self.inner.engine.compact().wait().await
    }

    /// Makes every answered write durable, also at [`Durability::Relaxed`]. When a failure of the disk
    /// may have lost some of them, that is [`Error::Io`], once.
    pub async fn flush(&self) -> Result<()> {
        self.inner.engine.flush().wait().await
    }

    /// Makes every answered write durable and closes the files, whoever still holds a handle:
    /// later operations answer [`Error::Closed`].
    pub async fn close(&self) -> Result<()> {
        self.inner.engine.close().wait().await
    }

    async fn create(&self, request: NamespaceRequest) -> Result<Namespace> {
        let record = self.inner.engine.change_namespaces(request).wait().await?;
        Ok(self.handle(record))
    }

    async fn number_of(&self, title: &str) -> Result<NamespaceNumber> {
        let record = self.inner.engine.namespace_by_title(title).wait().await?;
        let record = record.ok_or_else(|| Error::NamespaceNotFound { name: title.into() })?;
        Ok(record.number)
    }

    /// A handle on what was found, if it is still there: it may have been deleted since.
    async fn found(&self, record: Option<NamespaceRecord>) -> Result<Option<Namespace>> {
        let Some(record) = record else { return Ok(None) };
        let number = record.number;
        let handle = self.handle(record);
        let still = self.inner.engine.namespace_by_number(number).wait().await?;
        Ok(still.map(|_| handle))
    }

    fn handle(&self, record: NamespaceRecord) -> Namespace {
        Namespace {
            engine: self.inner.engine.clone(),
            clock: self.inner.clock.clone(),
            scope: Scope::new(record.number),
            id: record.id,
            shared: self.shared(record.number),
        }
    }

    /// What the handles on a namespace share.
    fn shared(&self, number: NamespaceNumber) -> Arc<Shared> {
        let mut handles = self.inner.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = handles.get(&number).and_then(Weak::upgrade) {
            return shared;
        }
        // Before it would grow, so that this costs nothing in the long run.
        if handles.len() == handles.capacity() {
            handles.retain(|_, handle| handle.strong_count() > 0);
        }
        let shared = Arc::default();
        handles.insert(number, Arc::downgrade(&shared));
        shared
    }
}
