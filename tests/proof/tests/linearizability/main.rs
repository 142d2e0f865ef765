//! Operations on a namespace have one order that agrees with real time, whoever asks and whatever
//! goes on beside them: histories of many hands on few keys, while the clock steps, the store is
//! swept, compacted and checked, operations are given up, and the namespace itself is deleted.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::indexing_slicing, reason = "keys are numbered")]
#![expect(clippy::print_stdout, reason = "seeds and figures are for whoever runs it")]

mod clock;
mod hand;
mod history;
mod model;
mod search;
mod terms;

use clock::SlowClock;
use hand::{Hand, Table};
use history::{Answer, Event};
use larder_store::{Clock as _, Durability, Larder, ManualClock, Options};
use model::State;
use redb::backends::InMemoryBackend;
use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread::scope;
use std::time::Duration;

/// How many times as many histories as in the ordinary run.
const TIMES: &str = "LARDER_LINEARIZABILITY_TIMES";
/// The seed of the first history.
const SEED: &str = "LARDER_LINEARIZABILITY_SEED";

const NOW_MS: u64 = 1_750_000_000_000;

#[test]
fn a_store_in_memory_is_linearizable() {
    run("a_store_in_memory", 1_500, |options| options.in_memory());
}

#[test]
fn a_durable_store_with_a_cache_is_linearizable() {
    run("a_durable_store_with_a_cache", 500, |options| on_a_disk(options.cache_bytes(4 << 20)));
}

#[test]
fn a_durable_store_without_a_cache_is_linearizable() {
    run("a_durable_store_without_a_cache", 250, |options| on_a_disk(options.cache_bytes(0)));
}

#[test]
fn a_relaxed_store_with_a_cache_is_linearizable() {
    run("a_relaxed_store_with_a_cache", 500, |options| {
        on_a_disk(options.cache_bytes(4 << 20).durability(Durability::Relaxed))
    });
}

#[test]
fn a_relaxed_store_without_a_cache_is_linearizable() {
    run("a_relaxed_store_without_a_cache", 250, |options| {
        on_a_disk(options.cache_bytes(0).durability(Durability::Relaxed))
    });
}

#[test]
fn a_store_in_a_directory_is_linearizable() {
    let directory = tempfile::tempdir().unwrap();
    run("a_store_in_a_directory", 30, |options| {
        options.cache_bytes(4 << 20).open(directory.path()).unwrap()
    });
}

/// A disk that is memory, so that a sync takes no time and histories are many.
fn on_a_disk(options: Options) -> Larder {
    options.open_on(|| Ok(InMemoryBackend::new())).unwrap()
}

/// Checks so many histories of one store, one after another.
fn run(test: &str, histories: u64, open: impl FnOnce(Options) -> Larder) {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (times, seed) = (number(TIMES, 1), number(SEED, fastrand::u64(..1 << 32)));
    println!("{test}: {} histories from seed {seed} on", histories * times);
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let larder =
        open(Options::new().clock(SlowClock { hand: clock.clone(), asked: AtomicU64::new(0) }));
    let mut versions = HashSet::new();
    let (done, mut events) = (AtomicBool::new(false), 0);
    scope(|scope| {
        scope.spawn(|| keep_up(&larder, &done));
        let _done = SetAtLast(&done);
        for seed in seed..seed + histories * times {
            let start = State::new(clock.now_ms());
            let history = history(&larder, &clock, seed);
            events += history.len();
            let repeated = versions_of(&history).find(|version| !versions.insert(*version));
            if repeated.is_some() || !search::is_linearizable(start, &history) {
                println!("{SEED}={seed} cargo test -p larder-proof --test linearizability {test}");
                let mut history = history;
                history.sort_by_key(|event| event.from);
                panic!("seed {seed}, repeated version {repeated:?}: {history:#?}");
            }
        }
    });
    assert_eq!(larder.blocking().check().unwrap().damage, Vec::<String>::new());
    println!("{test}: {events} operations, {} versions", versions.len());
}

/// What goes on beside the hands, until they are done.
fn keep_up(larder: &Larder, done: &AtomicBool) {
    let larder = larder.blocking();
    for turn in 0.. {
        if done.load(Ordering::SeqCst) {
            break;
        }
        match turn % 8 {
            3 => drop(larder.compact().unwrap()),
            7 => assert_eq!(larder.check().unwrap().damage, Vec::<String>::new()),
            _ => drop(larder.sweep().unwrap()),
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}

struct SetAtLast<'a>(&'a AtomicBool);

impl Drop for SetAtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What the hands did in a namespace of their own: each on a thread, or several as the tasks of two.
fn history(larder: &Larder, clock: &Arc<ManualClock>, seed: u64) -> Vec<Event> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let title = format!("history {seed}");
    let namespace = larder.blocking().create_namespace(&title).unwrap();
    let (larder, clock) = (larder.clone(), clock.clone());
    let table = Table { larder, namespace, title, clock, ticks: AtomicU64::new(0) };
    let (hands, deletes) = (rng.usize(2..5), rng.u8(..4) == 0);
    let in_haste = rng.u8(..3) == 0;
    let (steps, threads) = (rng.usize(..4), if rng.bool() { 2 } else { usize::MAX });
    let roles = hands + 1 + usize::from(deletes);
    let threads = threads.min(roles);
    let start = Barrier::new(threads);
    let events = scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let (table, start) = (&table, &start);
                scope.spawn(move || {
                    start.wait();
                    let own = (thread..roles).step_by(threads);
                    all(own.map(|number| async move {
                        let hand = Hand::new(number, table, seed);
                        match number.checked_sub(hands) {
                            None if in_haste => hand.read_and_write().await,
                            None => hand.operate().await,
                            Some(0) => hand.step(steps).await,
                            Some(_) => hand.delete_namespace().await,
                        }
                    }))
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    if !deletes {
        table.larder.blocking().delete_namespace(&table.title).unwrap();
    }
    events
}

/// Runs tasks beside each other on this thread.
fn all(tasks: impl Iterator<Item = impl Future<Output = Vec<Event>>>) -> Vec<Event> {
    pollster::block_on(async {
        let mut tasks: Vec<_> = tasks.map(|task| Some(Box::pin(task))).collect();
        let mut events = Vec::new();
        poll_fn(|context| {
            for waiting in &mut tasks {
                if let Some(task) = waiting
                    && let Poll::Ready(done) = task.as_mut().poll(context)
                {
                    events.extend(done);
                    *waiting = None;
                }
            }
            if tasks.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        events
    })
}

/// Every version that a write was answered with.
fn versions_of(history: &[Event]) -> impl Iterator<Item = u64> {
    history.iter().filter_map(|event| match event.answer {
        Some(Answer::Written { version, .. }) => version,
        _ => None,
    })
}
