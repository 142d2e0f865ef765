//! What can go wrong, as conditions that a caller can act on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why an operation did not happen. Nothing was written, except possibly after
/// [`Error::OutcomeUnknown`].
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key of no bytes. Keys are 1 to 512 bytes of UTF-8, as in Workers KV.
    #[error("a key cannot be empty")]
    KeyEmpty,
    /// The keys `.` and `..` are refused, as in Workers KV.
    #[error("{key:?} is not allowed as a key")]
    KeyReserved {
        /// The key.
        key: &'static str,
    },
    /// A key, or a bound or prefix of a listing, above [`KEY_BYTES_MAX`](crate::limits::KEY_BYTES_MAX).
    #[error("the key has {bytes} bytes; at most {max} are allowed")]
    KeyTooLong {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// A value above [`VALUE_BYTES_MAX`](crate::limits::VALUE_BYTES_MAX).
    #[error("the value has {bytes} bytes; at most {max} are allowed")]
    ValueTooLarge {
        /// Its size in bytes, as far as it was seen.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// Metadata above [`METADATA_BYTES_MAX`](crate::limits::METADATA_BYTES_MAX).
    #[error("the metadata has {bytes} bytes; at most {max} are allowed")]
    MetadataTooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// Metadata that is not JSON text.
    #[error("the metadata is not JSON: {reason}")]
    MetadataNotJson {
        /// What the parser said.
        reason: Arc<str>,
    },
    /// The values of a bulk get, or the contents of a commit, above the limit in bytes.
    #[error("the batch has {bytes} bytes; at most {max} are allowed")]
    BatchTooLarge {
        /// Its size in bytes, as far as it was counted.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// A bulk get of no key or of more than [`GET_MANY_KEYS_MAX`](crate::limits::GET_MANY_KEYS_MAX).
    #[error("a bulk get takes 1 to {max} keys, not {count}")]
    KeyCount {
        /// How many keys were given.
        count: u64,
        /// The limit.
        max: u64,
    },
    /// A commit of no operation, or of more checks and operations than
    /// [`COMMIT_OPERATIONS_MAX`](crate::limits::COMMIT_OPERATIONS_MAX).
    #[error(
        "a commit takes at least 1 operation and at most {max} checks and operations, not {count}"
    )]
    OperationCount {
        /// How many checks and operations were given, or 0 when there was no operation.
        count: u64,
        /// The limit.
        max: u64,
    },
    /// A page size outside 1 to [`LIST_KEYS_MAX`](crate::limits::LIST_KEYS_MAX).
    #[error("the limit of a listing is 1 to {max}, not {limit}")]
    LimitOutOfRange {
        /// What was asked for.
        limit: u64,
        /// The largest.
        max: u64,
    },
    /// A cursor that no listing in this direction has answered with.
    #[error("the cursor is not one of this store's: {reason}")]
    CursorInvalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A TTL of zero; the least is one millisecond.
    #[error("a ttl of 0 is not allowed; the least is 1")]
    TtlZero,
    /// An expiration that is not in the future.
    #[error("the expiration {at_ms} ms is not after now, {now_ms} ms since the Unix epoch")]
    ExpirationPassed {
        /// The expiration, Unix time in milliseconds.
        at_ms: u64,
        /// The time of the write, Unix time in milliseconds.
        now_ms: u64,
    },
    /// An expiration beyond 2^64 milliseconds since the Unix epoch.
    #[error(
        "the expiration is beyond the last time that can be kept, 2^64 ms since the Unix epoch"
    )]
    ExpirationTooFar,
    /// The value is no counter: decimal ASCII that fits in 64 bits with its sign.
    #[error("the value is not a decimal integer of 64 bits")]
    NotACounter,
    /// The sum does not fit in 64 bits with its sign.
    #[error("{value} + {delta} does not fit in 64 bits")]
    CounterOverflow {
        /// The counter.
        value: i64,
        /// What was to be added.
        delta: i64,
    },
    /// A read of no byte from a value in pieces.
    #[error("a read takes at least 1 byte, not 0")]
    ReadZero,
    /// A prefix of a scoped view above [`SCOPE_BYTES_MAX`](crate::limits::SCOPE_BYTES_MAX).
    #[error("the prefixes of the scope have {bytes} bytes; at most {max} are allowed")]
    ScopeTooLong {
        /// The length of all its prefixes in bytes.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// A title that is empty, longer than [`TITLE_BYTES_MAX`](crate::limits::TITLE_BYTES_MAX), or
    /// holds a control character.
    #[error(
        "{title:?} cannot be a namespace's title: it is 1 to {max} bytes without control characters"
    )]
    TitleInvalid {
        /// The title.
        title: Arc<str>,
        /// The limit in bytes.
        max: u64,
    },
    /// An id that is empty, longer than [`ID_BYTES_MAX`](crate::limits::ID_BYTES_MAX), or holds
    /// anything but ASCII letters, digits, `-` and `_`.
    #[error(
        "{id:?} cannot be a namespace's id: it is 1 to {max} ASCII letters, digits, '-' and '_'"
    )]
    IdInvalid {
        /// The id.
        id: Arc<str>,
        /// The limit in bytes.
        max: u64,
    },
    /// There is a namespace of that title or id.
    #[error("there is a namespace {name:?} already")]
    NamespaceExists {
        /// The title or id.
        name: Arc<str>,
    },
    /// There is no namespace of that title or id.
    #[error("there is no namespace {name:?}")]
    NamespaceNotFound {
        /// The title or id.
        name: Arc<str>,
    },
    /// The namespace of this handle has been deleted.
    #[error("the namespace has been deleted")]
    NamespaceDeleted,
    /// More keys than the namespace's [`Quota`](crate::Quota) lets it have.
    #[error("the namespace would have {keys} keys; its quota is {max}")]
    QuotaKeys {
        /// The keys that it would have.
        keys: u64,
        /// The quota.
        max: u64,
    },
    /// More bytes than the namespace's [`Quota`](crate::Quota) lets it have.
    #[error(
        "the namespace would have {bytes} bytes of keys, metadata and values; its quota is {max}"
    )]
    QuotaBytes {
        /// The bytes that it would have, or those of the writers in pieces that are not finished.
        bytes: u64,
        /// The quota.
        max: u64,
    },
    /// The disk has no room for the write.
    #[error(
        "the disk is full: the write wants {needed} bytes and {available} are free; make room there, or delete keys and `compact`"
    )]
    StoreFull {
        /// What the write may take, in bytes.
        needed: u64,
        /// What is free, in bytes.
        available: u64,
    },
    /// The write may have happened or not: the disk failed while it was being made durable. Read
    /// the key's version to find out.
    #[error("the outcome of the write is unknown: {reason}")]
    OutcomeUnknown {
        /// What failed.
        reason: Arc<str>,
    },
    /// The store has been closed, or is closing.
    #[error("the store is closed")]
    Closed,
    /// This engine cannot do that at all.
    #[error("this store cannot {what}")]
    Unsupported {
        /// The operation.
        what: &'static str,
    },
    /// Another process has the store open.
    #[error("the store {path} is in use by {owner}")]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// The process: its id and command where they are known.
        owner: Arc<str>,
    },
    /// A backup or a restored store goes into a directory that is new or empty.
    #[error("{path} cannot take a copy of the store: {reason}")]
    DirectoryRefused {
        /// The directory.
        path: PathBuf,
        /// What stands in the way.
        reason: Arc<str>,
    },
    /// A compaction has to be alone with the file, which a backup is reading.
    #[error("the store is being backed up; it can be compacted when that is done")]
    BackupRunning,
    /// There is no store in that directory.
    #[error("there is no store in {path}")]
    NotFound {
        /// The directory.
        path: PathBuf,
    },
    /// The directory or file is not a store, or is one that has been cut off.
    #[error("{path} is not a larder store: {reason}")]
    Foreign {
        /// The path.
        path: PathBuf,
        /// What was found.
        reason: Arc<str>,
    },
    /// The store's file is not where it was opened: a write to it would be lost.
    #[error(
        "{path} has been removed or replaced while the store was open; nothing is written any more: put it back, or close the store and open what is there"
    )]
    Removed {
        /// The file.
        path: PathBuf,
    },
    /// The store was written by a release with another format.
    #[error("{path} has store format {found}; this release reads format {supported}")]
    FormatUnsupported {
        /// The store's directory.
        path: PathBuf,
        /// The store's format.
        found: u32,
        /// The format of this release.
        supported: u32,
    },
    /// What was read from disk is not what was written.
    #[error("the store is damaged: {reason}; run `check`")]
    Corrupt {
        /// What was found, and where.
        reason: Arc<str>,
    },
    /// The system refused to read or write.
    #[error("{action} failed: {source}")]
    Io {
        /// What was tried.
        action: Arc<str>,
        /// The system's error.
        source: Arc<io::Error>,
    },
}

