//! What writes are named by.

use super::format::COUNTER_BITS;
use crate::Version;

/// What versions are made of: an epoch that is raised on disk with the first write after each
/// opening, and a counter. So none is used twice, also when a crash has lost the last of them.
pub(super) struct Versions {
    pub(super) epoch: u64,
    counter: u64,
    /// Whether the epoch is on disk.
    pub(super) raised: bool,
}

impl Versions {
    /// In an epoch that no opening before has had.
    pub(super) fn after(last_epoch: u64) -> Self {
        Self { epoch: last_epoch + 1, counter: 0, raised: false }
    }

    pub(super) fn next(&mut self) -> Version {
        self.counter += 1;
        if self.counter >> COUNTER_BITS != 0 {
            (self.epoch, self.counter, self.raised) = (self.epoch + 1, 1, false);
        }
        Version::from_u64(self.epoch << COUNTER_BITS | self.counter)
    }
}
