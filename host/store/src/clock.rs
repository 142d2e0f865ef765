//! Time as a parameter: nothing else in the store asks the system for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

/// Where the store has its time from.
///
/// A host that gives its guests a clock gives them the same one, so that a guest and its store
/// never disagree on whether a key has expired.
pub trait Clock: Send + Sync + 'static {
    /// Unix time in milliseconds.
    fn now_ms(&self) -> u64;

    /// Milliseconds on a clock that only goes forward, by which a jump of [`Clock::now_ms`] is
    /// told. `None` when time is set by hand, where a jump is what was asked for.
    fn monotonic_ms(&self) -> Option<u64> {
        None
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_ms(&self) -> u64 {
        (**self).now_ms()
    }

    fn monotonic_ms(&self) -> Option<u64> {
        (**self).monotonic_ms()
    }
}

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now_ms(&self) -> u64 {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.map_or(0, as_millis)
    }

    fn monotonic_ms(&self) -> Option<u64> {
        Some(as_millis(self.elapsed()))
    }
}

impl SystemClock {
    /// Since it was first asked, on a clock that only goes forward.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub(crate) fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is set or advanced, for tests.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `now_ms`, Unix time in milliseconds.
    pub fn new(now_ms: u64) -> Self {
        Self(AtomicU64::new(now_ms))
    }

    /// Sets the time, forward or back.
    pub fn set_ms(&self, now_ms: u64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }

    /// Lets time go on by `by`.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(as_millis(by), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
