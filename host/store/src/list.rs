//! Listing: which keys, in which order, and the cursor from one page to the next.

use crate::key::{Scope, is_reserved, validate_bound};
use crate::limits::{CURSOR_BYTES_MAX, LIST_KEYS_MAX, LIST_ROWS_MAX};
use crate::{Error, Head, KeyInfo, Result, UnixMillis};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::{Bound, ControlFlow};

/// Which keys to list, and in which direction. All bounds hold together.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// Only keys that begin with this text; at most 512 bytes.
    pub prefix: Option<String>,
    /// The least key, included: any text of at most 512 bytes, whether a key or not.
    pub start: Option<String>,
    /// The key before which the listing ends: any text of at most 512 bytes.
    pub end: Option<String>,
    /// From the last key to the first.
    pub reverse: bool,
    /// Most keys on the page, 1 to 1000; `None` is 1000.
    pub limit: Option<u32>,
    /// From an earlier page in the same direction: go on after its last key. It narrows the other
    /// bounds, which may differ from those of that page. Empty text is the beginning.
    pub cursor: Option<String>,
}

impl ListOptions {
    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: Some(prefix.into()), ..Self::default() }
    }
}

/// Keys in UTF-8 byte order, or its reverse, without their values.
///
/// A page may hold fewer keys than the limit, even none, and still carry a cursor: only a missing
/// cursor ends the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The keys.
    pub keys: Vec<KeyInfo>,
    /// Where the next page goes on: opaque text that means "after this key".
    pub cursor: Option<String>,
}

/// What the deletion of a page of keys came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedPage {
    /// The keys that were deleted.
    pub deleted: u64,
    /// Where the next page goes on; `None` when this was the last.
    pub cursor: Option<String>,
}

/// The rows that a page reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRange {
    /// Where the rows begin in byte order.
    pub start: Bound<Vec<u8>>,
    /// Where they end in byte order.
    pub end: Bound<Vec<u8>>,
    /// From the last row to the first.
    pub reverse: bool,
}

impl RowRange {
    /// Whether no row can lie in the range, so that an engine need not be asked.
    pub(crate) fn is_empty(&self) -> bool {
        use Bound::{Excluded, Included};
        match (&self.start, &self.end) {
            (Included(start), Included(end)) => start > end,
            (Included(start) | Excluded(start), Excluded(end) | Included(end)) => start >= end,
            _ => false,
        }
    }
}

/// What a page reads: its rows, and how many keys it may answer with.
pub(crate) struct Plan {
    pub(crate) range: RowRange,
    pub(crate) limit: usize,
}

impl Plan {
    pub(crate) fn new(options: &ListOptions, scope: &Scope) -> Result<Self> {
        let limit = match options.limit {
            None => LIST_KEYS_MAX,
            Some(limit) if (1..=LIST_KEYS_MAX as u64).contains(&u64::from(limit)) => limit as usize,
            Some(limit) => {
                let (limit, max) = (u64::from(limit), LIST_KEYS_MAX as u64);
                return Err(Error::LimitOutOfRange { limit, max });
            }
        };
        for bound in [&options.prefix, &options.start, &options.end].into_iter().flatten() {
            validate_bound(bound)?;
        }
        let (least, mut end) = scope.range(options.prefix.as_deref().unwrap_or_default());
        let mut start = Bound::Included(least);
        if let Some(text) = &options.start {
            start = higher(start, Bound::Included(scope.bound(text)));
        }
        if let Some(text) = &options.end {
            end = lower(end, Bound::Excluded(scope.bound(text)));
        }
        if let Some(text) = options.cursor.as_deref().filter(|text| !text.is_empty()) {
            let after = Bound::Excluded(scope.bound(&decode_cursor(text, options.reverse)?));
            match options.reverse {
                false => start = higher(start, after),
                true => end = lower(end, after),
            }
        }
        Ok(Self { range: RowRange { start, end, reverse: options.reverse }, limit })
    }
}

/// A page of a listing, as far as its rows have been shown.
#[derive(Clone, Debug)]
pub struct Listing {
    scope: Scope,
    limit: usize,
    reverse: bool,
    now: UnixMillis,
    rows_seen: usize,
    page: ListPage,
}

impl Listing {
    pub(crate) fn new(scope: &Scope, limit: usize, reverse: bool, now: UnixMillis) -> Self {
        let page = ListPage { keys: Vec::new(), cursor: None };
        Self { scope: scope.clone(), limit, reverse, now, rows_seen: 0, page }
    }

