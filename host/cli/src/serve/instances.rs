//! Instances of a component, each of which may answer several requests, one after another.

use super::App;
use crate::guest::{GuestStderr, State};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::Proxy;

/// How long an instance waits for another request.
const IDLE_TIME_MAX: Duration = Duration::from_secs(10);

/// An instance, which answers one request at a time.
pub struct Instance {
    pub store: Store<State>,
    /// None before the first request.
    pub proxy: Option<Proxy>,
    pub stderr: GuestStderr,
    answered: u32,
}

impl Instance {
    pub fn new(app: &App) -> Self {
        let stderr = GuestStderr::default();
        let store = app.guest.store(app.pre.engine(), |wasi| {
            // Standard output is for the address that was bound.
            wasi.stdout(stderr.clone()).stderr(stderr.clone())
        });
        Self { store, proxy: None, stderr, answered: 0 }
    }

    /// Begins with another request, of which nothing has been printed and no time has passed.
    pub fn renew(&mut self) {
        self.stderr.renew();
        self.store.set_epoch_deadline(1);
    }
}

/// What is served, and those of its instances that wait for another request.
///
/// A request that runs holds its share of the pool's room as a permit, and an instance that waits
/// holds none. It is in the pool all the same: whoever is about to make an instance calls
/// [`Instances::make_room`] with its own permit in hand.
#[derive(Default)]
pub struct Instances(Mutex<Served>);

#[derive(Default)]
struct Served {
    app: Option<Arc<App>>,
    /// All of `app`, those that have waited longest first.
    idle: VecDeque<Idle>,
    /// Whether [`Instances::end_those_over_time`] runs.
    is_watched: bool,
}

struct Idle {
    instance: Instance,
    until: Instant,
}

impl Instances {
    /// An instance leaves the pool before this lock does, so that its place is free for the next.
    fn served(&self) -> MutexGuard<'_, Served> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn app(&self) -> Option<Arc<App>> {
        self.served().app.clone()
    }

    /// Serves `app` from now on. The instances of the one before end when they have answered.
    pub fn replace(self: &Arc<Self>, mut app: App) {
        let instances = Arc::downgrade(self);
        app.guest.when_short(move || {
            instances
                .upgrade()
                .is_some_and(|instances| instances.served().idle.pop_front().is_some())
        });
        let mut served = self.served();
        served.app = Some(Arc::new(app));
        served.idle.clear();
    }

    /// Ends those that wait.
    pub fn end_idle(&self) {
        self.served().idle.clear();
    }

    /// The one that was last at work, since most of what it needs is at hand.
    pub fn take(&self, app: &Arc<App>) -> Option<Instance> {
        let mut served = self.served();
        if !served.serves(app) {
            return None;
        }
        Some(served.idle.pop_back()?.instance)
    }

    /// Ends as many of those that wait as are in the way of the requests that hold permits.
    pub fn make_room(&self, room: &Semaphore) {
        let mut served = self.served();
        let Some(each) = served.app.as_ref().map(|app| app.room_each as usize) else { return };
        while served.idle.len() * each > room.available_permits() {
            served.idle.pop_front();
        }
    }

    /// Takes back an instance that has answered, unless it is not to be used again. To be called
    /// with the permit still in hand.
    pub fn give_back(self: &Arc<Self>, app: &Arc<App>, mut instance: Instance) {
        instance.answered += 1;
        if instance.answered >= app.reuse || !instance.store.data_mut().is_fit() {
            return;
        }
        let mut served = self.served();
        if !served.serves(app) {
            return;
        }
        served.idle.push_back(Idle { instance, until: Instant::now() + IDLE_TIME_MAX });
        if !served.is_watched {
            served.is_watched = true;
            tokio::spawn(self.clone().end_those_over_time());
        }
    }

    async fn end_those_over_time(self: Arc<Self>) {
        while let Some(until) = self.end_until_now() {
            sleep_until(until).await;
        }
    }

    /// When the next is over its time, if any waits.
    fn end_until_now(&self) -> Option<Instant> {
        let mut served = self.served();
        let now = Instant::now();
        while served.idle.front().is_some_and(|idle| idle.until <= now) {
            served.idle.pop_front();
        }
        let next = served.idle.front().map(|idle| idle.until);
        served.is_watched = next.is_some();
        next
    }
}

impl Served {
    fn serves(&self, app: &Arc<App>) -> bool {
        self.app.as_ref().is_some_and(|served| Arc::ptr_eq(served, app))
    }
}
