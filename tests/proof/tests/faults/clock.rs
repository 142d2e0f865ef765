//! A clock that jumps.

use larder_store::{Clock, Options, PutOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The wall's clock, which can be set, and a monotonic one that stands still meanwhile.
struct Jumping(AtomicU64);

impl Clock for Jumping {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> Option<u64> {
        Some(1)
    }
}

const NOW_MS: u64 = 1_750_000_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_clock_that_jumps_ahead_and_is_set_right_costs_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(Jumping(AtomicU64::new(NOW_MS)));
    let larder = Options::new().clock(clock.clone()).open(directory.path()).unwrap();
    let values = larder.blocking().open_or_create("a").unwrap().blocking();
    let options = PutOptions::new().ttl(Duration::from_secs(3600 * 12));
    let _ = values.put_with("k", "v", options).unwrap();
    // The writer compares the clocks once a second.
    let upkeep = || std::thread::sleep(Duration::from_millis(1500));
    upkeep();
    clock.0.store(NOW_MS + DAY_MS, Ordering::SeqCst);
    assert_eq!(values.get("k"), Ok(None));
    upkeep();
    values.put("other", "v").unwrap();
    upkeep();
    clock.0.store(NOW_MS, Ordering::SeqCst);
    assert_eq!(values.get("k").unwrap().unwrap(), "v");
    assert_eq!(values.info().unwrap().keys, 2);
    // Back before it was written, it has not expired either.
    clock.0.store(NOW_MS - DAY_MS, Ordering::SeqCst);
    upkeep();
    assert_eq!(values.get("k").unwrap().unwrap(), "v");
    assert!(larder.blocking().check().unwrap().damage.is_empty());
}
