//! Relaxed durability, where what was answered may be lost, and that has to be told.

use super::power_loss::{NOW_MS, new_store};
use super::run::{expect_of_the_disk, open};
use super::steps::{FIRST, content};
use fastrand::Rng;
use larder_proof::disk::{Fault, SimulatedDisk};
use larder_proof::stepped::SteppedClock;
use larder_store::{
    CommitOutcome, Durability, Error, Larder, Namespace, Operation, PutOptions, Version,
};
use std::collections::HashSet;
use std::sync::Arc;

/// A store at relaxed durability, and its namespace.
fn relaxed() -> (SimulatedDisk, Arc<SteppedClock>, Larder, Namespace) {
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

/// One write in a row of them: what is there of the n-th tells that those before are there too.
fn write(clock: &Arc<SteppedClock>, namespace: &Namespace, n: i64) -> Result<Version, Error> {
    let put = Operation::Put {
        key: format!("k{n}"),
        value: n.to_string().into(),
        expiration: None,
        metadata: None,
    };
    let count = Operation::Increment { key: "count".into(), delta: 1, expiration: None };
    match clock.wait(namespace.commit(Vec::new(), vec![put, count]))? {
        CommitOutcome::Committed { version, .. } => Ok(version),
        conflict => panic!("{conflict:?}"),
    }
}

/// Which of the writes are there, as one moment shows them.
fn left(clock: &Arc<SteppedClock>, namespace: &Namespace) -> Option<Vec<i64>> {
    let keys: Vec<_> = (1..20).map(|n| format!("k{n}")).chain(["count".into()]).collect();
    let entries = clock.wait(namespace.get_many(&keys)).ok()?;
    let (count, writes) = entries.split_last().unwrap();
    let left: Vec<i64> =
        (1..).zip(writes).filter_map(|(n, entry)| entry.as_ref().map(|_| n)).collect();
    let count = count.as_ref().map_or("0".into(), |count| count.value.clone());
    assert_eq!(count, left.len().to_string(), "a commit is torn");
    Some(left)
}

/// Writes on a disk that fails at the n-th operation; whether there were so many.
fn write_and_fail_at(n: u64) -> bool {
    let (disk, clock, larder, namespace) = relaxed();
    let mut versions = HashSet::new();
    let value = content(&mut Rng::with_seed(n), 1_200_000);
    let mut writer = namespace.open_writer("pieces", PutOptions::new()).unwrap();
    let (mut writes, mut flushed, mut in_pieces) = (Vec::new(), 0, Ok(()));
    disk.fail(n, 1, Fault::Refused);
    for round in 0..12 {
        if in_pieces.is_ok() {
            in_pieces = clock.wait(writer.write(&value[round * 100_000..(round + 1) * 100_000]));
        }
        let new = round as i64 + 1;
        match write(&clock, &namespace, new) {
            Ok(version) => {
                assert!(versions.insert(version), "{version:?} was given twice");
                writes.push(new);
            }
            Err(Error::OutcomeUnknown { .. }) => writes.push(new),
            Err(error) => expect_of_the_disk(&error),
        }
        let is_flushed = round % 4 == 3 && clock.wait(larder.flush()).is_ok();
        // Whoever reads after a failure may meet what it has left.
        let left = (0..10).find_map(|_| left(&clock, &namespace)).expect("the store reads again");
        // What a failure takes is the last of what there was when it came: before the new one or
        // after it.
        let before = left.strip_suffix(&[new]).unwrap_or(&left);
        assert!(writes.starts_with(before), "{left:?} are left of {writes:?}");
        assert!(before.len() >= flushed, "{left:?} are left, and {flushed} were flushed");
        flushed = if is_flushed { left.len() } else { flushed };
        writes = left;
    }
    let finished = in_pieces.and_then(|()| clock.wait(writer.finish()).map(drop));
    let found = loop {
        match clock.wait(namespace.get("pieces")) {
            Ok(found) => break found,
            Err(error) => expect_of_the_disk(&error),
        }
    };
    match finished {
        Ok(()) => assert!(found.is_none_or(|found| found == value), "its pieces are mixed"),
        Err(_) => assert_eq!(found, None),
    }
    let _ = clock.wait(larder.close());
    disk.has_failed()
}

#[test]
fn at_relaxed_durability_a_failure_takes_the_last_writes_alone() {
    let mut n = 1;
    while write_and_fail_at(n) {
        n += 1;
    }
}
