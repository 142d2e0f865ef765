//! When a key stops existing.

use crate::bindings::store as wit;
use std::time::Duration;

/// When a key stops existing. Exact: from that instant on it is neither read nor listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiration {
    /// So long after the write: at least 1 ms, kept to the millisecond, a fraction of one rounded
    /// up.
    Ttl(Duration),
    /// Unix time in seconds; after the instant of the write.
    At(u64),
}

impl Expiration {
    pub(crate) fn to_wit(self) -> wit::Expiration {
        match self {
            Self::Ttl(ttl) => {
                let millis = ttl.as_nanos().div_ceil(1_000_000);
                wit::Expiration::TtlMs(u64::try_from(millis).unwrap_or(u64::MAX))
            }
            Self::At(seconds) => wit::Expiration::At(seconds),
        }
    }
}

/// Whole seconds from `now`, the time since the Unix epoch, to `expiration`, in Unix seconds; none
/// when it has passed.
pub(crate) fn seconds_until(expiration: u64, now: Duration) -> u64 {
    // `expiration` is a whole second, so the seconds to it, rounded up, are those since the
    // epoch rounded down.
    expiration.saturating_sub(now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl_ms(ttl: Duration) -> u64 {
        match Expiration::Ttl(ttl).to_wit() {
            wit::Expiration::TtlMs(millis) => millis,
            other @ (wit::Expiration::Ttl(_) | wit::Expiration::At(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_ttl_is_never_cut_short() {
        assert_eq!(ttl_ms(Duration::from_secs(1800)), 1_800_000);
        assert_eq!(ttl_ms(Duration::from_millis(1)), 1);
        assert_eq!(ttl_ms(Duration::from_nanos(1)), 1);
        assert_eq!(ttl_ms(Duration::from_nanos(1_000_001)), 2);
    }

    #[test]
    fn a_ttl_beyond_what_can_be_said_is_left_to_the_host_to_refuse() {
        assert_eq!(ttl_ms(Duration::MAX), u64::MAX);
        assert_eq!(ttl_ms(Duration::ZERO), 0);
    }

    #[test]
    fn waiting_the_seconds_until_an_expiration_is_long_enough_and_no_second_too_long() {
        for (now_ms, seconds) in [(0, 10), (1, 10), (999, 10), (1000, 9), (9999, 1), (10_000, 0)] {
            let now = Duration::from_millis(now_ms);
            assert_eq!(seconds_until(10, now), seconds, "{now_ms}");
            assert!(now + Duration::from_secs(seconds) >= Duration::from_secs(10));
        }
        assert_eq!(seconds_until(10, Duration::from_secs(11)), 0);
    }
}