    /// Takes the next row; whether there may be more.
    pub fn row(&mut self, row: &[u8], head: Head) -> Result<ControlFlow<()>> {
        self.rows_seen += 1;
        let name = self.scope.key(row)?;
        // What begins with the scope's prefix need not be a key within it.
        if head.is_live(self.now) && !is_reserved(name) {
            if let Some(last) = self.page.keys.get(self.limit - 1) {
                self.page.cursor = Some(encode_cursor(&last.name, self.reverse));
                return Ok(ControlFlow::Break(()));
            }
            self.page.keys.push(KeyInfo { name: name.to_owned(), head });
        }
        if self.rows_seen == LIST_ROWS_MAX {
            self.page.cursor = Some(encode_cursor(name, self.reverse));
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The page of the rows that were shown.
    pub fn page(self) -> ListPage {
        self.page
    }
}

fn higher(a: Bound<Vec<u8>>, b: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    match (&a, &b) {
        (Bound::Included(x), Bound::Included(y)) if x >= y => a,
        (Bound::Included(x), Bound::Excluded(y)) if x > y => a,
        _ => b,
    }
}

fn lower(a: Bound<Vec<u8>>, b: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    match (&a, &b) {
        (Bound::Excluded(x), Bound::Excluded(y)) if x <= y => a,
        _ => b,
    }
}

const FORWARD: u8 = b'>';
const REVERSE: u8 = b'<';
const CHECKSUM_BYTES: usize = 4;

/// The cursor that means "after `key`" in this direction.
pub(crate) fn encode_cursor(key: &str, reverse: bool) -> String {
    let mut bytes = vec![if reverse { REVERSE } else { FORWARD }];
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key that a cursor in this direction means.
pub(crate) fn decode_cursor(cursor: &str, reverse: bool) -> Result<String> {
    let invalid = |reason| Error::CursorInvalid { reason };
    if cursor.len() > CURSOR_BYTES_MAX {
        return Err(invalid("it is too long"));
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid("it is not base64"))?;
    let (body, checksum) =
        bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(invalid("it is too short"))?;
    if crc32c::crc32c(body).to_be_bytes() != *checksum {
        return Err(invalid("its checksum is wrong"));
    }
    let (direction, key) = body.split_first().ok_or(invalid("it is too short"))?;
    match (*direction, reverse) {
        (FORWARD, false) | (REVERSE, true) => {}
        (FORWARD | REVERSE, _) => return Err(invalid("it is of a listing in the other direction")),
        _ => return Err(invalid("it is of another release")),
    }
    String::from_utf8(key.to_vec()).map_err(|_| invalid("its key is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(options: ListOptions) -> Result<RowRange> {
        Plan::new(&options, &Scope::new(1)).map(|plan| plan.range)
    }

    #[test]
    fn a_cursor_narrows_the_other_bounds_and_never_widens_them() {
        let cursor = Some(encode_cursor("b", false));
        let after_b = plan(ListOptions { cursor: cursor.clone(), ..Default::default() }).unwrap();
        assert_eq!(after_b.start, Bound::Excluded(b"\0\0\0\x01b".to_vec()));
        let from_c = ListOptions { start: Some("c".into()), cursor, ..Default::default() };
        assert_eq!(plan(from_c).unwrap().start, Bound::Included(b"\0\0\0\x01c".to_vec()));
    }

    #[test]
    fn a_cursor_in_the_other_direction_is_refused() {
        let cursor = Some(encode_cursor("b", true));
        assert!(plan(ListOptions { cursor: cursor.clone(), ..Default::default() }).is_err());
        assert!(plan(ListOptions { cursor, reverse: true, ..Default::default() }).is_ok());
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let cursor = encode_cursor("user:1", false);
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(decode_cursor(&changed, false).is_err(), "{changed}");
        }
        for garbage in ["a", "!", "AAAA", "AAAAAAAA", &"A".repeat(4000)] {
            assert!(decode_cursor(garbage, false).is_err(), "{garbage}");
        }
    }

    #[test]
    fn bounds_that_cross_hold_nothing() {
        let crossed =
            ListOptions { start: Some("b".into()), end: Some("a".into()), ..Default::default() };
        assert!(plan(crossed).unwrap().is_empty());
        assert!(!plan(ListOptions::default()).unwrap().is_empty());
    }
}
