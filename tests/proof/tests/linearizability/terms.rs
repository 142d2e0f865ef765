//! What is asked in the terms of the store, and what it answers in those of a history.

use crate::history::{Answer, Condition, Key, Seen, Write, Written, name_of};
use larder_store::{Entry, Expiration, Head, Operation, UnixMillis, Version};

impl Condition {
    pub fn of(self) -> larder_store::Condition {
        match self {
            Self::Absent => larder_store::Condition::Absent,
            Self::Present => larder_store::Condition::Present,
            Self::Version(version) => larder_store::Condition::Version(Version::from_u64(version)),
        }
    }
}

impl Write {
    pub fn key(&self) -> Key {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Increment { key, .. }
            | Self::Expire { key, .. } => *key,
        }
    }

    pub fn operation(&self) -> Operation {
        let key = name_of(self.key()).into();
        match self {
            Self::Put { text, ttl_ms, .. } => Operation::Put {
                key,
                value: text.clone().into(),
                expiration: expiration(*ttl_ms),
                metadata: None,
            },
            Self::Delete { .. } => Operation::Delete { key },
            Self::Increment { delta, ttl_ms, .. } => {
                Operation::Increment { key, delta: *delta, expiration: expiration(*ttl_ms) }
            }
            Self::Expire { ttl_ms, .. } => {
                Operation::Expire { key, expiration: expiration(*ttl_ms) }
            }
        }
    }

    /// What a commit tells of it, but for what a counter came to.
    pub fn untold(&self) -> Written {
        match self {
            Self::Put { .. } => Written::Put,
            Self::Delete { .. } => Written::Deleted(None),
            Self::Increment { .. } => Written::Counted { count: 0, expiration_ms: None },
            Self::Expire { .. } => Written::Expired(None),
        }
    }
}

pub fn expiration(ttl_ms: Option<u64>) -> Option<Expiration> {
    ttl_ms.map(Expiration::TtlMs)
}

pub fn written(version: Option<Version>, came_to: Vec<Written>) -> Answer {
    Answer::Written { version: version.map(Version::as_u64), came_to }
}

pub fn conflict(found: Option<Version>) -> Answer {
    Answer::Conflict { check: 0, found: Some(found.map(Version::as_u64)) }
}

pub fn seen_whole(entry: Entry) -> Seen {
    seen_of(Some(&entry.value), &entry.head)
}

pub fn seen_of(value: Option<&[u8]>, head: &Head) -> Seen {
    Seen {
        text: value.map(|value| String::from_utf8(value.to_vec()).unwrap()),
        version: head.version.as_u64(),
        expiration_ms: head.expiration.map(UnixMillis::as_millis),
    }
}
