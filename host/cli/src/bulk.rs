//! Writing wrangler's files of many keys: a JSON array, as `wrangler kv bulk put` reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_server::record::Record;
use larder_server::wire::{Text64, When};
use larder_store::UnixMillis;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An item of the array, which is read as a [`Pair`](larder_server::wire::Pair).
#[derive(Serialize)]
pub struct Item<'a> {
    key: Cow<'a, str>,
    value: Cow<'a, str>,
    /// Whether the value is base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<bool>,
    /// Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<u64>,
    /// Seconds from the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
}

impl<'a> Item<'a> {
    /// Fails where the metadata is not JSON.
    pub fn new(record: &'a Record) -> serde_json::Result<Self> {
        let text = std::str::from_utf8(&record.value).ok();
        let (expiration, expiration_ttl) = match record.expiration {
            Some(When::AtMs(Text64(millis))) => {
                (Some(UnixMillis::new(millis).as_secs_ceil()), None)
            }
            Some(When::At(Text64(seconds))) => (Some(seconds), None),
            Some(When::TtlMs(Text64(millis))) => (None, Some(millis.div_ceil(1000))),
            Some(When::Ttl(Text64(seconds))) => (None, Some(seconds)),
            None => (None, None),
        };
        Ok(Self {
            key: Cow::Borrowed(&record.key),
            base64: text.is_none().then_some(true),
            value: match text {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(STANDARD.encode(&record.value)),
            },
            expiration,
            expiration_ttl,
            metadata: record.metadata.as_deref().map(serde_json::from_str).transpose()?,
        })
    }
}
