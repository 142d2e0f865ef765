//! What the store does by itself when some time has passed, which no clock of a test tells it.

use super::power_loss::{NOW_MS, new_store};
use super::run::{expect_of_the_disk, open};
use super::steps::FIRST;
use fastrand::Rng;
use larder_proof::disk::{Fault, Image, SimulatedDisk};
use larder_proof::stepped::SteppedClock;
use larder_store::engine::redb::RELAXED_WINDOW_MS;
use larder_store::{Clock, Durability, Larder, Namespace, SystemClock};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A second after the last write, and some more on a machine that is busy.
const UNTIL_PREPARED: Duration = Duration::from_millis(2000);

/// How late a sync may be on a machine that is busy, in milliseconds.
const LATE_MS: u64 = 800;

struct Opened {
    clock: Arc<SteppedClock>,
    larder: Larder,
    namespace: Namespace,
}

fn opened(disk: &SimulatedDisk, durability: Durability) -> Opened {
    let clock = SteppedClock::new(NOW_MS);
    let larder = open(disk, &clock, durability).unwrap();
    let namespace = clock.wait(larder.namespace_by_id(FIRST)).unwrap().unwrap();
    Opened { clock, larder, namespace }
}

/// What the counter is at after a loss of power.
fn count_of(image: Image) -> usize {
    let Opened { clock, larder, namespace } = opened(&SimulatedDisk::new(image), Durability::Full);
    assert_eq!(clock.wait(larder.check()).unwrap().damage, Vec::<String>::new());
    let count = clock.wait(namespace.get("count")).unwrap();
    count.map_or(0, |count| std::str::from_utf8(&count).unwrap().parse().unwrap())
}

/// Whether the n-th operation by which the file is made ready has come, and was borne.
fn fail_preparing(n: u64) -> bool {
    let disk = SimulatedDisk::new(new_store().0);
    let Opened { clock, larder, namespace } = opened(&disk, Durability::Full);
    clock.wait(namespace.increment("count", 1, None)).unwrap();
    disk.fail(n, 1, Fault::Refused);
    disk.keep_moments([n]);
    thread::sleep(UNTIL_PREPARED);
    let has_failed = disk.has_failed();
    disk.heal();
    for moment in disk.take_moments() {
        for seed in 0..20 {
            let image = moment.lose_power(&mut Rng::with_seed(seed));
            assert_eq!(count_of(image), 1, "operation {n}, seed {seed}");
        }
    }
    // Who reads next may meet what the fault has left, and nobody after that.
    if let Err(error) = clock.wait(namespace.get("count")) {
        expect_of_the_disk(&error);
    }
    clock.wait(larder.flush()).unwrap();
    clock.wait(namespace.increment("count", 1, None)).unwrap();
    let _ = clock.wait(larder.close());
    assert_eq!(count_of(disk.moment().lose_power(&mut Rng::with_seed(n))), 2);
    has_failed
}

#[test]
fn a_fault_or_a_loss_of_power_while_the_file_is_made_ready_costs_nothing() {
    let threads: Vec<_> = (1..=40).map(|n| thread::spawn(move || fail_preparing(n))).collect();
    let came: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(came[0], "the file has not been made ready");
    assert!(!came[39], "there are more operations than were made to fail");
}

/// Counts for a while at relaxed durability, and loses the power.
fn count_and_lose_power(seed: u64) {
    let now_ms = || SystemClock.monotonic_ms().unwrap();
    let disk = SimulatedDisk::new(new_store().0);
    let Opened { clock, larder: _open, namespace } = opened(&disk, Durability::Relaxed);
    let (begin, mut answered) = (now_ms(), Vec::new());
    while now_ms() < begin + 2000 {
        clock.wait(namespace.increment("count", 1, None)).unwrap();
        answered.push(now_ms());
        thread::sleep(Duration::from_millis(20));
    }
    let lost_at = now_ms();
    let found = count_of(disk.moment().lose_power(&mut Rng::with_seed(seed)));
    let old = |at: &&u64| **at + RELAXED_WINDOW_MS + LATE_MS < lost_at;
    let least = answered.iter().filter(old).count();
    assert!(least > 0 && found <= answered.len());
    assert!(found >= least, "seed {seed}: {found} of {} are left", answered.len());
}

#[test]
fn at_relaxed_durability_nothing_older_than_the_window_is_lost() {
    let threads: Vec<_> =
        (0..8).map(|seed| thread::spawn(move || count_and_lose_power(seed))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
