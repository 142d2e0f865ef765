//! Keys: what a caller may name one, and the row under which an engine keeps it.

use crate::limits::{KEY_BYTES_MAX, SCOPE_BYTES_MAX};
use crate::{Error, Result};
use smallvec::SmallVec;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Bound;
use std::sync::Arc;

/// The number that stands in front of a namespace's rows. It is never reused.
pub type NamespaceNumber = u32;

const NUMBER_BYTES: usize = size_of::<NamespaceNumber>();

/// Rows up to this size need no allocation: `session:` and a UUID, in a scope of some length.
const ROW_BYTES_IN_PLACE: usize = 64;

/// Refuses what is no key: 1 to 512 bytes, not `.` or `..`, as in Workers KV.
pub(crate) fn validate(key: &str) -> Result<()> {
    match key {
        "" => Err(Error::KeyEmpty),
        "." => Err(Error::KeyReserved { key: "." }),
        ".." => Err(Error::KeyReserved { key: ".." }),
        _ => validate_bound(key),
    }
}

/// Whether a text of any length is no key.
pub(crate) fn is_reserved(text: &str) -> bool {
    matches!(text, "" | "." | "..")
}

/// Refuses a prefix or bound of a listing that no key could reach: any text of at most 512 bytes.
pub(crate) fn validate_bound(text: &str) -> Result<()> {
    if text.len() > KEY_BYTES_MAX {
        return Err(Error::KeyTooLong { bytes: text.len() as u64, max: KEY_BYTES_MAX as u64 });
    }
    Ok(())
}

/// A key as an engine keeps it: the namespace's number in four bytes, big end first, then the
/// prefix of the scope and the key as they were given. So byte order is the order of keys, and
/// namespaces lie one after another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row(SmallVec<[u8; ROW_BYTES_IN_PLACE]>);

impl Row {
    /// The whole row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The namespace that the row belongs to.
    pub fn namespace(&self) -> NamespaceNumber {
        self.0.first_chunk().map_or(0, |bytes| NamespaceNumber::from_be_bytes(*bytes))
    }

    /// The key with the prefix of its scope, without the namespace's number.
    pub fn key_bytes(&self) -> &[u8] {
        self.0.get(NUMBER_BYTES..).unwrap_or_default()
    }
}

/// Without the length that slices put in front, of which a row that is hashed alone has no need.
impl Hash for Row {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
    }
}

/// Rows are compared with bounds that are no rows themselves.
impl From<Vec<u8>> for Row {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:?}", self.namespace(), String::from_utf8_lossy(self.key_bytes()))
    }
}

/// Where a handle's keys lie: a namespace, and a prefix within it that the handle's user neither
/// sees nor leaves.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    start: Arc<[u8]>,
}

impl Scope {
    pub(crate) fn new(namespace: NamespaceNumber) -> Self {
        Self { start: Arc::from(namespace.to_be_bytes()) }
    }

    pub(crate) fn namespace(&self) -> NamespaceNumber {
        self.start.first_chunk().map_or(0, |bytes| NamespaceNumber::from_be_bytes(*bytes))
    }

    /// The scope within this one.
    pub(crate) fn narrowed(&self, prefix: &str) -> Result<Self> {
        let start = [&self.start, prefix.as_bytes()].concat();
        let bytes = start.len() - NUMBER_BYTES;
        if bytes > SCOPE_BYTES_MAX {
            return Err(Error::ScopeTooLong { bytes: bytes as u64, max: SCOPE_BYTES_MAX as u64 });
        }
        Ok(Self { start: start.into() })
    }

    /// The row of a key, which must be a legal one.
    pub(crate) fn row(&self, key: &str) -> Result<Row> {
        validate(key)?;
        let mut row = SmallVec::with_capacity(self.start.len() + key.len());
        row.extend_from_slice(&self.start);
        row.extend_from_slice(key.as_bytes());
        Ok(Row(row))
    }

    /// The row before which a key or bound stands, legal or not.
    pub(crate) fn bound(&self, text: &str) -> Vec<u8> {
        [&self.start, text.as_bytes()].concat()
    }

    /// The key of a row of this scope, as the handle's user names it.
    pub(crate) fn key<'a>(&self, row: &'a [u8]) -> Result<&'a str> {
        let key = row.get(self.start.len()..).unwrap_or_default();
        std::str::from_utf8(key)
            .map_err(|_| Error::corrupt(format!("a key is not UTF-8: {row:x?}")))
    }

    /// All rows whose key begins with `prefix`: the least, and the bound that they stay below.
    pub(crate) fn range(&self, prefix: &str) -> (Vec<u8>, Bound<Vec<u8>>) {
        let start = self.bound(prefix);
        let end = successor(&start);
        (start, end)
    }
}

/// The bound just above everything that begins with `prefix`.
pub(crate) fn successor(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_namespace_end_where_the_next_begins() {
        let (start, end) = Scope::new(1).range("");
        assert_eq!(start, [0, 0, 0, 1]);
        assert_eq!(end, Bound::Excluded(vec![0, 0, 0, 2]));
        let (_, end) = Scope::new(u32::MAX).range("");
        assert_eq!(end, Bound::Unbounded);
        let (_, end) = Scope::new(0x1ff).range("");
        assert_eq!(end, Bound::Excluded(vec![0, 0, 2]));
    }

    #[test]
    fn a_scope_is_taken_off_again() {
        let scope = Scope::new(7).narrowed("plugin/").unwrap().narrowed("a/").unwrap();
        let row = scope.row("é").unwrap();
        assert_eq!(row.key_bytes(), "plugin/a/é".as_bytes());
        assert_eq!((row.namespace(), scope.namespace()), (7, 7));
        assert_eq!(scope.key(row.as_bytes()), Ok("é"));
    }

    #[test]
    fn a_scope_does_not_shorten_the_key() {
        let scope = Scope::new(7).narrowed(&"p".repeat(128)).unwrap();
        assert!(scope.row(&"k".repeat(512)).is_ok());
        assert_eq!(scope.row(&"k".repeat(513)), Err(Error::KeyTooLong { bytes: 513, max: 512 }));
        assert_eq!(scope.narrowed("q").err(), Some(Error::ScopeTooLong { bytes: 129, max: 128 }));
        assert_eq!(scope.row("."), Err(Error::KeyReserved { key: "." }));
    }
}
