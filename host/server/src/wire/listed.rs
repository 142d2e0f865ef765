//! The keys of a listing.

use larder_store::{Head, KeyInfo, UnixMillis};
use serde::Serialize;
use serde_json::value::RawValue;

/// A key as Workers KV and wrangler list it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed<'a> {
    /// The key.
    pub name: &'a str,
    /// When it stops existing: Unix time in seconds, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<u64>,
    /// What is kept beside its value, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<&'a RawValue>,
}

impl<'a> TryFrom<&'a KeyInfo> for Listed<'a> {
    type Error = serde_json::Error;

    /// Fails where the metadata is not JSON, of which the store takes none.
    fn try_from(KeyInfo { name, head }: &'a KeyInfo) -> Result<Self, Self::Error> {
        let expiration = head.expiration.map(UnixMillis::as_secs_ceil);
        Ok(Self { name, expiration, metadata: metadata(head)? })
    }
}

/// Metadata as it was written.
pub(crate) fn metadata(head: &Head) -> serde_json::Result<Option<&RawValue>> {
    head.metadata.as_deref().map(serde_json::from_str).transpose()
}
