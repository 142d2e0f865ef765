//! How the protocol writes what the contract has.

use crate::bindings::store as wit;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Display};
use std::str::FromStr;

/// What stands in a URL as it is. A dot does not, so that no key looks like a step up in a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// Text as a part of a path, or as a value in a query.
pub(super) fn encoded(text: &str) -> impl Display {
    utf8_percent_encode(text, ENCODED)
}

pub(super) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: impl AsRef<[u8]>) -> Result<Vec<u8>, base64::DecodeError> {
    BASE64_STANDARD.decode(text)
}

/// A number of 64 bits, written as text: many readers of JSON round beyond 2^53.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String", bound(deserialize = "N: FromStr, N::Err: Display"))]
pub(super) struct Decimal<N>(pub(super) N);

impl<N: FromStr> TryFrom<String> for Decimal<N> {
    type Error = N::Err;

    fn try_from(text: String) -> Result<Self, N::Err> {
        text.parse().map(Self)
    }
}

impl<N: Display> Serialize for Decimal<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expiration {
    Ttl(u64),
    TtlMs(u64),
    At(u64),
}

impl From<wit::Expiration> for Expiration {
    fn from(expiration: wit::Expiration) -> Self {
        match expiration {
            wit::Expiration::Ttl(seconds) => Self::Ttl(seconds),
            wit::Expiration::TtlMs(millis) => Self::TtlMs(millis),
            wit::Expiration::At(seconds) => Self::At(seconds),
        }
    }
}

/// As in a query.
impl Display for Expiration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ttl(seconds) => write!(f, "ttl={seconds}"),
            Self::TtlMs(millis) => write!(f, "ttl_ms={millis}"),
            Self::At(seconds) => write!(f, "at={seconds}"),
        }
    }
}

/// A condition, in JSON and in a query: `absent`, `present`, or a version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition(pub(super) wit::Condition);

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            wit::Condition::Absent => f.write_str("absent"),
            wit::Condition::Present => f.write_str("present"),
            wit::Condition::Version(version) => write!(f, "{version}"),
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Serialize)]
pub(super) struct Check<'a> {
    key: &'a str,
    r#if: Condition,
}

impl<'a> From<&wit::Check<'a>> for Check<'a> {
    fn from(check: &wit::Check<'a>) -> Self {
        Self { key: check.key, r#if: Condition(check.condition) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation<'a> {
    Put {
        key: &'a str,
        value_base64: String,
        expiration: Option<Expiration>,
        metadata: Option<&'a str>,
    },
    Delete {
        key: &'a str,
    },
    Increment {
        key: &'a str,
        delta: Decimal<i64>,
        expiration: Option<Expiration>,
    },
    Expire {
        key: &'a str,
        expiration: Option<Expiration>,
    },
}

impl<'a> From<&wit::Operation<'a>> for Operation<'a> {
    fn from(operation: &wit::Operation<'a>) -> Self {
        let on_wire = |expiration: Option<wit::Expiration>| expiration.map(Expiration::from);
        match operation {
            wit::Operation::Put(put) => Self::Put {
                key: put.key,
                value_base64: to_base64(put.value),
                expiration: on_wire(put.expiration),
                metadata: put.metadata,
            },
            wit::Operation::Delete(key) => Self::Delete { key },
            wit::Operation::Increment(increment) => Self::Increment {
                key: increment.key,
                delta: Decimal(increment.delta),
                expiration: on_wire(increment.expiration),
            },
            wit::Operation::Expire(expire) => {
                Self::Expire { key: expire.key, expiration: on_wire(expire.expiration) }
            }
        }
    }
}

/// A listing that is longer than any query.
#[derive(Serialize)]
pub(super) struct Listing<'a> {
    prefix: Option<&'a str>,
    start: Option<&'a str>,
    end: Option<&'a str>,
    reverse: bool,
    limit: Option<u32>,
    cursor: Option<&'a str>,
}

impl<'a> From<wit::ListOptions<'a>> for Listing<'a> {
    fn from(options: wit::ListOptions<'a>) -> Self {
        let wit::ListOptions { prefix, start, end, reverse, limit, cursor } = options;
        Self { prefix, start, end, reverse, limit, cursor }
    }
}

/// A key, of which the answers that name it leave the name out.
#[derive(Debug, Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    name: String,
    version: Decimal<u64>,
    size: u64,
    expiration: Option<u64>,
    metadata: Option<String>,
}

impl From<Key> for wit::KeyInfo {
    fn from(key: Key) -> Self {
        let Key { name, version: Decimal(version), size, expiration, metadata } = key;
        Self { name, expiration, metadata, version, size }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    value_base64: String,
    #[serde(flatten)]
    key: Key,
}

impl TryFrom<Entry> for wit::Entry {
    type Error = base64::DecodeError;

    fn try_from(entry: Entry) -> Result<Self, base64::DecodeError> {
        let Key { version: Decimal(version), expiration, metadata, .. } = entry.key;
        Ok(Self { value: from_base64(entry.value_base64)?, expiration, metadata, version })
    }
}
