//! What is kept of a key.

use crate::limits::{GET_MANY_BYTES_MAX, METADATA_BYTES_MAX, VALUE_BYTES_MAX};
use crate::{Error, Result, UnixMillis};
use bytes::Bytes;
use serde::de::IgnoredAny;
use std::sync::Arc;

/// Names one write of a key: it changes with every write and is never reused, also not after a
/// delete or a crash. Only equality has meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// The version that [`Version::as_u64`] gave.
    pub const fn from_u64(version: u64) -> Self {
        Self(version)
    }

    /// The version as a number, to be kept or sent elsewhere.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// Everything that is kept of a key but its name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The write that made it what it is.
    pub version: Version,
    /// When it stops existing; `None` is never.
    pub expiration: Option<UnixMillis>,
    /// JSON text of at most 1024 bytes, kept byte for byte.
    pub metadata: Option<Arc<str>>,
    /// Bytes of the value.
    pub size: u64,
}

impl Head {
    /// Whether the key exists at `now`.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        !self.expiration.is_some_and(|expiration| expiration.has_passed(now))
    }
}

/// A key with everything but its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The key.
    pub name: String,
    /// What is kept of it.
    pub head: Head,
}

/// A value with everything that is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value, 0 to 26,214,400 bytes.
    pub value: Bytes,
    /// What is kept beside it.
    pub head: Head,
}

/// What a bulk read answers with, as far as it has come: the keys that exist, and values of 25 MiB
/// in all at most.
#[derive(Clone, Debug)]
pub struct Wanted {
    now: UnixMillis,
    bytes: u64,
}

impl Wanted {
    pub(crate) fn at(now: UnixMillis) -> Self {
        Self { now, bytes: 0 }
    }

    /// Whether the next row is wanted with its value.
    pub fn wants(&mut self, head: &Head) -> Result<bool> {
        if !head.is_live(self.now) {
            return Ok(false);
        }
        self.bytes += head.size;
        let (bytes, max) = (self.bytes, GET_MANY_BYTES_MAX as u64);
        if bytes > max { Err(Error::BatchTooLarge { bytes, max }) } else { Ok(true) }
    }
}

/// Refuses a value above 25 MiB, as in Workers KV.
pub(crate) fn validate_size(bytes: u64) -> Result<()> {
    let max = VALUE_BYTES_MAX as u64;
    if bytes > max { Err(Error::ValueTooLarge { bytes, max }) } else { Ok(()) }
}

/// Metadata as it is kept; refused when it is not JSON text of at most 1024 bytes, as in Workers KV.
pub(crate) fn validated_metadata(metadata: Option<&str>) -> Result<Option<Arc<str>>> {
    let Some(metadata) = metadata else { return Ok(None) };
    if metadata.len() > METADATA_BYTES_MAX {
        let (bytes, max) = (metadata.len() as u64, METADATA_BYTES_MAX as u64);
        return Err(Error::MetadataTooLarge { bytes, max });
    }
    match serde_json::from_str::<IgnoredAny>(metadata) {
        Ok(_) => Ok(Some(metadata.into())),
        Err(error) => Err(Error::MetadataNotJson { reason: error.to_string().into() }),
    }
}
