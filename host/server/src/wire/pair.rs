//! The pairs of a bulk put.

use super::{Text64, When};
use crate::record::Record;
use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_store::{Expiration, Operation};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A pair of a bulk put, as Workers KV and the files of wrangler have it. What else stands there is
/// not looked at.
#[derive(Clone, Debug, Deserialize)]
pub struct Pair<'a> {
    /// The key.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
    /// Its value.
    #[serde(borrow)]
    pub value: Cow<'a, str>,
    /// Whether the value is in base64.
    pub base64: Option<bool>,
    /// When the key stops existing: Unix time in seconds.
    pub expiration: Option<Text64<u64>>,
    /// Seconds after which the key stops existing; they win.
    pub expiration_ttl: Option<Text64<u64>>,
    /// What is kept beside the value, byte for byte.
    #[serde(borrow)]
    pub metadata: Option<&'a RawValue>,
}

impl Pair<'_> {
    /// The pair as a record.
    ///
    /// # Errors
    ///
    /// When the value is not the base64 that it says it is.
    pub fn into_record(self) -> Result<Record, DecodeError> {
        let value = match self.base64 {
            Some(true) => STANDARD.decode(self.value.as_bytes())?,
            _ => self.value.into_owned().into_bytes(),
        };
        Ok(Record {
            key: self.key.into_owned(),
            expiration: expiration(self.expiration, self.expiration_ttl),
            metadata: self.metadata.map(|metadata| metadata.get().to_owned()),
            value: value.into(),
        })
    }

    /// The pair as it is written; fails as [`Pair::into_record`] does.
    pub fn into_put(self) -> Result<Operation, DecodeError> {
        let Record { key, expiration, metadata, value } = self.into_record()?;
        Ok(Operation::Put { key, value, expiration: expiration.map(Expiration::from), metadata })
    }
}

/// The expiration that Workers KV makes of both ways to say it.
pub(crate) fn expiration(at: Option<Text64<u64>>, ttl: Option<Text64<u64>>) -> Option<When> {
    ttl.map(When::Ttl).or(at.map(When::At))
}
