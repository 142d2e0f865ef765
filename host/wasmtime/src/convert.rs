//! Between the store's types and the contract's.

use crate::Denied;
use crate::bindings as wit;
use larder_store::{
    CommitOutcome, Condition, Counter, DeleteOutcome, Error, ErrorKind, Expiration, Subject,
    Version, WriteOutcome,
};

/// What a guest is told of a failure that is the host's own: nothing of the host.
const STORE_FAILED: &str = "the store failed; its host has the cause in its log";

impl From<&Error> for wit::Error {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::TooLarge { of, bytes, max } => {
                Self::TooLarge(wit::SizeLimit { of: subject(of), bytes, bytes_max: max })
            }
            ErrorKind::InvalidArgument => Self::InvalidArgument(error.to_string()),
            ErrorKind::NotACounter => Self::NotACounter,
            ErrorKind::QuotaKeys => Self::QuotaExceeded(wit::Quota::Keys),
            ErrorKind::QuotaBytes => Self::QuotaExceeded(wit::Quota::Bytes),
            ErrorKind::StoreFull => Self::QuotaExceeded(wit::Quota::Store),
            ErrorKind::NamespaceDeleted => Self::NoSuchBinding,
            ErrorKind::Unsupported => Self::Unsupported(error.to_string()),
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::OutcomeUnknown => Self::OutcomeUnknown,
            _ => Self::Other(STORE_FAILED.to_owned()),
        }
    }
}

fn subject(of: Subject) -> wit::Subject {
    match of {
        Subject::Key => wit::Subject::Key,
        Subject::Value => wit::Subject::Value,
        Subject::Metadata => wit::Subject::Metadata,
        Subject::Batch => wit::Subject::Batch,
    }
}

impl From<Denied> for wit::Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Access => Self::AccessDenied,
            Denied::TooManyRequests { retry_after } => {
                let millis = retry_after.as_nanos().div_ceil(1_000_000);
                Self::TooManyRequests(u32::try_from(millis).unwrap_or(u32::MAX))
            }
            Denied::QuotaKeys => Self::QuotaExceeded(wit::Quota::Keys),
            Denied::QuotaBytes => Self::QuotaExceeded(wit::Quota::Bytes),
            Denied::Unavailable => Self::Unavailable,
        }
    }
}

impl From<wit::Expiration> for Expiration {
    fn from(expiration: wit::Expiration) -> Self {
        match expiration {
            wit::Expiration::Ttl(seconds) => Self::Ttl(seconds),
            wit::Expiration::TtlMs(millis) => Self::TtlMs(millis),
            wit::Expiration::At(seconds) => Self::At(seconds),
        }
    }
}

impl From<wit::Condition> for Condition {
    fn from(condition: wit::Condition) -> Self {
        match condition {
            wit::Condition::Absent => Self::Absent,
            wit::Condition::Present => Self::Present,
            wit::Condition::Version(version) => Self::Version(Version::from_u64(version)),
        }
    }
}

impl From<WriteOutcome> for wit::WriteOutcome {
    fn from(outcome: WriteOutcome) -> Self {
        match outcome {
            WriteOutcome::Written(version) => Self::Written(version.as_u64()),
            WriteOutcome::Conflict(found) => Self::Conflict(found.map(Version::as_u64)),
        }
    }
}

impl From<DeleteOutcome> for wit::DeleteOutcome {
    fn from(outcome: DeleteOutcome) -> Self {
        match outcome {
            DeleteOutcome::Deleted => Self::Deleted,
            DeleteOutcome::Conflict(found) => Self::Conflict(found.map(Version::as_u64)),
        }
    }
}

impl From<Counter> for wit::Counter {
    fn from(counter: Counter) -> Self {
        Self {
            value: counter.value,
            expiration: counter.expiration.map(|point| point.as_secs_ceil()),
            version: counter.version.as_u64(),
        }
    }
}

impl From<CommitOutcome> for wit::CommitOutcome {
    fn from(outcome: CommitOutcome) -> Self {
        match outcome {
            CommitOutcome::Committed { version, counters } => {
                Self::Committed(wit::Committed { version: version.as_u64(), counters })
            }
            // A commit has at most 1000 checks.
            CommitOutcome::Conflict(check) => {
                Self::Conflict(u32::try_from(check).unwrap_or(u32::MAX))
            }
        }
    }
}
