//! What a put may say besides key and value, and what a conditional write came to.

use crate::bindings::store as wit;
use crate::{Error, Expiration, Result, Version};
use serde::Serialize;
use std::time::Duration;

/// What a put may say besides key and value. A put replaces value, metadata and expiration
/// together: what is not given is removed.
///
/// ```no_run
/// use larder_guest::{Namespace, Put, WriteOutcome};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), larder_guest::Error> {
/// const HOUR: Duration = Duration::from_secs(3600);
///
/// let sessions = Namespace::open("SESSIONS")?;
/// let options = Put::new().ttl(HOUR).metadata(&["ada"])?.if_absent();
/// match sessions.put_with("session:1", "…", options)? {
///     WriteOutcome::Written(_) => println!("welcome"),
///     WriteOutcome::Conflict(_) => println!("that session exists"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    pub(crate) expiration: Option<Expiration>,
    pub(crate) metadata_json: Option<String>,
    pub(crate) condition: Option<Condition>,
}

impl Put {
    /// No expiration, no metadata, no condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// The key stops existing `ttl` after the write; at least 1 ms, kept to the millisecond.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.expiration(Expiration::Ttl(ttl))
    }

    /// The key stops existing then.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// What to keep beside the value, for listings to answer with: at most 1024 bytes as JSON.
    pub fn metadata<T: Serialize + ?Sized>(self, metadata: &T) -> Result<Self> {
        let json =
            serde_json::to_string(metadata).map_err(|source| Error::NotSerializable { source })?;
        Ok(self.metadata_json(json))
    }

    /// Metadata that is JSON text already; it is kept byte for byte.
    pub fn metadata_json(mut self, json: impl Into<String>) -> Self {
        self.metadata_json = Some(json.into());
        self
    }

    /// Only if the key does not exist.
    pub fn if_absent(self) -> Self {
        self.condition(Condition::Absent)
    }

    /// Only if the key exists.
    pub fn if_present(self) -> Self {
        self.condition(Condition::Present)
    }

    /// Only if that write made the key what it is.
    pub fn if_version(self, version: Version) -> Self {
        self.condition(Condition::Version(version))
    }

    /// Only if this holds of the key.
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    pub(crate) fn to_wit(&self) -> wit::PutOptions<'_> {
        wit::PutOptions {
            expiration: self.expiration.map(Expiration::to_wit),
            metadata: self.metadata_json.as_deref(),
            condition: self.condition.map(Condition::to_wit),
        }
    }
}

/// What must hold of a key for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The key does not exist.
    Absent,
    /// The key exists.
    Present,
    /// The key exists and this write made it what it is.
    Version(Version),
}

impl Condition {
    pub(crate) fn to_wit(self) -> wit::Condition {
        match self {
            Self::Absent => wit::Condition::Absent,
            Self::Present => wit::Condition::Present,
            Self::Version(version) => wit::Condition::Version(version.as_u64()),
        }
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

impl WriteOutcome {
    pub(crate) fn from_wit(outcome: wit::WriteOutcome) -> Self {
        match outcome {
            wit::WriteOutcome::Written(version) => Self::Written(Version::from_u64(version)),
            wit::WriteOutcome::Conflict(found) => Self::Conflict(found.map(Version::from_u64)),
        }
    }
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

impl DeleteOutcome {
    pub(crate) fn from_wit(outcome: wit::DeleteOutcome) -> Self {
        match outcome {
            wit::DeleteOutcome::Deleted => Self::Deleted,
            wit::DeleteOutcome::Conflict(found) => Self::Conflict(found.map(Version::from_u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_say_what_was_built_and_nothing_else() {
        let options = Put::new().ttl(Duration::from_secs(1)).metadata(&("ada", 7)).unwrap();
        let options = options.if_version(Version::from_u64(3));
        let wit = options.to_wit();
        assert!(matches!(wit.expiration, Some(wit::Expiration::TtlMs(1000))));
        assert_eq!(wit.metadata, Some(r#"["ada",7]"#));
        assert!(matches!(wit.condition, Some(wit::Condition::Version(3))));

        let nothing = Put::new();
        let wit = nothing.to_wit();
        assert!(wit.expiration.is_none() && wit.metadata.is_none() && wit.condition.is_none());
    }

    #[test]
    fn metadata_that_is_no_json_is_an_error_before_anything_is_written() {
        let not_a_string = std::collections::BTreeMap::from([((1, 2), 3)]);
        let error = Put::new().metadata(&not_a_string).unwrap_err();
        assert!(matches!(error, Error::NotSerializable { .. }), "{error:?}");
    }
}
