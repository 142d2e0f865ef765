//! Hot values in memory, above the pages that redb caches.

use crate::Entry;
use crate::engine::Row;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// Values above this size are not worth the room of many small ones; redb's own cache has them.
const VALUE_BYTES_MAX: u64 = 64 << 10;

/// Bytes that an entry takes besides its key, metadata and value.
const OVERHEAD_BYTES: u64 = 160;

/// Rows as they were last committed. Who fills it sees to it that they are: see
/// [`Current`](super::current::Current).
pub(super) struct HotValues(Cache<Row, Entry, EntryBytes>);

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
        Self(Cache::with_weighter(estimated_items, bytes, EntryBytes))
    }

    pub(super) fn get(&self, row: &Row) -> Option<Entry> {
        self.0.get(row)
    }

    pub(super) fn insert(&self, row: &Row, entry: &Entry) {
        if entry.head.size <= VALUE_BYTES_MAX {
            self.0.insert(row.clone(), entry.clone());
        }
    }

    pub(super) fn remove(&self, row: &Row) {
        self.0.remove(row);
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }
}
