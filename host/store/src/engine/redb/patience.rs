//! How long a read may take. What is in memory is read in the thread of whoever asks; what turns out
//! to be on the disk would hold up that thread, and whoever else waits for it, for as long as the disk
//! takes.

use super::guard::{Failed, Result};
use crate::SystemClock;
use std::cell::{Cell, OnceCell};
use std::future::poll_fn;
use std::mem::replace;
use std::task::Poll;
use std::time::Duration;

/// How long a read may hold up the thread of whoever asks, from when it is first asked about that.
const HELD_UP_MAX: Duration = Duration::from_millis(1);

/// Whether a read may go on, of which it asks before each step that may need the disk.
pub(super) struct Patience<'a> {
    may_go_on: &'a dyn Fn() -> bool,
    steps: Cell<usize>,
}

impl<'a> Patience<'a> {
    pub(super) fn new(may_go_on: &'a dyn Fn() -> bool) -> Self {
        Self { may_go_on, steps: Cell::new(0) }
    }

    /// For as long as it takes.
    pub(super) fn endless() -> Self {
        Self::new(&|| true)
    }

    /// Fails when the read is to end here, which is looked at for one in so many steps.
    pub(super) fn step<const ONE_IN: usize>(&self) -> Result<()> {
        let steps = self.steps.get();
        self.steps.set(steps + 1);
        match !steps.is_multiple_of(ONE_IN) || (self.may_go_on)() {
            true => Ok(()),
            false => Err(Failed::took_too_long()),
        }
    }
}

/// Until it has taken longer than a thread of an executor may be held up. Where there are no others,
/// on wasm, it takes what it takes.
pub(super) fn briefly() -> impl Fn() -> bool {
    let began = OnceCell::new();
    move || {
        let began = began.get_or_init(|| SystemClock.elapsed());
        cfg!(target_family = "wasm") || SystemClock.elapsed().saturating_sub(*began) < HELD_UP_MAX
    }
}

/// Ends when it is polled again: whoever polls once asks whether the answer is there at once, and may do
/// without.
pub(super) async fn polled_again() {
    let mut polled = false;
    poll_fn(|context| match replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}