impl Error {
    pub(crate) fn io(action: impl Into<Arc<str>>, source: io::Error) -> Self {
        Self::Io { action: action.into(), source: Arc::new(source) }
    }

    pub(crate) fn corrupt(reason: impl Into<Arc<str>>) -> Self {
        Self::Corrupt { reason: reason.into() }
    }
}

/// What an [`Error`] is to whoever asked: what every front (the contract, HTTP) tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that was given is not legal. The error's text says what and which rule.
    InvalidArgument,
    /// Something that was given is above its limit.
    TooLarge {
        /// What is too large.
        of: Subject,
        /// Its size in bytes, as far as it was seen.
        bytes: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// The value is no counter, or the sum does not fit in 64 bits.
    NotACounter,
    /// The namespace's quota has no room for more keys.
    QuotaKeys,
    /// The namespace's quota has no room for more bytes.
    QuotaBytes,
    /// The disk has no room.
    StoreFull,
    /// The namespace is gone.
    NamespaceDeleted,
    /// There is no such namespace.
    NamespaceNotFound,
    /// There is such a namespace already.
    NamespaceExists,
    /// This store cannot do that at all.
    Unsupported,
    /// The store cannot be reached now; trying again may work.
    Unavailable,
    /// The write may have happened.
    OutcomeUnknown,
    /// The store failed. The error's text is for its operator, not for a guest.
    Failed,
}

