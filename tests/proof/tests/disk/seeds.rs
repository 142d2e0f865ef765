//! Which seeds are run, and how a failure is told.

use std::env;
use std::ops::Range;

/// The first seed.
const SEED: &str = "LARDER_DISK_SEED";
/// How many.
const SEEDS: &str = "LARDER_DISK_SEEDS";

/// The operation that fails, where that is asked for.
const OPERATION: &str = "LARDER_DISK_OPERATION";

/// The operations to fail in turn; those that a replay does not ask for are left out.
pub fn operations() -> impl Iterator<Item = u64> {
    let (first, last) = number(OPERATION).map_or((1, u64::MAX), |operation| (operation, operation));
    first..=last
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().expect(name))
}

/// The seeds to run: so many in the ordinary run.
pub fn seeds(ordinarily: u64) -> Range<u64> {
    let first = number(SEED).unwrap_or(1);
    first..first + number(SEEDS).unwrap_or(ordinarily)
}

/// Says how to do it again, if it fails.
pub struct Replay {
    pub test: &'static str,
    pub seed: u64,
    /// The operation that fails.
    pub operation: Option<u64>,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { test, seed, operation } = self;
            let operation = operation.map(|operation| format!("{OPERATION}={operation} "));
            let operation = operation.unwrap_or_default();
            let command = format!("cargo test -p larder-proof --test disk {test}");
            eprintln!("again: {SEED}={seed} {SEEDS}=1 {operation}{command}");
        }
    }
}
