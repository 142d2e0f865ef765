//! An operation is answered, whatever else is going on and whatever has failed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use larder_store::engine::redb::RELAXED_WINDOW_MS;
use larder_store::{
    Clock, Durability, Error, Larder, ManualClock, Options, PutOptions, SystemClock,
};
use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// A clock that panics when it is told to.
#[derive(Default)]
struct BrokenClock(AtomicBool);

impl Clock for BrokenClock {
    fn now_ms(&self) -> u64 {
        assert!(!self.0.load(Ordering::SeqCst), "the clock is broken");
        1_750_000_000_000
    }
}

/// Runs a test that would hang where it fails.
#[track_caller]
fn within_30_s(test: impl FnOnce(&Path) + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let directory = tempfile::tempdir().unwrap();
        test(directory.path());
        done.send(()).unwrap();
    });
    match is_done.recv_timeout(Duration::from_secs(30)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap(),
    }
}

#[test]
fn reads_and_compactions_do_not_wait_for_each_other() {
    within_30_s(|path| {
        // With so little cache, every read goes to the snapshot.
        let larder = Options::new().cache_bytes(64 << 10).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        for i in 0..100 {
            namespace.put(&format!("k{i}"), vec![1; 3000]).unwrap();
        }
        let compacted = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !compacted.load(Ordering::Relaxed) {
                        for i in 0..100 {
                            assert!(namespace.get(&format!("k{i}")).unwrap().is_some());
                        }
                    }
                });
            }
            for _ in 0..20 {
                larder.blocking().compact().unwrap();
            }
            compacted.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn a_relaxed_store_goes_on_when_its_window_is_over() {
    within_30_s(|path| {
        let larder = Options::new().durability(Durability::Relaxed).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        for _ in 0..8 {
            namespace.put("k", "v").unwrap();
            std::thread::sleep(Duration::from_millis(RELAXED_WINDOW_MS + 70));
        }
    });
}

#[test]
fn a_write_is_answered_when_the_writer_has_panicked() {
    within_30_s(|path| {
        let clock = Arc::new(BrokenClock::default());
        let larder = Options::new().clock(clock.clone()).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        clock.0.store(true, Ordering::SeqCst);
        // The writer asks for the time once a second by itself.
        std::thread::sleep(Duration::from_millis(1500));
        clock.0.store(false, Ordering::SeqCst);
        assert_eq!(namespace.put("k", "v"), Err(Error::Closed));
    });
}

/// Whoever is woken through it holds up who wakes them.
struct Slow;

impl Wake for Slow {
    fn wake(self: Arc<Self>) {
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_store_can_be_opened_again_as_soon_as_it_is_closed() {
    within_30_s(|path| {
        let larder = Larder::open(path).unwrap();
        let (mut closing, mut late) = (pin!(larder.close()), pin!(larder.flush()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(closing.as_mut().poll(&mut context).is_pending());
        let slow = Waker::from(Arc::new(Slow));
        let _ = late.as_mut().poll(&mut Context::from_waker(&slow));
        pollster::block_on(closing).unwrap();
        drop(Larder::open(path).unwrap());
    });
}

/// A task that goes on at once, on the thread that wakes it, and says when it has ended well.
struct Inline {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    ended: mpsc::Sender<()>,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        let mut future = self.future.lock().unwrap();
        let polled = future.as_mut().unwrap().as_mut();
        if polled.poll(&mut Context::from_waker(&Waker::from(self.clone()))).is_ready() {
            *future = None;
            self.ended.send(()).unwrap();
        }
    }
}

#[test]
fn the_last_handle_may_be_dropped_by_whom_the_writer_answers() {
    within_30_s(|path| {
        let larder = Larder::open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap();
        drop(larder);
        let (ended, has_ended) = mpsc::channel();
        let put = async move {
            namespace.put("k", "v").await.unwrap();
        };
        Arc::new(Inline { future: Mutex::new(Some(Box::pin(put))), ended }).wake();
        has_ended.recv_timeout(Duration::from_secs(20)).unwrap();
    });
}

#[test]
fn sweeping_keeps_up_with_many_writers() {
    within_30_s(|path| {
        const WRITERS: usize = 500;
        let clock = Arc::new(ManualClock::new(1_750_000_000_000));
        let larder = Options::new().clock(clock.clone()).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap();
        // As many puts at once as there are writers.
        let write = |round: usize, options: PutOptions| {
            let mut context = Context::from_waker(Waker::noop());
            let mut puts: Vec<_> = (0..WRITERS)
                .map(|n| {
                    let (namespace, options) = (namespace.clone(), options.clone());
                    let key = format!("{round}/{n}");
                    Box::pin(async move { namespace.put_with(&key, "v", options).await })
                })
                .collect();
            for put in &mut puts {
                let _ = put.as_mut().poll(&mut context);
            }
            for put in puts {
                let _ = pollster::block_on(put).unwrap();
            }
        };
        let expiring = PutOptions::new().ttl(Duration::from_secs(1));
        (0..80).for_each(|round| write(round, expiring.clone()));
        clock.advance(Duration::from_secs(1));
        // The sweeper looks once a second while it has found nothing; then it frees more than these
        // writes put.
        let (mut puts, mut more) = (0, 0);
        let left = |puts: usize| namespace.blocking().info().unwrap().keys - puts as u64;
        let began_ms = now_ms();
        while now_ms() < began_ms + 1500 || (left(puts) > 0 && more < 120) {
            write(1000 + puts, PutOptions::new());
            puts += WRITERS;
            more += usize::from(now_ms() >= began_ms + 1500);
        }
        assert_eq!(left(puts), 0);
    });
}

fn now_ms() -> u64 {
    SystemClock.monotonic_ms().unwrap()
}

#[test]
fn a_deletion_that_nobody_waits_for_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let larder = Larder::open(directory.path()).unwrap();
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    namespace.put("k", "v").unwrap();
    {
        // Polled once, so that it has been asked for, and dropped.
        let mut deletion = pin!(larder.delete_namespace("a"));
        let mut context = Context::from_waker(Waker::noop());
        assert!(deletion.as_mut().poll(&mut context).is_pending());
    }
    larder.blocking().flush().unwrap();
    assert_eq!(namespace.get("k"), Err(Error::NamespaceDeleted));
    assert_eq!(namespace.put("k", "v"), Err(Error::NamespaceDeleted));
}
