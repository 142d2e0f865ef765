//! Relaxed durability, where what was answered may be lost, and that has to be told.

use super::power_loss::{NOW_MS, new_store};
use super::run::{expect_of_the_disk, open};
use super::steps::FIRST;
use larder_proof::disk::{Fault, SimulatedDisk};
use larder_proof::stepped::SteppedClock;
use larder_store::{Durability, Namespace};
use std::sync::Arc;

/// A store at relaxed durability, and its namespace.
fn relaxed() -> (SimulatedDisk, Arc<SteppedClock>, larder_store::Larder, Namespace) {
    let (disk, clock) = (SimulatedDisk::new(new_store().0), SteppedClock::new(NOW_MS));
    let larder = open(&disk, &clock, Durability::Relaxed).unwrap();
    let namespace = clock.wait(larder.namespace_by_id(FIRST)).unwrap().unwrap();
    (disk, clock, larder, namespace)
}

fn count(clock: &Arc<SteppedClock>, namespace: &Namespace) -> Option<i64> {
    let value = clock.wait(namespace.get("count")).ok()?;
    Some(value.map_or(0, |value| std::str::from_utf8(&value).unwrap().parse().unwrap()))
}

#[test]
fn a_flush_or_a_close_does_not_succeed_over_writes_that_a_failure_has_lost() {
    for closes in [false, true] {
        for n in 1.. {
            let (disk, clock, larder, namespace) = relaxed();
            clock.wait(namespace.increment("count", 1, None)).unwrap();
            clock.wait(larder.flush()).unwrap();
            clock.wait(namespace.increment("count", 1, None)).unwrap();
            disk.fail(n, 1, Fault::Refused);
            // A namespace is made durable before it is answered, and what was answered before with it.
            if let Err(error) = clock.wait(larder.create_namespace("other")) {
                expect_of_the_disk(&error);
            }
            let had_failed = disk.has_failed();
            disk.heal();
            let left = loop {
                if let Some(left) = count(&clock, &namespace) {
                    break left;
                }
            };
            let kept = match closes {
                false => clock.wait(larder.flush()),
                true => clock.wait(larder.close()),
            };
            match left {
                2 => assert!(had_failed || kept == Ok(()), "at operation {n}: {kept:?}"),
                _ => assert!(kept.is_err(), "at operation {n}: {left} of 2 increments are left"),
            }
            if !closes {
                clock.wait(larder.flush()).expect("what was lost is told once");
            }
            if !had_failed {
                break;
            }
        }
    }
}
