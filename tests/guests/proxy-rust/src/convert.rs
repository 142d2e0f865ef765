//! Between the crate's types and the contract's.

use crate::exports::larder::test_guests::operations as wit;
use crate::larder::kv::store::{Committed, Quota, SizeLimit, Subject};
use larder_guest as sdk;
use std::time::Duration;

impl From<sdk::Error> for wit::Error {
    fn from(error: sdk::Error) -> Self {
        use sdk::Error as E;
        match error {
            E::NoSuchBinding { .. } | E::NamespaceDeleted => Self::NoSuchBinding,
            E::AccessDenied => Self::AccessDenied,
            E::InvalidArgument { reason } => Self::InvalidArgument(reason),
            E::TooLarge { subject, bytes, bytes_max } => {
                let of = match subject {
                    sdk::Subject::Key => Subject::Key,
                    sdk::Subject::Value => Subject::Value,
                    sdk::Subject::Metadata => Subject::Metadata,
                    sdk::Subject::Batch => Subject::Batch,
                    other => panic!("{other:?} is new"),
                };
                Self::TooLarge(SizeLimit { of, bytes, bytes_max })
            }
            E::QuotaExceeded(sdk::Quota::Keys) => Self::QuotaExceeded(Quota::Keys),
            E::QuotaExceeded(sdk::Quota::Bytes) => Self::QuotaExceeded(Quota::Bytes),
            E::QuotaExceeded(_) => Self::QuotaExceeded(Quota::Store),
            E::TooManyRequests { retry_after } => {
                Self::TooManyRequests(retry_after.as_millis() as u32)
            }
            E::NotACounter => Self::NotACounter,
            E::Unsupported { reason } => Self::Unsupported(reason),
            E::Unavailable => Self::Unavailable,
            E::OutcomeUnknown => Self::OutcomeUnknown,
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<wit::Expiration> for sdk::Expiration {
    fn from(expiration: wit::Expiration) -> Self {
        match expiration {
            wit::Expiration::Ttl(seconds) => Self::Ttl(Duration::from_secs(seconds)),
            wit::Expiration::TtlMs(millis) => Self::Ttl(Duration::from_millis(millis)),
            wit::Expiration::At(seconds) => Self::At(seconds),
        }
    }
}

impl From<wit::Condition> for sdk::Condition {
    fn from(condition: wit::Condition) -> Self {
        match condition {
            wit::Condition::Absent => Self::Absent,
            wit::Condition::Present => Self::Present,
            wit::Condition::Version(version) => Self::Version(sdk::Version::from_u64(version)),
        }
    }
}

fn put(expiration: Option<wit::Expiration>, metadata: Option<String>) -> sdk::Put {
    let mut put = sdk::Put::new();
    if let Some(expiration) = expiration {
        put = put.expiration(expiration.into());
    }
    if let Some(json) = metadata {
        put = put.metadata_json(json);
    }
    put
}

impl From<wit::PutOptions> for sdk::Put {
    fn from(options: wit::PutOptions) -> Self {
        let wit::PutOptions { expiration, metadata, condition } = options;
        let put = put(expiration, metadata);
        match condition {
            Some(condition) => put.condition(condition.into()),
            None => put,
        }
    }
}

impl From<wit::ListOptions> for sdk::List {
    fn from(options: wit::ListOptions) -> Self {
        let wit::ListOptions { prefix, start, end, reverse, limit, cursor } = options;
        let mut list = Self::new();
        if let Some(prefix) = prefix {
            list = list.prefix(prefix);
        }
        if let Some(start) = start {
            list = list.start(start);
        }
        if let Some(end) = end {
            list = list.end(end);
        }
        if reverse {
            list = list.reverse();
        }
        if let Some(limit) = limit {
            list = list.limit(limit);
        }
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        list
    }
}

/// A commit as its author would build it.
pub fn commit(checks: Vec<wit::Check>, operations: Vec<wit::Operation>) -> sdk::Commit {
    let commit = checks
        .into_iter()
        .fold(sdk::Commit::new(), |commit, check| commit.check(check.key, check.condition.into()));
    operations.into_iter().fold(commit, |commit, operation| match operation {
        wit::Operation::Put(op) => {
            commit.put_with(op.key, op.value, put(op.expiration, op.metadata))
        }
        wit::Operation::Delete(key) => commit.delete(key),
        wit::Operation::Increment(op) => {
            commit.increment(op.key, op.delta, op.expiration.map(sdk::Expiration::from))
        }
        wit::Operation::Expire(op) => {
            commit.expire(op.key, op.expiration.map(sdk::Expiration::from))
        }
    })
}

impl From<sdk::WriteOutcome> for wit::WriteOutcome {
    fn from(outcome: sdk::WriteOutcome) -> Self {
        match outcome {
            sdk::WriteOutcome::Written(version) => Self::Written(version.as_u64()),
            sdk::WriteOutcome::Conflict(found) => Self::Conflict(found.map(sdk::Version::as_u64)),
        }
    }
}

impl From<sdk::DeleteOutcome> for wit::DeleteOutcome {
    fn from(outcome: sdk::DeleteOutcome) -> Self {
        match outcome {
            sdk::DeleteOutcome::Deleted => Self::Deleted,
            sdk::DeleteOutcome::Conflict(found) => Self::Conflict(found.map(sdk::Version::as_u64)),
        }
    }
}

impl From<sdk::CommitOutcome> for wit::CommitOutcome {
    fn from(outcome: sdk::CommitOutcome) -> Self {
        match outcome {
            sdk::CommitOutcome::Committed { version, counters } => {
                Self::Committed(Committed { version: version.as_u64(), counters })
            }
            sdk::CommitOutcome::Conflict(check) => Self::Conflict(check as u32),
        }
    }
}

impl From<sdk::Entry> for wit::Entry {
    fn from(entry: sdk::Entry) -> Self {
        Self {
            value: entry.value,
            expiration: entry.expiration,
            metadata: entry.metadata_json,
            version: entry.version.as_u64(),
        }
    }
}

impl From<&sdk::KeyInfo> for wit::KeyInfo {
    fn from(info: &sdk::KeyInfo) -> Self {
        Self {
            name: info.name.clone(),
            expiration: info.expiration,
            metadata: info.metadata_json.clone(),
            version: info.version.as_u64(),
            size: info.size,
        }
    }
}

impl From<sdk::Counter> for wit::Counter {
    fn from(counter: sdk::Counter) -> Self {
        Self {
            value: counter.value,
            expiration: counter.expiration,
            version: counter.version.as_u64(),
        }
    }
}

impl From<sdk::ListPage> for wit::ListPage {
    fn from(page: sdk::ListPage) -> Self {
        Self { keys: page.keys.iter().map(wit::KeyInfo::from).collect(), cursor: page.cursor }
    }
}
