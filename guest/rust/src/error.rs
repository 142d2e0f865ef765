//! Why an operation did not happen.

use crate::bindings::store as wit;
use std::io;
use std::time::Duration;

/// Why an operation did not happen. Nothing was written, except possibly after
/// [`Error::OutcomeUnknown`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The host has bound no namespace under that name for this component.
    #[error("no namespace is bound as {binding:?}; bound are: {}", listed(bound))]
    NoSuchBinding {
        /// The name that was asked for.
        binding: String,
        /// The names that are bound, in order.
        bound: Vec<String>,
    },
    /// The namespace that was bound has been deleted.
    #[error("the namespace has been deleted")]
    NamespaceDeleted,
    /// A write through a read-only binding, or what the host does not allow this component.
    #[error("access denied: the binding is read-only, or the host does not allow it")]
    AccessDenied,
    /// A key, bound, cursor, limit, count, expiration, metadata or option that is not legal.
    #[error("{reason}")]
    InvalidArgument {
        /// Which rule was broken.
        reason: String,
    },
    /// A key, value, metadata or batch above its limit.
    #[error("the {subject} has {bytes} bytes; at most {bytes_max} are allowed")]
    TooLarge {
        /// What is too large.
        subject: Subject,
        /// Its size in bytes, as far as the host counted.
        bytes: u64,
        /// The limit in bytes.
        bytes_max: u64,
    },
    /// No room, in the namespace's quota or in the store.
    #[error("no room left: {0}")]
    QuotaExceeded(Quota),
    /// Too many operations at once or per second.
    #[error("too many requests; try again after {} ms", retry_after.as_millis())]
    TooManyRequests {
        /// How long to wait before trying again, to the millisecond.
        retry_after: Duration,
    },
    /// The value to increment is not a decimal integer, or the sum does not fit in 64 bits.
    #[error("the value is not a decimal integer, or the sum does not fit in 64 bits")]
    NotACounter,
    /// This store cannot do that at all; trying again will not help.
    #[error("the store cannot do that: {reason}")]
    Unsupported {
        /// What it cannot do.
        reason: String,
    },
    /// The store cannot be reached or is closing; trying again may work.
    #[error("the store is not available")]
    Unavailable,
    /// The write may have happened, or may yet. Read the version to find out.
    #[error("the outcome of the write is unknown")]
    OutcomeUnknown,
    /// The store failed.
    #[error("the store failed: {reason}")]
    Other {
        /// What the host says, for people to read.
        reason: String,
    },
    /// A value that is not the JSON that the caller asked for.
    #[error("the value of {key:?} is not the JSON that was expected: {source}")]
    ValueNotJson {
        /// The key.
        key: String,
        /// What the parser found.
        source: serde_json::Error,
    },
    /// Metadata that is not the JSON that the caller asked for.
    #[error("the metadata is not the JSON that was expected: {source}")]
    MetadataNotJson {
        /// What the parser found.
        source: serde_json::Error,
    },
    /// A value or metadata that cannot be written as JSON.
    #[error("this cannot be written as JSON: {source}")]
    NotSerializable {
        /// What the serializer refused.
        source: serde_json::Error,
    },
}

/// What has a limit in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A key, or a bound of a listing.
    Key,
    /// A value.
    Value,
    /// The metadata of a key.
    Metadata,
    /// The values of a bulk get together, or the contents of a commit.
    Batch,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Value => "value",
            Self::Metadata => "metadata",
            Self::Batch => "batch",
        })
    }
}

/// What has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quota {
    /// The number of keys that the namespace may hold.
    Keys,
    /// The number of bytes that the namespace may hold.
    Bytes,
    /// The store itself.
    Store,
}

