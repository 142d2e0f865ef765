//! What requests and answers are made of, for both ends.

mod listed;
mod pair;

pub use listed::Listed;
pub(crate) use listed::metadata;
pub use pair::Pair;
pub(crate) use pair::expiration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_store::{
    Check, Condition, Entry, Expiration, Head, KeyInfo, NamespaceInfo, Operation, UnixMillis,
    Version,
};
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A number of 64 bits, written as text, since many readers of JSON round beyond 2^53; a number
/// will do where one is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text64<T>(pub T);

impl<T: fmt::Display> Serialize for Text64<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Text64<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(serde_json::Number),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Number(number) => number.to_string(),
            Either::Text(text) => text,
        };
        let number = text.parse().map_err(|_| {
            D::Error::invalid_value(Unexpected::Str(&text), &"an integer of 64 bits")
        })?;
        Ok(Self(number))
    }
}

/// A key without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key.
    #[serde(default)]
    pub name: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub head: KeyHead,
}

/// What is kept of a key but its name and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHead {
    /// The write that made it what it is.
    pub version: Text64<u64>,
    /// Bytes of the value.
    pub size: u64,
    /// When it stops existing: Unix time in seconds, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<u64>,
    /// The same in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_ms: Option<u64>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

impl From<&Head> for KeyHead {
    fn from(head: &Head) -> Self {
        Self {
            version: Text64(head.version.as_u64()),
            size: head.size,
            expiration: head.expiration.map(UnixMillis::as_secs_ceil),
            expiration_ms: head.expiration.map(UnixMillis::as_millis),
            metadata: head.metadata.as_deref().map(str::to_owned),
        }
    }
}

impl From<KeyHead> for Head {
    fn from(head: KeyHead) -> Self {
        Self {
            version: Version::from_u64(head.version.0),
            expiration: head.expiration_ms.map(UnixMillis::new),
            metadata: head.metadata.map(Arc::from),
            size: head.size,
        }
    }
}

impl From<&KeyInfo> for Key {
    fn from(info: &KeyInfo) -> Self {
        Self { name: info.name.clone(), head: KeyHead::from(&info.head) }
    }
}

impl From<Key> for KeyInfo {
    fn from(key: Key) -> Self {
        Self { name: key.name, head: key.head.into() }
    }
}

/// An entry of a bulk get.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ValueAndHead {
    /// The value.
    pub value_base64: String,
    /// What is kept beside it.
    #[serde(flatten)]
    pub head: KeyHead,
}

impl From<&Entry> for ValueAndHead {
    fn from(entry: &Entry) -> Self {
        Self { value_base64: STANDARD.encode(&entry.value), head: KeyHead::from(&entry.head) }
    }
}

/// When a key is to stop existing: one of four ways to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Seconds from the write.
    Ttl(Text64<u64>),
    /// Milliseconds from the write.
    TtlMs(Text64<u64>),
    /// Unix time in seconds.
    At(Text64<u64>),
    /// Unix time in milliseconds.
    AtMs(Text64<u64>),
}

impl From<When> for Expiration {
    fn from(when: When) -> Self {
        match when {
            When::Ttl(Text64(seconds)) => Self::Ttl(seconds),
            When::TtlMs(Text64(millis)) => Self::TtlMs(millis),
            When::At(Text64(seconds)) => Self::At(seconds),
            When::AtMs(Text64(millis)) => Self::AtMs(millis),
        }
    }
}

/// What must hold for a write to happen: `absent`, `present`, or a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct If(pub Condition);

impl<'de> Deserialize<'de> for If {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Number(version) => return Ok(Self(version_is(version))),
            Either::Text(text) => text,
        };
        let condition = match text.as_str() {
            "absent" => Condition::Absent,
            "present" => Condition::Present,
            version => version_is(version.parse().map_err(|_| {
                D::Error::invalid_value(Unexpected::Str(&text), &"absent, present or a version")
            })?),
        };
        Ok(Self(condition))
    }
}

fn version_is(version: u64) -> Condition {
    Condition::Version(Version::from_u64(version))
}

/// A check of a commit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyIf {
    /// The key.
    pub key: String,
    /// What must hold of it.
    pub r#if: If,
}

impl From<KeyIf> for Check {
    fn from(check: KeyIf) -> Self {
        Self { key: check.key, condition: check.r#if.0 }
    }
}

/// An operation of a commit.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Writes a key.
    #[serde(rename_all = "snake_case")]
    Put {
        /// The key.
        key: String,
        /// Its value.
        #[serde(flatten)]
        value: NewValue,
        /// When it stops existing.
        expiration: Option<When>,
        /// JSON text.
        metadata: Option<String>,
    },
    /// Deletes a key.
    Delete {
        /// The key.
        key: String,
    },
    /// Adds to a counter.
    Increment {
        /// The key.
        key: String,
        /// What to add.
        delta: Text64<i64>,
        /// The expiration of a counter that begins here.
        expiration: Option<When>,
    },
    /// Changes an expiration alone.
    Expire {
        /// The key.
        key: String,
        /// When it stops existing.
        expiration: Option<When>,
    },
}

