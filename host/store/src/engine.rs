//! The seam below the semantics: an ordered map of rows with atomic writes.
//!
//! An engine keeps rows of bytes in byte order and knows nothing of limits, scopes, conditions or
//! TTLs: what a write does is decided by [`Write::evaluate`](crate::engine::Write::evaluate), which
//! the engine calls within its own transaction, and whether a key has expired by the caller of a
//! read. A second engine is therefore a small thing, and every one behaves alike.

mod aside;
pub mod memory;
pub mod redb;

pub use crate::entry::Wanted;
pub use crate::key::{NamespaceNumber, Row};
pub use crate::list::{Listing, RowRange};
pub use crate::namespaces::{Catalog, CatalogChange, NamespaceRecord, NamespaceRequest};
pub use crate::quota::Usage;
pub use crate::write::{Change, Done, Evaluated, Outcome, Value, Write};

use crate::{Entry, Head, Result};
use bytes::Bytes;
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

/// An answer that may be there already. A local engine that reads from memory answers at once,
/// without an allocation and without suspending its caller.
pub enum Reply<'a, T> {
    /// The answer.
    Ready(Result<T>),
    /// The answer will come. Dropping this does not undo what was asked for: it happens whole or
    /// not at all.
    Later(Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>),
}

impl<'a, T> Reply<'a, T> {
    /// The answer, when it is there.
    pub async fn wait(self) -> Result<T> {
        match self {
            Self::Ready(result) => result,
            Self::Later(future) => future.await,
        }
    }

    /// The answer that `future` will give.
    pub fn later(future: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        Self::Later(Box::pin(future))
    }
}

/// An ordered map of rows with atomic writes: what a store is made of.
///
/// # Contract
///
/// - A read sees every write that was answered before it began, and no part of one that was not
///   whole.
/// - A write is atomic and, unless the engine documents otherwise, durable when it is answered.
/// - Rows that have expired are rows like any other until [`Engine::sweep`] or the engine itself
///   removes them, which it does only where [`Head::is_live`] says so at that moment.
/// - An engine keeps for each namespace the number of its rows and the bytes of their keys,
///   metadata and values, changed with each write.
/// - A write to a namespace that is being deleted fails with
///   [`Error::NamespaceDeleted`](crate::Error::NamespaceDeleted); its rows may still be read for a
///   while, which is for the caller to refuse.
pub trait Engine: Send + Sync + 'static {
    /// The directory that holds the store, as it was opened; none by default, which is right for
    /// an engine that has no directory of its own.
    fn directory(&self) -> Option<&Path> {
        None
    }

    /// The head of a row.
    fn head<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Head>>;

    /// A row with its value.
    fn get<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<Entry>>;

    /// Rows with their values in the order asked for, all from one state of the store. The value
    /// of a row is read when `wanted` says so of its head, which it is asked in order for each row
    /// that there is; an error from it ends the read.
    fn get_many(&self, rows: Vec<Row>, wanted: Wanted) -> Reply<'_, Vec<Option<Entry>>>;

    /// Shows the rows of a range in order to `listing`, all from one state of the store, until it
    /// breaks off or fails.
    fn scan(&self, range: RowRange, listing: Listing) -> Reply<'_, Listing>;

    /// Makes a write happen whole, or not at all.
    fn write(&self, write: Write) -> Reply<'static, Outcome>;

    /// A row and a way to read its value in pieces, which stays as it is now when the row is
    /// replaced or removed.
    fn open<'a>(&'a self, row: &'a Row) -> Reply<'a, Option<(Head, Box<dyn PieceReader>)>>;

    /// A place to put a value piece by piece, before a write makes it a row's.
    fn stage(&self) -> Result<Box<dyn PieceWriter>>;

    /// Every namespace that is not being deleted, in the order of their titles.
    fn namespaces(&self) -> Reply<'_, Vec<NamespaceRecord>>;

    /// The namespace of that title.
    fn namespace_by_title<'a>(&'a self, title: &'a str) -> Reply<'a, Option<NamespaceRecord>>;

    /// The namespace of that id.
    fn namespace_by_id<'a>(&'a self, id: &'a str) -> Reply<'a, Option<NamespaceRecord>>;

    /// The namespace of that number.
    fn namespace_by_number(&self, number: NamespaceNumber) -> Reply<'_, Option<NamespaceRecord>>;

    /// Creates, renames or deletes a namespace, as [`NamespaceRequest::evaluate`] decides. The rows
    /// of a deleted one go later, in small batches.
    fn change_namespaces(&self, request: NamespaceRequest) -> Reply<'static, NamespaceRecord>;

    /// Frees what is expired, deleted or left over now, instead of in due course.
    fn sweep(&self) -> Reply<'_, Swept>;

    /// Reads everything and says what is not as it was written.
    fn check(&self) -> Reply<'_, CheckReport>;

    /// Copies the store, as it is now, to a new one on disk in `directory`, which holds nothing; see
    /// [`Larder::backup`](crate::Larder::backup). Reads and writes go on meanwhile. Dropping the
    /// answer gives the copy up.
    fn backup(&self, directory: &Path, progress: Progress) -> Reply<'_, BackedUp>;

    /// Gives back to the system the space that is free within the store's files.
    fn compact(&self) -> Reply<'_, Compacted>;

    /// Makes everything that was answered durable, whatever the engine's durability.
    fn flush(&self) -> Reply<'_, ()>;

    /// Finishes what was begun, makes it durable and closes the files. Later calls answer
    /// [`Error::Closed`](crate::Error::Closed).
    fn close(&self) -> Reply<'_, ()>;
}