impl std::fmt::Display for Quota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keys => "the namespace holds as many keys as it may",
            Self::Bytes => "the namespace holds as many bytes as it may",
            Self::Store => "the store is full",
        })
    }
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn from_wit(error: wit::Error) -> Self {
        match error {
            wit::Error::NoSuchBinding => Self::NamespaceDeleted,
            wit::Error::AccessDenied => Self::AccessDenied,
            wit::Error::InvalidArgument(reason) => Self::InvalidArgument { reason },
            wit::Error::TooLarge(wit::SizeLimit { of, bytes, bytes_max }) => {
                let subject = match of {
                    wit::Subject::Key => Subject::Key,
                    wit::Subject::Value => Subject::Value,
                    wit::Subject::Metadata => Subject::Metadata,
                    wit::Subject::Batch => Subject::Batch,
                };
                Self::TooLarge { subject, bytes, bytes_max }
            }
            wit::Error::QuotaExceeded(quota) => Self::QuotaExceeded(match quota {
                wit::Quota::Keys => Quota::Keys,
                wit::Quota::Bytes => Quota::Bytes,
                wit::Quota::Store => Quota::Store,
            }),
            wit::Error::TooManyRequests(millis) => {
                Self::TooManyRequests { retry_after: Duration::from_millis(millis.into()) }
            }
            wit::Error::NotACounter => Self::NotACounter,
            wit::Error::Unsupported(reason) => Self::Unsupported { reason },
            wit::Error::Unavailable => Self::Unavailable,
            wit::Error::OutcomeUnknown => Self::OutcomeUnknown,
            wit::Error::Other(reason) => Self::Other { reason },
        }
    }

    /// The error of `open`, which has one case for a name that is not bound and for a namespace
    /// that is gone: the names that are bound tell which.
    pub(crate) fn of_open(error: wit::Error, binding: &str, bound: Vec<String>) -> Self {
        if matches!(error, wit::Error::NoSuchBinding) && !bound.iter().any(|name| name == binding) {
            return Self::NoSuchBinding { binding: binding.to_owned(), bound };
        }
        Self::from_wit(error)
    }

    fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::NoSuchBinding { .. } | Self::NamespaceDeleted => io::ErrorKind::NotFound,
            Self::AccessDenied => io::ErrorKind::PermissionDenied,
            Self::InvalidArgument { .. } => io::ErrorKind::InvalidInput,
            Self::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            Self::QuotaExceeded(Quota::Store) => io::ErrorKind::StorageFull,
            Self::QuotaExceeded(Quota::Keys | Quota::Bytes) => io::ErrorKind::QuotaExceeded,
            Self::TooManyRequests { .. } => io::ErrorKind::ResourceBusy,
            Self::NotACounter
            | Self::ValueNotJson { .. }
            | Self::MetadataNotJson { .. }
            | Self::NotSerializable { .. } => io::ErrorKind::InvalidData,
            Self::Unsupported { .. } => io::ErrorKind::Unsupported,
            Self::Unavailable | Self::OutcomeUnknown | Self::Other { .. } => io::ErrorKind::Other,
        }
    }
}

/// The error as [`Read`](std::io::Read) and [`Write`](std::io::Write) have it; `downcast` gives
/// this one back.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.io_kind(), error)
    }
}

fn listed(bound: &[String]) -> String {
    match bound {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_name_that_is_not_bound_is_answered_with_those_that_are() {
        let error =
            Error::of_open(wit::Error::NoSuchBinding, "SESSION", bound(&["FLAGS", "SESSIONS"]));
        assert_eq!(
            error.to_string(),
            r#"no namespace is bound as "SESSION"; bound are: FLAGS, SESSIONS"#
        );
        let error = Error::of_open(wit::Error::NoSuchBinding, "SESSION", Vec::new());
        assert_eq!(error.to_string(), r#"no namespace is bound as "SESSION"; bound are: none"#);
    }

    #[test]
    fn a_bound_name_that_does_not_open_has_lost_its_namespace() {
        let error = Error::of_open(wit::Error::NoSuchBinding, "FLAGS", bound(&["FLAGS"]));
        assert!(matches!(error, Error::NamespaceDeleted), "{error:?}");
        let error = Error::of_open(wit::Error::Unavailable, "FLAGS", Vec::new());
        assert!(matches!(error, Error::Unavailable), "{error:?}");
    }

    #[test]
    fn an_io_error_keeps_its_kind_and_gives_the_error_back() {
        let size =
            wit::SizeLimit { of: wit::Subject::Value, bytes: 26_214_401, bytes_max: 26_214_400 };
        let error = io::Error::from(Error::from_wit(wit::Error::TooLarge(size)));
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let error = error.downcast::<Error>().unwrap();
        assert_eq!(error.to_string(), "the value has 26214401 bytes; at most 26214400 are allowed");
    }
}
