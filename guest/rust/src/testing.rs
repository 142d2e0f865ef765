//! Tests of a guest's code off Wasm: against the real store, with a clock that the test sets.
//!
//! Under [`larder test`](https://github.com/larder-kv/larder), which starts a store in memory with
//! the namespaces of the project and says by `LARDER_SOCKET` where it is, the operations of this
//! crate work in a native test as they do in a component. [`start`] makes a test's store its own:
//!
//! ```no_run
//! use larder_guest::{Namespace, Put, testing};
//! use std::time::Duration;
//!
//! # /*
//! #[test]
//! # */
//! fn a_session_ends_after_an_hour() -> larder_guest::Result<()> {
//!     let store = testing::start()?;
//!     let sessions = Namespace::open("SESSIONS")?;
//!     let hour = Duration::from_secs(3600);
//!     let _ = sessions.put_with("session:1", "ada", Put::new().ttl(hour))?;
//!     store.advance(hour)?;
//!     assert_eq!(sessions.get("session:1")?, None);
//!     Ok(())
//! }
//! # a_session_ends_after_an_hour();
//! ```

use crate::socket::{self, Clock, Store};
use crate::{Error, Result};
use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

thread_local! {
    /// Whether this thread has a [`TestStore`].
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// The store of a test, for it alone until this is dropped.
///
/// `cargo test` runs tests in threads, and other runners run them in processes: all of them have one
/// store and one clock. Whoever holds this keeps the others waiting in [`start`]. A test that uses a
/// namespace without it sees what the others do.
#[derive(Debug)]
#[must_use = "the store is the test's own until this is dropped"]
pub struct TestStore {
    store: &'static Store,
    /// The lock, which ends with the file. It belongs to the thread, and so does this.
    _lock: Lock,
}

/// Waits until no other test has the store, and makes it as `larder test` started it: the seeds of
/// the config in the namespaces and nothing else, and the time of the start.
///
/// It is an error to call it again in a thread that has the store, which would wait for itself;
/// without a store, which says how to get one; and on one that is not for tests, as that of
/// `larder serve` on a directory: [`Error::Unsupported`].
pub fn start() -> Result<TestStore> {
    let store = socket::store().map_err(Error::from_wit)?;
    // Whether it is there, before anything beside it is touched.
    store.now_ms().map_err(Error::from_wit)?;
    let lock = Lock::acquire(store.path())?;
    store.reset().map_err(Error::from_wit)?;
    Ok(TestStore { store, _lock: lock })
}

impl TestStore {
    /// Lets time pass, at once: so long, a fraction of a millisecond rounded up.
    pub fn advance(&self, by: Duration) -> Result<()> {
        let millis = by.as_nanos().div_ceil(1_000_000);
        self.set_clock(Clock::AdvanceMs(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// Makes it that instant, cut to the millisecond. It may be in the past, but not before 1970.
    pub fn set_time(&self, now: SystemTime) -> Result<()> {
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
        let millis = since_epoch.map_or(None, |since| u64::try_from(since.as_millis()).ok());
        let reason = || format!("the time {now:?} is before 1970, where Unix time begins");
        let millis = millis.ok_or_else(|| Error::InvalidArgument { reason: reason() })?;
        self.set_clock(Clock::NowMs(millis))
    }

    /// What time it is for the store. `SystemTime::now` of the test does not move with it, though
    /// that of a component does which `larder test` serves.
    pub fn now(&self) -> Result<SystemTime> {
        let millis = self.store.now_ms().map_err(Error::from_wit)?;
        let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis));
        now.ok_or_else(|| Error::Other { reason: format!("no clock here shows {millis} ms") })
    }

    /// Makes everything as it was at the start of the test: namespaces, seeds and time.
    pub fn reset(&self) -> Result<()> {
        self.store.reset().map_err(Error::from_wit)
    }

    fn set_clock(&self, clock: Clock) -> Result<()> {
        self.store.set_clock(&clock).map_err(Error::from_wit)
    }
}

/// Makes everything as it was at the start, for whoever comes next.
impl Drop for TestStore {
    fn drop(&mut self) {
        // Where it fails, the next test that wants the store says so.
        let _ = self.store.reset();
    }
}

/// That nobody else has the store, in this process or another.
#[derive(Debug)]
struct Lock {
    /// It is locked while it is open.
    _directory: File,
    /// Whose [`STARTED`] is set is the thread that has it.
    _of_this_thread: std::marker::PhantomData<*const ()>,
}

impl Lock {
    /// On the directory of the socket: that is there already, and all that have the socket have it.
    fn acquire(socket: &Path) -> Result<Self> {
        if STARTED.get() {
            let reason = "this test has the store already: testing::start is called once in a test";
            return Err(Error::Other { reason: reason.to_owned() });
        }
        let directory = match socket.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let locked = File::open(&directory).and_then(|file| file.lock().map(|()| file));
        let file = locked.map_err(|error| {
            let directory = directory.display();
            let reason = format!("{directory}, where the socket is, cannot be locked: {error}");
            Error::Other { reason }
        })?;
        STARTED.set(true);
        Ok(Self { _directory: file, _of_this_thread: std::marker::PhantomData })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        STARTED.set(false);
    }
}
