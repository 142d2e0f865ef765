//! Puts with options, and atomic commits: what a caller asks for and what it is told.

use crate::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX};
use crate::write::{Condition, RowOperation};
use crate::{Error, Expiration, Result, UnixMillis, Version, entry, key, key::Scope, write};
use bytes::Bytes;
use std::time::Duration;

/// What a put may say besides key and value. A put replaces value, metadata and expiration
/// together: what is not given is removed.
#[derive(Clone, Debug, Default)]
pub struct PutOptions {
    /// When the key stops existing; `None` is never.
    pub expiration: Option<Expiration>,
    /// JSON text of at most 1024 bytes, kept byte for byte.
    pub metadata: Option<String>,
    /// What must hold of the key for the put to happen.
    pub condition: Option<Condition>,
}

impl PutOptions {
    /// No expiration, no metadata, no condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// The key stops existing `ttl` after the write; at least 1 ms, kept to the millisecond.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.expiration = Some(Expiration::after(ttl));
        self
    }

    /// The key stops existing then.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// JSON text of at most 1024 bytes to keep beside the value.
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = Some(json.into());
        self
    }

    /// Only if the key does not exist.
    pub fn if_absent(mut self) -> Self {
        self.condition = Some(Condition::Absent);
        self
    }

    /// Only if the key exists.
    pub fn if_present(mut self) -> Self {
        self.condition = Some(Condition::Present);
        self
    }

    /// Only if that write made the key what it is.
    pub fn if_version(mut self, version: Version) -> Self {
        self.condition = Some(Condition::Version(version));
        self
    }
}

/// What a put came to. A lost race is an outcome, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum WriteOutcome {
    /// The key was written; the write is named so.
    Written(Version),
    /// The condition did not hold. The version found instead; `None` when the key is absent.
    Conflict(Option<Version>),
}

/// What a conditional delete came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was deleted"]
pub enum DeleteOutcome {
    /// The key was deleted.
    Deleted,
    /// The key has another version, or is absent (`None`).
    Conflict(Option<Version>),
}

/// A counter after an increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its value.
    pub value: i64,
    /// When it stops existing; `None` is never.
    pub expiration: Option<UnixMillis>,
    /// The write that made it what it is.
    pub version: Version,
}

/// Part of an atomic commit: what must hold before its first operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The key.
    pub key: String,
    /// What must hold of it.
    pub condition: Condition,
}

/// Part of an atomic commit: what is done. Each sees those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes a key, replacing value, metadata and expiration together.
    Put {
        /// The key.
        key: String,
        /// Its value.
        value: Bytes,
        /// When it stops existing; `None` is never.
        expiration: Option<Expiration>,
        /// JSON text of at most 1024 bytes.
        metadata: Option<String>,
    },
    /// Deletes a key, if it exists.
    Delete {
        /// The key.
        key: String,
    },
    /// Adds to a counter, or begins one at 0.
    Increment {
        /// The key.
        key: String,
        /// What to add.
        delta: i64,
        /// The expiration of a counter that begins here; one that exists keeps its own.
        expiration: Option<Expiration>,
    },
    /// Changes the expiration of a key alone, if it exists.
    Expire {
        /// The key.
        key: String,
        /// When it stops existing; `None` is never.
        expiration: Option<Expiration>,
    },
}

impl Operation {
    /// The key that it is about.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Increment { key, .. }
            | Self::Expire { key, .. } => key,
        }
    }

    pub(crate) fn validate(&self, now: UnixMillis) -> Result<()> {
        let (key, expiration) = match self {
            Self::Put { key, value, expiration, metadata } => {
                entry::validate_size(value.len() as u64)?;
                entry::validated_metadata(metadata.as_deref())?;
                (key, expiration)
            }
            Self::Increment { key, delta: _, expiration } | Self::Expire { key, expiration } => {
                (key, expiration)
            }
            Self::Delete { key } => (key, &None),
        };
        key::validate(key)?;
        expiration.map(|expiration| expiration.resolve(now)).transpose().map(drop)
    }

    /// The operations, in their order, in as few commits as the limits of one allow.
    pub fn in_commits(operations: impl IntoIterator<Item = Self>) -> Vec<Vec<Self>> {
        let mut commits: Vec<Vec<Self>> = Vec::new();
        let mut bytes = 0;
        for operation in operations {
            bytes += operation.bytes();
            match commits.last_mut() {
                Some(commit)
                    if commit.len() < COMMIT_OPERATIONS_MAX && bytes <= COMMIT_BYTES_MAX as u64 =>
                {
                    commit.push(operation);
                }
                _ => {
                    bytes = operation.bytes();
                    commits.push(vec![operation]);
                }
            }
        }
        commits
    }

    /// Bytes of key, value and metadata.
    fn bytes(&self) -> u64 {
        let bytes = match self {
            Self::Put { key, value, metadata, expiration: _ } => {
                key.len() + value.len() + metadata.as_ref().map_or(0, String::len)
            }
            Self::Delete { key } | Self::Increment { key, .. } | Self::Expire { key, .. } => {
                key.len()
            }
        };
        bytes as u64
    }

    pub(crate) fn into_row(self, scope: &Scope) -> Result<RowOperation> {
        Ok(match self {
            Self::Put { key, value, expiration, metadata } => {
                let row = scope.row(&key)?;
                let metadata = entry::validated_metadata(metadata.as_deref())?;
                RowOperation::Put { row, value: write::Value::Bytes(value), metadata, expiration }
            }
            Self::Delete { key } => RowOperation::Delete { row: scope.row(&key)? },
            Self::Increment { key, delta, expiration } => {
                RowOperation::Increment { row: scope.row(&key)?, delta, expiration }
            }
            Self::Expire { key, expiration } => {
                RowOperation::Expire { row: scope.row(&key)?, expiration }
            }
        })
    }
}

