//! Hot values in memory, above the pages that redb caches.

use crate::Entry;
use crate::engine::Row;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Of the rows that would drive another out.
const KEPT_ONE_IN: usize = 8;

/// Bytes that an entry takes besides its key, metadata and value.
const OVERHEAD_BYTES: u64 = 216;

/// Rows as they were last committed. Who fills it sees to it that they are: see
/// [`Current`](super::current::Current).
pub(super) struct HotValues {
    rows: Cache<Row, Entry, EntryBytes>,
    bytes_max: u64,
    /// Whether another value would be in the place of one that is there.
    full: AtomicBool,
    /// How many values were not there when they were read, while it was full.
    missed: AtomicUsize,
    /// Values above this size are not worth the room of many small ones; redb's own cache has them.
    value_bytes_max: u64,
}

#[derive(Clone)]
struct EntryBytes;

impl Weighter<Row, Entry> for EntryBytes {
    fn weight(&self, row: &Row, entry: &Entry) -> u64 {
        let metadata = entry.head.metadata.as_ref().map_or(0, |metadata| metadata.len());
        OVERHEAD_BYTES + (row.as_bytes().len() + metadata + entry.value.len()) as u64
    }
}

impl HotValues {
    /// At most so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let estimated_items = usize::try_from(bytes / 512).unwrap_or(usize::MAX).max(16);
        let rows = Cache::with_weighter(estimated_items, bytes, EntryBytes);
        // The room of a shard is what a value can have at most; half of it leaves some to others.
        let value_bytes_max = rows.shard_capacity() / 2;
        Self {
            rows,
            bytes_max: bytes,
            full: AtomicBool::default(),
            missed: AtomicUsize::default(),
            value_bytes_max,
        }
    }

    pub(super) fn get(&self, row: &Row) -> Option<Entry> {
        self.rows.get(row)
    }

    /// Keeps a row that was read and not there. To drive another out costs as much as reading it, so
    /// that of those only one in so many is kept: what is read often is soon among them.
    pub(super) fn insert(&self, row: &Row, entry: &Entry) {
        let is_kept = || self.missed.fetch_add(1, Ordering::Relaxed).is_multiple_of(KEPT_ONE_IN);
        let is_full = self.full.load(Ordering::Relaxed);
        if entry.head.size > self.value_bytes_max || (is_full && !is_kept()) {
            return;
        }
        self.rows.insert(row.clone(), entry.clone());
        let room = self.bytes_max.saturating_sub(self.rows.weight());
        self.full.store(room < self.bytes_max / 16, Ordering::Relaxed);
    }

    pub(super) fn remove(&self, row: &Row) {
        self.rows.remove(row);
    }

    pub(super) fn clear(&self) {
        self.rows.clear();
    }
}