/// A value within JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewValue {
    /// Text.
    Value(String),
    /// Bytes as base64.
    ValueBase64(Base64),
}

/// Bytes, read from base64.
#[derive(Clone, Debug)]
pub struct Base64(pub Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FromText;
        impl Visitor<'_> for FromText {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Base64, E> {
                let bytes = STANDARD.decode(text).map(Base64);
                bytes.map_err(|error| E::custom(format_args!("the value is not base64: {error}")))
            }
        }
        // Not by way of a text of its own: it may have 35 MB.
        deserializer.deserialize_str(FromText)
    }
}

impl From<Step> for Operation {
    fn from(step: Step) -> Self {
        let when = |expiration: Option<When>| expiration.map(Expiration::from);
        match step {
            Step::Put { key, value, expiration, metadata } => {
                let value = match value {
                    NewValue::Value(text) => text.into_bytes(),
                    NewValue::ValueBase64(Base64(bytes)) => bytes,
                };
                Self::Put { key, value: value.into(), expiration: when(expiration), metadata }
            }
            Step::Delete { key } => Self::Delete { key },
            Step::Increment { key, delta, expiration } => {
                Self::Increment { key, delta: delta.0, expiration: when(expiration) }
            }
            Step::Expire { key, expiration } => Self::Expire { key, expiration: when(expiration) },
        }
    }
}

/// A namespace: what Workers KV says of one, and how much is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// What bindings hold; it stays when the namespace is renamed.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// That keys in paths are percent-encoded.
    pub supports_url_encoding: bool,
    /// Its keys, with those that have expired and not been swept yet.
    pub keys: u64,
    /// Bytes of its keys, metadata and values, likewise.
    pub bytes: u64,
    /// How much of both it may have.
    #[serde(default, skip_serializing_if = "Quota::is_unlimited")]
    pub quota: Quota,
}

/// Most keys and bytes of a namespace; what is left out is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Most keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// Most bytes of keys, metadata and values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Quota {
    /// Whether there is no limit at all.
    pub fn is_unlimited(&self) -> bool {
        larder_store::Quota::from(*self).is_unlimited()
    }
}

impl From<Quota> for larder_store::Quota {
    fn from(Quota { keys, bytes }: Quota) -> Self {
        Self { keys, bytes }
    }
}

impl From<NamespaceInfo> for Namespace {
    fn from(info: NamespaceInfo) -> Self {
        Self {
            id: info.id.as_ref().to_owned(),
            title: info.title.as_ref().to_owned(),
            supports_url_encoding: true,
            keys: info.keys,
            bytes: info.bytes,
            quota: Quota { keys: info.quota.keys, bytes: info.quota.bytes },
        }
    }
}

/// Metadata in a header, which may not hold every character that JSON text may.
pub(crate) const METADATA: &str = "larder-metadata";
/// The version in a header.
pub(crate) const VERSION: &str = "larder-version";
/// The expiration in a header, Unix time in milliseconds.
pub(crate) const EXPIRATION_MS: &str = "larder-expiration-ms";
/// The expiration in a header, Unix time in seconds.
pub(crate) const EXPIRATION: &str = "larder-expiration";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_64_bits_are_exact_as_text_and_as_numbers() {
        let read = |text: &str| serde_json::from_str::<Text64<u64>>(text);
        assert_eq!(read("18446744073709551615").unwrap().0, u64::MAX);
        assert_eq!(read(r#""18446744073709551615""#).unwrap().0, u64::MAX);
        assert!(read(r#""18446744073709551616""#).is_err());
        assert!(read("1.5").is_err());
        assert!(read("-1").is_err());
        assert_eq!(serde_json::to_string(&Text64(i64::MIN)).unwrap(), r#""-9223372036854775808""#);
    }

    #[test]
    fn a_condition_is_a_word_or_a_version() {
        let read = |text: &str| serde_json::from_str::<If>(text).map(|If(condition)| condition);
        assert_eq!(read(r#""absent""#).unwrap(), Condition::Absent);
        assert_eq!(read(r#""7""#).unwrap(), version_is(7));
        assert_eq!(read("7").unwrap(), version_is(7));
        assert!(read(r#""sometimes""#).is_err());
    }

    #[test]
    fn a_put_of_a_commit_has_one_value() {
        let read = |text: &str| serde_json::from_str::<Step>(text);
        read(r#"{"put":{"key":"a","value":"x"}}"#).unwrap();
        read(r#"{"put":{"key":"a","value_base64":"eA==","expiration":{"ttl":"5"}}}"#).unwrap();
        assert!(read(r#"{"put":{"key":"a"}}"#).is_err());
        assert!(read(r#"{"put":{"key":"a","value_base64":"?"}}"#).is_err());
        assert!(read(r#"{"delete":{"key":"a","ttl":1}}"#).is_err());
    }
}