/// What a transaction holds now, for [`Write::evaluate`].
pub trait Rows {
    /// The head of a row, expired or not.
    fn head(&self, row: &Row) -> Result<Option<Head>>;

    /// The value of a row. Asked for small values only.
    fn value(&self, row: &Row) -> Result<Option<Bytes>>;
}

/// A value that stays as it was when it was opened.
pub trait PieceReader: Send + Sync {
    /// At most `max` bytes from `offset`, at least one unless that is at the end or behind it.
    fn read(&self, offset: u64, max: usize) -> Reply<'_, Bytes>;
}

/// A value that is handed on piece by piece. Dropped, it leaves no trace.
pub trait PieceWriter: Send {
    /// Adds to the end.
    fn append(&mut self, piece: Bytes) -> Reply<'_, ()>;

    /// The value, for a write to put.
    fn finish(self: Box<Self>) -> Reply<'static, Value>;
}

/// A value that an engine already holds, until a write makes it a row's.
pub struct Staged {
    /// What the engine knows it by.
    pub id: u64,
    /// Its bytes.
    pub size: u64,
    /// Frees the value when it is dropped and no write has made it a row's.
    pub guard: Box<dyn Any + Send>,
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").field("id", &self.id).field("size", &self.size).finish()
    }
}

/// What a sweep freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Keys that had expired.
    pub expired: u64,
    /// Keys of namespaces that had been deleted.
    pub deleted: u64,
    /// Pieces of values that nobody could read any more.
    pub pieces: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Keys that were read, with their values.
    pub keys: u64,
    /// Bytes of the values that were read.
    pub bytes: u64,
    /// What is not as it was written, a line each; none when the store is sound.
    pub damage: Vec<String>,
}

/// What a backup or a restore has copied, so far or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Namespaces.
    pub namespaces: u64,
    /// Keys, with those that have expired and not been swept yet.
    pub keys: u64,
    /// Bytes of keys, metadata and values, as a namespace counts them.
    pub bytes: u64,
}

/// Told now and then how far a backup or a restore is.
pub type Progress = Box<dyn Fn(BackedUp) + Send>;

/// What a compaction gave back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes on disk before.
    pub bytes_before: u64,
    /// Bytes on disk after.
    pub bytes_after: u64,
}
