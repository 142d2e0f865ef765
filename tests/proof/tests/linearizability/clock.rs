//! A clock that takes its time, so that what happens around the reading of it does happen.

use larder_store::{Clock, ManualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// Shows the time of a clock that is set by hand. Whoever asks is now and then held up, before the
/// time is read or after.
pub struct SlowClock {
    pub hand: Arc<ManualClock>,
    pub asked: AtomicU64,
}

const HELD_UP: Duration = Duration::from_micros(30);

impl Clock for SlowClock {
    fn now_ms(&self) -> u64 {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked % 11 == 3 {
            sleep(HELD_UP);
        }
        let now_ms = self.hand.now_ms();
        if asked % 13 == 5 {
            sleep(HELD_UP);
        }
        now_ms
    }
}
