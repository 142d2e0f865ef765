//! The types of the conformance cases as those of `larder-guest`, and back.

use larder_conformance::{Counter, Entry, Error, KeyInfo, Limited, Page};
use larder_guest as sdk;
use larder_store as store;
use std::time::Duration;
use store::Version;

pub fn error(error: sdk::Error) -> Error {
    use sdk::Error as E;
    match error {
        E::NoSuchBinding { .. } | E::NamespaceDeleted => Error::NoSuchBinding,
        E::AccessDenied => Error::AccessDenied,
        E::InvalidArgument { reason } => Error::InvalidArgument(reason),
        E::TooLarge { subject, bytes, bytes_max } => {
            let of = match subject {
                sdk::Subject::Key => Limited::Key,
                sdk::Subject::Value => Limited::Value,
                sdk::Subject::Metadata => Limited::Metadata,
                sdk::Subject::Batch => Limited::Batch,
                other => panic!("{other:?} is new"),
            };
            Error::TooLarge { of, bytes, bytes_max }
        }
        E::QuotaExceeded(_) => Error::QuotaExceeded,
        E::TooManyRequests { .. } => Error::TooManyRequests,
        E::NotACounter => Error::NotACounter,
        E::Unsupported { .. } => Error::Unsupported,
        E::Unavailable => Error::Unavailable,
        E::OutcomeUnknown => Error::OutcomeUnknown,
        other => Error::Other(other.to_string()),
    }
}

pub fn expiration(expiration: store::Expiration) -> sdk::Expiration {
    match expiration {
        store::Expiration::Ttl(seconds) => sdk::Expiration::Ttl(Duration::from_secs(seconds)),
        store::Expiration::TtlMs(millis) => sdk::Expiration::Ttl(Duration::from_millis(millis)),
        store::Expiration::At(seconds) => sdk::Expiration::At(seconds),
        other => panic!("{other:?} is not in the contract"),
    }
}

fn condition(condition: store::Condition) -> sdk::Condition {
    match condition {
        store::Condition::Absent => sdk::Condition::Absent,
        store::Condition::Present => sdk::Condition::Present,
        store::Condition::Version(version) => sdk::Condition::Version(sdk_version(version)),
    }
}

pub fn put(options: store::PutOptions) -> sdk::Put {
    let store::PutOptions { expiration: until, metadata, condition: if_ } = options;
    let put = sdk::Put::new();
    let put = until.into_iter().fold(put, |put, it| put.expiration(expiration(it)));
    let put = metadata.into_iter().fold(put, sdk::Put::metadata_json);
    if_.into_iter().fold(put, |put, it| put.condition(condition(it)))
}

pub fn list(options: store::ListOptions) -> sdk::List {
    let store::ListOptions { prefix, start, end, reverse, limit, cursor } = options;
    let list = prefix.into_iter().fold(sdk::List::new(), sdk::List::prefix);
    let list = start.into_iter().fold(list, sdk::List::start);
    let list = end.into_iter().fold(list, sdk::List::end);
    let list = limit.into_iter().fold(list, sdk::List::limit);
    let list = cursor.into_iter().fold(list, sdk::List::cursor);
    if reverse { list.reverse() } else { list }
}

/// A commit as its author would build it.
pub fn commit(checks: Vec<store::Check>, operations: Vec<store::Operation>) -> sdk::Commit {
    let commit = checks
        .into_iter()
        .fold(sdk::Commit::new(), |it, check| it.check(check.key, condition(check.condition)));
    operations.into_iter().fold(commit, |commit, operation| match operation {
        store::Operation::Put { key, value, expiration, metadata } => {
            let options = store::PutOptions { expiration, metadata, condition: None };
            commit.put_with(key, value, put(options))
        }
        store::Operation::Delete { key } => commit.delete(key),
        store::Operation::Increment { key, delta, expiration: until } => {
            commit.increment(key, delta, until.map(expiration))
        }
        store::Operation::Expire { key, expiration: until } => {
            commit.expire(key, until.map(expiration))
        }
    })
}

pub fn sdk_version(version: Version) -> sdk::Version {
    sdk::Version::from_u64(version.as_u64())
}

pub fn version(version: sdk::Version) -> Version {
    Version::from_u64(version.as_u64())
}

pub fn written(outcome: sdk::WriteOutcome) -> store::WriteOutcome {
    match outcome {
        sdk::WriteOutcome::Written(it) => store::WriteOutcome::Written(version(it)),
        sdk::WriteOutcome::Conflict(it) => store::WriteOutcome::Conflict(it.map(version)),
    }
}

pub fn deleted(outcome: sdk::DeleteOutcome) -> store::DeleteOutcome {
    match outcome {
        sdk::DeleteOutcome::Deleted => store::DeleteOutcome::Deleted,
        sdk::DeleteOutcome::Conflict(it) => store::DeleteOutcome::Conflict(it.map(version)),
    }
}

pub fn committed(outcome: sdk::CommitOutcome) -> store::CommitOutcome {
    match outcome {
        sdk::CommitOutcome::Committed { version: it, counters } => {
            store::CommitOutcome::Committed { version: version(it), counters }
        }
        sdk::CommitOutcome::Conflict(check) => store::CommitOutcome::Conflict(check),
    }
}

pub fn entry(entry: sdk::Entry) -> Entry {
    Entry {
        value: entry.value.into(),
        expiration: entry.expiration,
        metadata: entry.metadata_json,
        version: version(entry.version),
    }
}

pub fn info(info: &sdk::KeyInfo) -> KeyInfo {
    KeyInfo {
        name: info.name.clone(),
        expiration: info.expiration,
        metadata: info.metadata_json.clone(),
        version: version(info.version),
        size: info.size,
    }
}

pub fn counter(counter: sdk::Counter) -> Counter {
    let version = version(counter.version);
    Counter { value: counter.value, expiration: counter.expiration, version }
}

pub fn page(page: sdk::ListPage) -> Page {
    Page { keys: page.keys.iter().map(info).collect(), cursor: page.cursor }
}
