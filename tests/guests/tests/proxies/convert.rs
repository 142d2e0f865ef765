//! The proxy's world as the host sees it, and its types as those of the conformance cases.

wasmtime::component::bindgen!({
    path: "wit",
    world: "proxy",
    additional_derives: [serde::Serialize, serde::Deserialize],
});

/// The types of the contract.
pub mod operations {
    pub use super::larder::kv::store::*;
}

use larder_conformance::{Counter, Entry, Error, KeyInfo, Limited, Page};
use larder_store as store;
use operations as wit;
use store::Version;

impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        match error {
            wit::Error::NoSuchBinding => Self::NoSuchBinding,
            wit::Error::AccessDenied => Self::AccessDenied,
            wit::Error::InvalidArgument(text) => Self::InvalidArgument(text),
            wit::Error::TooLarge(wit::SizeLimit { of, bytes, bytes_max }) => {
                let of = match of {
                    wit::Subject::Key => Limited::Key,
                    wit::Subject::Value => Limited::Value,
                    wit::Subject::Metadata => Limited::Metadata,
                    wit::Subject::Batch => Limited::Batch,
                };
                Self::TooLarge { of, bytes, bytes_max }
            }
            wit::Error::QuotaExceeded(_) => Self::QuotaExceeded,
            wit::Error::TooManyRequests(_) => Self::TooManyRequests,
            wit::Error::NotACounter => Self::NotACounter,
            wit::Error::Unsupported(_) => Self::Unsupported,
            wit::Error::Unavailable => Self::Unavailable,
            wit::Error::OutcomeUnknown => Self::OutcomeUnknown,
            wit::Error::Other(text) => Self::Other(text),
        }
    }
}

impl From<store::Expiration> for wit::Expiration {
    fn from(expiration: store::Expiration) -> Self {
        match expiration {
            store::Expiration::Ttl(seconds) => Self::Ttl(seconds),
            store::Expiration::TtlMs(millis) => Self::TtlMs(millis),
            store::Expiration::At(seconds) => Self::At(seconds),
            other => panic!("{other:?} is not in the contract"),
        }
    }
}

impl From<store::Condition> for wit::Condition {
    fn from(condition: store::Condition) -> Self {
        match condition {
            store::Condition::Absent => Self::Absent,
            store::Condition::Present => Self::Present,
            store::Condition::Version(version) => Self::Version(version.as_u64()),
        }
    }
}

impl From<store::PutOptions> for wit::PutOptions {
    fn from(options: store::PutOptions) -> Self {
        let store::PutOptions { expiration, metadata, condition } = options;
        Self {
            expiration: expiration.map(wit::Expiration::from),
            metadata,
            condition: condition.map(wit::Condition::from),
        }
    }
}

impl From<store::ListOptions> for wit::ListOptions {
    fn from(options: store::ListOptions) -> Self {
        let store::ListOptions { prefix, start, end, reverse, limit, cursor } = options;
        Self { prefix, start, end, reverse, limit, cursor }
    }
}

impl From<store::Check> for wit::Check {
    fn from(check: store::Check) -> Self {
        Self { key: check.key, condition: check.condition.into() }
    }
}

impl From<store::Operation> for wit::Operation {
    fn from(operation: store::Operation) -> Self {
        use store::Operation as From;
        let in_wit = |expiration: Option<store::Expiration>| expiration.map(wit::Expiration::from);
        match operation {
            From::Put { key, value, expiration, metadata } => Self::Put(wit::PutOperation {
                key,
                value: value.into(),
                expiration: in_wit(expiration),
                metadata,
            }),
            From::Delete { key } => Self::Delete(key),
            From::Increment { key, delta, expiration } => {
                let expiration = in_wit(expiration);
                Self::Increment(wit::IncrementOperation { key, delta, expiration })
            }
            From::Expire { key, expiration } => {
                Self::Expire(wit::ExpireOperation { key, expiration: in_wit(expiration) })
            }
        }
    }
}

impl From<wit::WriteOutcome> for store::WriteOutcome {
    fn from(outcome: wit::WriteOutcome) -> Self {
        match outcome {
            wit::WriteOutcome::Written(version) => Self::Written(Version::from_u64(version)),
            wit::WriteOutcome::Conflict(found) => Self::Conflict(found.map(Version::from_u64)),
        }
    }
}

impl From<wit::DeleteOutcome> for store::DeleteOutcome {
    fn from(outcome: wit::DeleteOutcome) -> Self {
        match outcome {
            wit::DeleteOutcome::Deleted => Self::Deleted,
            wit::DeleteOutcome::Conflict(found) => Self::Conflict(found.map(Version::from_u64)),
        }
    }
}

impl From<wit::CommitOutcome> for store::CommitOutcome {
    fn from(outcome: wit::CommitOutcome) -> Self {
        match outcome {
            wit::CommitOutcome::Committed(wit::Committed { version, counters }) => {
                Self::Committed { version: Version::from_u64(version), counters }
            }
            wit::CommitOutcome::Conflict(check) => Self::Conflict(check as usize),
        }
    }
}

impl From<wit::Entry> for Entry {
    fn from(entry: wit::Entry) -> Self {
        let wit::Entry { value, expiration, metadata, version } = entry;
        let version = Version::from_u64(version);
        Self { value: value.into(), expiration, metadata, version }
    }
}

impl From<wit::KeyInfo> for KeyInfo {
    fn from(info: wit::KeyInfo) -> Self {
        let wit::KeyInfo { name, expiration, metadata, version, size } = info;
        Self { name, expiration, metadata, version: Version::from_u64(version), size }
    }
}

impl From<wit::Counter> for Counter {
    fn from(counter: wit::Counter) -> Self {
        let wit::Counter { value, expiration, version } = counter;
        Self { value, expiration, version: Version::from_u64(version) }
    }
}

impl From<wit::ListPage> for Page {
    fn from(page: wit::ListPage) -> Self {
        let wit::ListPage { keys, cursor } = page;
        Self { keys: keys.into_iter().map(KeyInfo::from).collect(), cursor }
    }
}