/// Refuses a commit above its limits. They count what the caller gave: the prefix of a scope takes
/// nothing from them.
pub(crate) fn validate(checks: &[Check], operations: &[Operation]) -> Result<()> {
    let count = checks.len() + operations.len();
    if operations.is_empty() || count > COMMIT_OPERATIONS_MAX {
        let count = if operations.is_empty() { 0 } else { count as u64 };
        return Err(Error::OperationCount { count, max: COMMIT_OPERATIONS_MAX as u64 });
    }
    for operation in operations {
        if let Operation::Put { value, .. } = operation {
            entry::validate_size(value.len() as u64)?;
        }
    }
    // One value alone is measured by its own limit, so that a put is as good in a commit.
    if operations.len() > 1 {
        let checked = checks.iter().map(|check| check.key.len() as u64);
        let bytes = checked.chain(operations.iter().map(Operation::bytes)).sum();
        if bytes > COMMIT_BYTES_MAX as u64 {
            return Err(Error::BatchTooLarge { bytes, max: COMMIT_BYTES_MAX as u64 });
        }
    }
    Ok(())
}

/// What an atomic commit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum CommitOutcome {
    /// Every operation happened.
    Committed {
        /// The version of every key written.
        version: Version,
        /// The results of the increments, in order.
        counters: Vec<i64>,
    },
    /// The index of the first check that did not hold; nothing happened.
    Conflict(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(value: usize) -> Operation {
        let value = Bytes::from(vec![0; value]);
        Operation::Put { key: "k".into(), value, expiration: None, metadata: None }
    }

    #[test]
    fn what_is_too_much_for_a_commit_goes_into_several() {
        let sizes = |operations: Vec<Operation>| {
            let commits = Operation::in_commits(operations);
            assert!(commits.iter().all(|commit| validate(&[], commit).is_ok()));
            commits.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Vec::new()), [0; 0]);
        assert_eq!(sizes((0..2001).map(|_| put(0)).collect()), [1000, 1000, 1]);
        let third = COMMIT_BYTES_MAX / 3;
        assert_eq!(sizes((0..4).map(|_| put(third - 1)).collect()), [3, 1]);
        assert_eq!(sizes(vec![put(0), put(COMMIT_BYTES_MAX), put(0)]), [1, 1, 1]);
    }

    #[test]
    fn an_operation_is_refused_as_a_commit_refuses_it() {
        let now = UnixMillis::new(1000);
        let delete = |key: &str| Operation::Delete { key: key.into() }.validate(now);
        assert_eq!(delete("k"), Ok(()));
        assert_eq!(delete(""), Err(Error::KeyEmpty));
        let put = |metadata: Option<&str>, expiration: Option<Expiration>| {
            let (key, metadata) = ("k".into(), metadata.map(String::from));
            Operation::Put { key, value: Bytes::new(), expiration, metadata }.validate(now)
        };
        assert_eq!(put(Some("{}"), Some(Expiration::Ttl(1))), Ok(()));
        assert!(matches!(put(Some("{"), None), Err(Error::MetadataNotJson { .. })));
        assert_eq!(put(None, Some(Expiration::Ttl(0))), Err(Error::TtlZero));
        assert!(matches!(put(None, Some(Expiration::At(1))), Err(Error::ExpirationPassed { .. })));
    }
}
