//! When a key stops existing. The arithmetic of TTLs and the one test of expiry.

use crate::Error;
use std::time::Duration;

/// A point in time: Unix time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// The point `millis` milliseconds after the Unix epoch.
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Seconds since the Unix epoch, rounded up: at that second the point has passed.
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// The rule of expiry, for reads, conditions, listings and the sweeper alike: what expires at
    /// this point is gone when it is not after `now`.
    pub const fn has_passed(self, now: UnixMillis) -> bool {
        self.0 <= now.0
    }
}

/// When a key is to stop existing, as a caller says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiration {
    /// Seconds from the instant of the write, at least 1.
    Ttl(u64),
    /// Milliseconds from the instant of the write, at least 1.
    TtlMs(u64),
    /// Unix time in seconds, after the instant of the write.
    At(u64),
    /// Unix time in milliseconds, after the instant of the write.
    AtMs(u64),
}

impl Expiration {
    /// `ttl` from the instant of the write, to the millisecond, rounded up.
    pub fn after(ttl: Duration) -> Self {
        let millis = ttl.as_nanos().div_ceil(1_000_000);
        Self::TtlMs(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// The point in time that is meant by a write at `now`.
    pub(crate) fn resolve(self, now: UnixMillis) -> Result<UnixMillis, Error> {
        let (millis, relative) = match self {
            Self::Ttl(seconds) => (seconds.checked_mul(1000), true),
            Self::TtlMs(millis) => (Some(millis), true),
            Self::At(seconds) => (seconds.checked_mul(1000), false),
            Self::AtMs(millis) => (Some(millis), false),
        };
        let point = match millis {
            Some(0) if relative => return Err(Error::TtlZero),
            Some(millis) if relative => now.0.checked_add(millis),
            other => other,
        };
        let point = UnixMillis(point.ok_or(Error::ExpirationTooFar)?);
        if point.has_passed(now) {
            return Err(Error::ExpirationPassed { at_ms: point.0, now_ms: now.0 });
        }
        Ok(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_000_500);

    #[test]
    fn a_ttl_counts_from_the_millisecond_of_the_write() {
        assert_eq!(Expiration::Ttl(1).resolve(NOW), Ok(UnixMillis(1_001_500)));
        assert_eq!(Expiration::TtlMs(1).resolve(NOW), Ok(UnixMillis(1_000_501)));
        assert_eq!(
            Expiration::after(Duration::from_nanos(1)).resolve(NOW),
            Ok(UnixMillis(1_000_501))
        );
    }

    #[test]
    fn times_are_64_bits_wide() {
        let year_9999 = 253_402_300_799;
        assert_eq!(Expiration::At(year_9999).resolve(NOW), Ok(UnixMillis(year_9999 * 1000)));
        assert_eq!(Expiration::Ttl(u64::MAX).resolve(NOW), Err(Error::ExpirationTooFar));
        assert_eq!(Expiration::TtlMs(u64::MAX).resolve(NOW), Err(Error::ExpirationTooFar));
    }

    #[test]
    fn what_would_be_gone_at_once_is_refused() {
        assert_eq!(Expiration::Ttl(0).resolve(NOW), Err(Error::TtlZero));
        let passed = Error::ExpirationPassed { at_ms: 1_000_000, now_ms: 1_000_500 };
        assert_eq!(Expiration::At(1000).resolve(NOW), Err(passed));
        assert!(Expiration::AtMs(1_000_500).resolve(NOW).is_err());
        assert_eq!(Expiration::AtMs(1_000_501).resolve(NOW), Ok(UnixMillis(1_000_501)));
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(UnixMillis(1000).as_secs_ceil(), 1);
        assert_eq!(UnixMillis(1001).as_secs_ceil(), 2);
    }
}