/// What can be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A key, or a bound of a listing.
    Key,
    /// A value.
    Value,
    /// The metadata of a key.
    Metadata,
    /// A bulk get's answer, or a commit.
    Batch,
}

impl Error {
    /// What the error is to whoever asked.
    pub fn kind(&self) -> ErrorKind {
        let too_large = |of, &bytes: &u64, &max: &u64| ErrorKind::TooLarge { of, bytes, max };
        match self {
            Self::KeyTooLong { bytes, max } => too_large(Subject::Key, bytes, max),
            Self::ValueTooLarge { bytes, max } => too_large(Subject::Value, bytes, max),
            Self::MetadataTooLarge { bytes, max } => too_large(Subject::Metadata, bytes, max),
            Self::BatchTooLarge { bytes, max } => too_large(Subject::Batch, bytes, max),
            Self::KeyEmpty
            | Self::KeyReserved { .. }
            | Self::MetadataNotJson { .. }
            | Self::KeyCount { .. }
            | Self::OperationCount { .. }
            | Self::LimitOutOfRange { .. }
            | Self::CursorInvalid { .. }
            | Self::TtlZero
            | Self::ExpirationPassed { .. }
            | Self::ExpirationTooFar
            | Self::ReadZero
            | Self::ScopeTooLong { .. }
            | Self::TitleInvalid { .. }
            | Self::IdInvalid { .. }
            | Self::DirectoryRefused { .. } => ErrorKind::InvalidArgument,
            Self::NotACounter | Self::CounterOverflow { .. } => ErrorKind::NotACounter,
            Self::QuotaKeys { .. } => ErrorKind::QuotaKeys,
            Self::QuotaBytes { .. } => ErrorKind::QuotaBytes,
            Self::StoreFull { .. } => ErrorKind::StoreFull,
            Self::NamespaceDeleted => ErrorKind::NamespaceDeleted,
            Self::NamespaceNotFound { .. } => ErrorKind::NamespaceNotFound,
            Self::NamespaceExists { .. } => ErrorKind::NamespaceExists,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::Closed | Self::Locked { .. } | Self::BackupRunning => ErrorKind::Unavailable,
            Self::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
            Self::NotFound { .. }
            | Self::Removed { .. }
            | Self::Foreign { .. }
            | Self::FormatUnsupported { .. }
            | Self::Corrupt { .. }
            | Self::Io { .. } => ErrorKind::Failed,
        }
    }
}

/// Two errors are equal when they say the same.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && self.to_string() == other.to_string()
    }
}

/// A result of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;
