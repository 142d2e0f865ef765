//! What a host sees of a store and its guests do not: namespaces as such, their counts, scoped
//! views, the sweep. On every engine alike; what is the disk's alone is in `redb.rs`, what guests
//! see as well in the repository's `tests/conformance`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counts;
mod executors;
mod namespaces;
mod quotas;
mod scopes;
mod sweep;

use larder_store::{BlockingLarder, BlockingNamespace, Larder, ManualClock, Options};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A store without namespaces.
struct Store {
    larder: Larder,
    clock: Arc<ManualClock>,
    _directory: Option<TempDir>,
}

impl Store {
    fn in_memory() -> Self {
        let clock = Arc::new(ManualClock::new(1_750_000_000_000));
        let larder = Options::new().clock(clock.clone()).in_memory();
        Self { larder, clock, _directory: None }
    }

    fn on_disk() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(1_750_000_000_000));
        let larder = Options::new().clock(clock.clone()).open(directory.path()).unwrap();
        Self { larder, clock, _directory: Some(directory) }
    }

    fn blocking(&self) -> BlockingLarder {
        self.larder.blocking()
    }

    fn create(&self, title: &str) -> BlockingNamespace {
        self.blocking().create_namespace(title).unwrap().blocking()
    }

    fn titles(&self) -> Vec<String> {
        let namespaces = self.blocking().namespaces().unwrap();
        namespaces.into_iter().map(|namespace| namespace.title.to_string()).collect()
    }

    fn wait_ms(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }
}

/// A test of each of these on each engine.
macro_rules! on_every_engine {
    ($($test:ident,)*) => {
        mod memory {
            $(#[test]
            fn $test() {
                super::$test(&crate::Store::in_memory());
            })*
        }

        mod redb {
            $(#[test]
            fn $test() {
                super::$test(&crate::Store::on_disk());
            })*
        }
    };
}
use on_every_engine;
