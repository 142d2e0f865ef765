//! A clock by which a test takes the store step by step, so that what is in one batch with what does
//! not depend on how fast anybody is.

use larder_store::Clock;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::ThreadId;
use std::time::Duration;

/// How long nothing may happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A clock that stands still until it is advanced, and at which the store's writer can be held: a
/// write asks for the time before it does anything else.
pub struct SteppedClock {
    owner: ThreadId,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    now_ms: u64,
    hold: Hold,
    /// Something that is awaited may be there.
    woken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Whoever asks is answered.
    None,
    /// The next that asks is held.
    Next,
    /// One is held.
    Held,
}

impl Clock for SteppedClock {
    fn now_ms(&self) -> u64 {
        let mut state = self.lock();
        if state.hold == Hold::Next && std::thread::current().id() != self.owner {
            state.hold = Hold::Held;
            self.changed.notify_all();
            // Not for ever: a test that has failed lets nobody go.
            let held = |state: &mut State| state.hold == Hold::Held;
            let waited = self.changed.wait_timeout_while(state, PATIENCE / 2, held);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.now_ms
    }
}

impl Wake for SteppedClock {
    fn wake(self: Arc<Self>) {
        self.lock().woken = true;
        self.changed.notify_all();
    }
}

/// An operation that has been asked for.
pub struct Asked<'f, T>(Progress<'f, T>);

enum Progress<'f, T> {
    Waiting(Pin<Box<dyn Future<Output = T> + 'f>>),
    Answered(T),
    Taken,
}

impl SteppedClock {
    /// A clock of this thread, which is never held itself.
    pub fn new(now_ms: u64) -> Arc<Self> {
        let state = State { now_ms, hold: Hold::None, woken: false };
        let owner = std::thread::current().id();
        Arc::new(Self { owner, state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Lets time go on.
    pub fn advance(&self, ms: u64) {
        self.lock().now_ms += ms;
    }

    /// The writer is held when it asks for the time next, in the first write of a batch.
    pub fn hold_next(&self) {
        self.set(Hold::Next);
    }

    /// Nobody is held any more.
    pub fn release(&self) {
        self.set(Hold::None);
    }

    /// Waits until the writer is held or all is answered; whether it is held.
    pub fn run<T>(self: &Arc<Self>, asked: &mut [Asked<'_, T>]) -> bool {
        loop {
            let mut answered = true;
            for one in asked.iter_mut() {
                answered &= one.poll(self);
            }
            if answered {
                return false;
            }
            let asleep = |state: &mut State| !state.woken && state.hold != Hold::Held;
            let waited = self.changed.wait_timeout_while(self.lock(), PATIENCE, asleep);
            let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            assert!(!timeout.timed_out(), "the store has not answered for {PATIENCE:?}");
            // Once more, for what was answered before the hold.
            if !std::mem::take(&mut state.woken) {
                return true;
            }
        }
    }

    /// The answer to what nothing else is to go with.
    pub fn wait<T>(self: &Arc<Self>, future: impl Future<Output = T>) -> T {
        let mut asked = Asked::new(future);
        loop {
            self.run(std::slice::from_mut(&mut asked));
            if let Some(answer) = asked.take() {
                return answer;
            }
        }
    }

    fn set(&self, hold: Hold) {
        self.lock().hold = hold;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'f, T> Asked<'f, T> {
    /// What `future` will ask for when it is first polled.
    pub fn new(future: impl Future<Output = T> + 'f) -> Self {
        Self(Progress::Waiting(Box::pin(future)))
    }

    /// Asks, or looks for the answer; whether it is there.
    pub fn poll(&mut self, clock: &Arc<SteppedClock>) -> bool {
        let Progress::Waiting(future) = &mut self.0 else { return true };
        let waker = Waker::from(clock.clone());
        let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return false;
        };
        self.0 = Progress::Answered(answer);
        true
    }

    /// The answer, once.
    pub fn take(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.0, Progress::Taken) {
            Progress::Answered(answer) => Some(answer),
            other => {
                self.0 = other;
                None
            }
        }
    }
}
