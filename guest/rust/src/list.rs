//! Listing: which keys, in which order, a page at a time.

use crate::KeyInfo;
use crate::bindings::store as wit;

/// Which keys to list, and in which direction. All bounds hold together.
///
/// ```no_run
/// use larder_guest::{List, Namespace};
///
/// # fn main() -> Result<(), larder_guest::Error> {
/// let events = Namespace::open("EVENTS")?;
/// let newest = events.list(&List::new().prefix("event:").reverse().limit(10))?;
/// for key in newest.keys {
///     println!("{} has {} bytes", key.name, key.size);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    prefix: Option<String>,
    start: Option<String>,
    end: Option<String>,
    reverse: bool,
    limit: Option<u32>,
    cursor: Option<String>,
}

impl List {
    /// Every key, from the first to the last.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only keys that begin with this text.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only keys that are not less than this text, whether it is a key or not.
    pub fn start(mut self, start: impl Into<String>) -> Self {
        self.start = Some(start.into());
        self
    }

    /// Only keys that are less than this text, whether it is a key or not.
    pub fn end(mut self, end: impl Into<String>) -> Self {
        self.end = Some(end.into());
        self
    }

    /// From the last key to the first.
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// Most keys on a page, 1 to 1000; without it 1000.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Goes on where an earlier page in the same direction ended: after its last key.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    pub(crate) fn to_wit(&self) -> wit::ListOptions<'_> {
        wit::ListOptions {
            prefix: self.prefix.as_deref(),
            start: self.start.as_deref(),
            end: self.end.as_deref(),
            reverse: self.reverse,
            limit: self.limit,
            cursor: self.cursor.as_deref(),
        }
    }
}

/// Every key that begins with this text.
impl From<&str> for List {
    fn from(prefix: &str) -> Self {
        Self::new().prefix(prefix)
    }
}

/// Every key that begins with this text.
impl From<&String> for List {
    fn from(prefix: &String) -> Self {
        Self::new().prefix(prefix)
    }
}

/// Every key that begins with this text.
impl From<String> for List {
    fn from(prefix: String) -> Self {
        Self::new().prefix(prefix)
    }
}

/// Keys in UTF-8 byte order, or its reverse, without their values.
///
/// A page may hold fewer keys than the limit, even none, and still carry a cursor: only a missing
/// cursor ends the listing. [`Namespace::keys`](crate::Namespace::keys) sees to that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListPage {
    /// The keys.
    pub keys: Vec<KeyInfo>,
    /// Where the next page goes on.
    pub cursor: Option<String>,
}

impl ListPage {
    pub(crate) fn from_wit(page: wit::ListPage) -> Self {
        let wit::ListPage { keys, cursor } = page;
        Self { keys: keys.into_iter().map(KeyInfo::from_wit).collect(), cursor }
    }
}
