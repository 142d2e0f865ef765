//! What is kept of a key.

use crate::bindings::store as wit;
use crate::expiration::seconds_until;
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use std::time::{Duration, SystemTime};

/// Names one write of a key: it changes with every write and is never reused, also not after a
/// delete or a crash. Only equality has meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// The version that [`Version::as_u64`] gave.
    pub const fn from_u64(version: u64) -> Self {
        Self(version)
    }

    /// The version as a number, to be kept or sent elsewhere: in an `ETag`, for example.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// A key with everything but its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key.
    pub name: String,
    /// When it stops existing: Unix time in seconds, rounded up; `None` is never.
    pub expiration: Option<u64>,
    /// The metadata as JSON text; [`KeyInfo::metadata`] reads it.
    pub metadata_json: Option<String>,
    /// The write that made it what it is.
    pub version: Version,
    /// Bytes of the value.
    pub size: u64,
}

impl KeyInfo {
    /// The metadata; `None` when the key has none.
    pub fn metadata<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        parsed_metadata(self.metadata_json.as_deref())
    }

    pub(crate) fn from_wit(info: wit::KeyInfo) -> Self {
        let wit::KeyInfo { name, expiration, metadata, version, size } = info;
        Self { name, expiration, metadata_json: metadata, version: Version(version), size }
    }
}

/// A value with everything that is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The value.
    pub value: Vec<u8>,
    /// When the key stops existing: Unix time in seconds, rounded up; `None` is never.
    pub expiration: Option<u64>,
    /// The metadata as JSON text; [`Entry::metadata`] reads it.
    pub metadata_json: Option<String>,
    /// The write that made it what it is.
    pub version: Version,
}

impl Entry {
    /// The metadata; `None` when the key has none.
    pub fn metadata<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        parsed_metadata(self.metadata_json.as_deref())
    }

    pub(crate) fn from_wit(entry: wit::Entry) -> Self {
        let wit::Entry { value, expiration, metadata, version } = entry;
        Self { value, expiration, metadata_json: metadata, version: Version(version) }
    }
}

/// A counter after an increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counter {
    /// Its value.
    pub value: i64,
    /// When it stops existing and counting begins anew: Unix time in seconds, rounded up; `None`
    /// is never.
    pub expiration: Option<u64>,
    /// The write that made it what it is.
    pub version: Version,
}

impl Counter {
    /// What the HTTP header `Retry-After` says of a limit that this counter has reached: whole
    /// seconds until it expires and counting begins anew, at least 1; `None` when it never does.
    ///
    /// It is [`Counter::expiration`] less the seconds that the component's clock shows, and off Wasm
    /// the store's: who waits so long never comes too early, and since both are rounded to seconds, up to two seconds too
    /// late. It can therefore be one more than the seconds of the ttl.
    pub fn retry_after(&self) -> Option<u64> {
        let expiration = self.expiration?;
        Some(seconds_until(expiration, now()).max(1))
    }

    pub(crate) fn from_wit(counter: wit::Counter) -> Self {
        let wit::Counter { value, expiration, version } = counter;
        Self { value, expiration, version: Version(version) }
    }
}

/// The time since the Unix epoch.
fn now() -> Duration {
    // In tests the store's clock is set, and this process's is not.
    #[cfg(not(target_family = "wasm"))]
    if let Ok(now_ms) = crate::socket::store().and_then(crate::socket::Store::now_ms) {
        return Duration::from_millis(now_ms);
    }
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn parsed_metadata<T: DeserializeOwned>(json: Option<&str>) -> Result<Option<T>> {
    json.map(serde_json::from_str).transpose().map_err(|source| Error::MetadataNotJson { source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(expiration: Option<u64>) -> Counter {
        Counter { value: 6, expiration, version: Version(1) }
    }

    #[test]
    fn retry_after_is_at_least_one_second_also_when_the_counter_has_just_expired() {
        assert_eq!(counter(Some(0)).retry_after(), Some(1));
    }

    #[test]
    fn a_counter_that_never_expires_has_no_time_to_retry_after() {
        assert_eq!(counter(None).retry_after(), None);
    }

    #[test]
    fn metadata_is_read_as_the_type_that_is_asked_for() {
        let entry = Entry {
            value: Vec::new(),
            expiration: None,
            metadata_json: Some(r#"["ada"]"#.to_owned()),
            version: Version(1),
        };
        assert_eq!(entry.metadata::<Vec<String>>().unwrap(), Some(vec!["ada".to_owned()]));
        assert!(matches!(entry.metadata::<bool>(), Err(Error::MetadataNotJson { .. })));
        let bare = Entry { metadata_json: None, ..entry };
        assert_eq!(bare.metadata::<bool>().unwrap(), None);
    }
}
