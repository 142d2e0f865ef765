//! What was asked of a namespace and what was answered, and when.

use std::fmt;

/// How many keys there are: few, so that operations meet.
pub const KEYS: usize = 3;
/// The number of a key, in the order of their names.
pub type Key = usize;

pub fn name_of(key: Key) -> &'static str {
    ["a", "b", "c"][key]
}

/// An operation.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Get, head, a bulk read, a read in pieces: all keys at one moment.
    Read(Vec<Key>),
    List,
    /// Checks and writes that happen together or not at all.
    Write {
        checks: Vec<(Key, Condition)>,
        writes: Vec<Write>,
    },
    /// Sets the clock forward.
    Step,
    DeleteNamespace,
}

#[derive(Clone, Copy, Debug)]
pub enum Condition {
    Absent,
    Present,
    Version(u64),
}

#[derive(Clone)]
pub enum Write {
    Put { key: Key, text: String, ttl_ms: Option<u64> },
    Delete { key: Key },
    Increment { key: Key, delta: i64, ttl_ms: Option<u64> },
    Expire { key: Key, ttl_ms: Option<u64> },
}

/// What an operation was answered.
#[derive(Clone, Debug)]
pub enum Answer {
    Read(Vec<Option<Seen>>),
    /// The version is told of all but deletes.
    Written {
        version: Option<u64>,
        came_to: Vec<Written>,
    },
    /// What was found is told of all but commits.
    Conflict {
        check: usize,
        found: Option<Option<u64>>,
    },
    NotACounter,
    Done,
    /// The namespace has been deleted.
    Gone,
}

/// What was seen of a key; no text where only its head was read.
#[derive(Clone)]
pub struct Seen {
    pub text: Option<String>,
    pub version: u64,
    pub expiration_ms: Option<u64>,
}

/// What a write came to, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Put,
    Deleted(Option<bool>),
    Counted { count: i64, expiration_ms: Option<Option<u64>> },
    Expired(Option<bool>),
}

impl Written {
    /// Whether what was told can mean this.
    pub fn fits(&self, is: &Self) -> bool {
        match (self, is) {
            (Self::Deleted(None), Self::Deleted(_)) | (Self::Expired(None), Self::Expired(_)) => {
                true
            }
            (Self::Counted { count: told, expiration_ms: None }, Self::Counted { count, .. }) => {
                told == count
            }
            _ => self == is,
        }
    }
}

/// An operation, from when it was asked until it was answered.
#[derive(Clone)]
pub struct Event {
    pub hand: usize,
    pub asked: Asked,
    /// None of one that was given up, which happens whole or not at all, and at any time.
    pub answer: Option<Answer>,
    /// Steps of one counter for all hands.
    pub from: u64,
    pub until: u64,
    /// The store's clock before it was asked.
    pub clock_ms: u64,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hand, asked, answer, from, until, clock_ms } = self;
        let until = if answer.is_none() { "…".into() } else { until.to_string() };
        write!(f, "hand {hand} at {clock_ms} ms, {from}–{until}: {asked:?} → {answer:?}")
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.as_deref().map(shortened);
        write!(f, "{text:?} v{} until {:?}", self.version, self.expiration_ms)
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { key, text, ttl_ms } => {
                write!(f, "put {} {:?} ttl {ttl_ms:?}", name_of(*key), shortened(text))
            }
            Self::Delete { key } => write!(f, "delete {}", name_of(*key)),
            Self::Increment { key, delta, ttl_ms } => {
                write!(f, "increment {} {delta} ttl {ttl_ms:?}", name_of(*key))
            }
            Self::Expire { key, ttl_ms } => write!(f, "expire {} ttl {ttl_ms:?}", name_of(*key)),
        }
    }
}

fn shortened(text: &str) -> &str {
    text.get(..12).unwrap_or(text)
}
