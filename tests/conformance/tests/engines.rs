//! Every case on the engines of `larder-store`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use larder_conformance::{START_MS, StoreSubject, conformance_tests};
use larder_store::{ManualClock, Options};
use std::sync::Arc;

conformance_tests!(memory, || {
    let clock = Arc::new(ManualClock::new(START_MS));
    let larder = Options::new().clock(clock.clone()).in_memory();
    StoreSubject::new(larder, clock, ())
});

conformance_tests!(redb, || {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(START_MS));
    let larder = Options::new().clock(clock.clone()).open(directory.path()).unwrap();
    StoreSubject::new(larder, clock, directory)
});
