//! How much a namespace may hold.

use crate::engine::{Change, Row};
use crate::{Error, Head, Result};

/// Most keys and bytes of a namespace; `None`, and the largest number, is no limit, as a new namespace
/// has none.
///
/// A write that would bring the namespace above is refused with [`Error::QuotaKeys`] or
/// [`Error::QuotaBytes`], after what has expired has been freed for it. One that brings it closer
/// is not, so that a quota may be set below what there is: then keys can be deleted and made smaller.
/// Writers in pieces may hold as many bytes again that are not finished, and readers in pieces as
/// many that have been replaced or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Most keys.
    pub keys: Option<u64>,
    /// Most bytes of keys, metadata and values.
    pub bytes: Option<u64>,
}

/// What a namespace holds, or would hold, with what has expired and not been swept yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Its keys.
    pub keys: u64,
    /// Bytes of its keys, metadata and values.
    pub bytes: u64,
}

/// Bytes that a row counts for in its namespace: key, metadata and value.
pub(crate) fn bytes_of(row: &Row, head: &Head) -> u64 {
    let metadata = head.metadata.as_ref().map_or(0, |metadata| metadata.len());
    (row.key_bytes().len() + metadata) as u64 + head.size
}

impl Usage {
    /// What it comes to after these changes. `before` says what a row counts for as it is.
    pub(crate) fn after<E>(
        mut self,
        changes: &[Change],
        mut before: impl FnMut(&Row) -> Result<Option<u64>, E>,
    ) -> Result<Self, E> {
        for change in changes {
            let (row, after) = match change {
                Change::Put { row, head, .. } => (row, Some(bytes_of(row, head))),
                Change::Remove { row } => (row, None),
                Change::Touch { .. } => continue,
            };
            let before = before(row)?;
            self.keys = (self.keys + u64::from(after.is_some()))
                .saturating_sub(u64::from(before.is_some()));
            self.bytes = (self.bytes + after.unwrap_or(0)).saturating_sub(before.unwrap_or(0));
        }
        Ok(self)
    }
}

impl Quota {
    /// With the largest number as what it is on disk: no limit.
    pub(crate) fn as_kept(self) -> Self {
        let kept = |limit: Option<u64>| limit.filter(|limit| *limit < u64::MAX);
        Self { keys: kept(self.keys), bytes: kept(self.bytes) }
    }

    /// Whether there is no limit at all.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses to go from one usage to the other where that is above a limit and not closer to it.
    pub fn expect_room(&self, from: Usage, to: Usage) -> Result<()> {
        match (self.keys, self.bytes) {
            (Some(max), _) if to.keys > max && to.keys > from.keys => {
                Err(Error::QuotaKeys { keys: to.keys, max })
            }
            (_, Some(max)) if to.bytes > max && to.bytes > from.bytes => {
                Err(Error::QuotaBytes { bytes: to.bytes, max })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_may_fill_a_quota_and_bring_usage_closer_to_it() {
        let quota = Quota { keys: Some(2), bytes: Some(10) };
        let usage = |keys, bytes| Usage { keys, bytes };
        assert_eq!(quota.expect_room(usage(1, 5), usage(2, 10)), Ok(()));
        assert_eq!(quota.expect_room(usage(5, 20), usage(4, 20)), Ok(()));
        assert_eq!(quota.expect_room(usage(5, 20), usage(5, 19)), Ok(()));
        let keys = Error::QuotaKeys { keys: 3, max: 2 };
        assert_eq!(quota.expect_room(usage(2, 5), usage(3, 6)), Err(keys));
        let bytes = Error::QuotaBytes { bytes: 11, max: 10 };
        assert_eq!(quota.expect_room(usage(2, 10), usage(2, 11)), Err(bytes));
        assert_eq!(Quota::default().expect_room(usage(0, 0), usage(9, u64::MAX)), Ok(()));
    }
}
