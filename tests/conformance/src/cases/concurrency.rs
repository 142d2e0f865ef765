//! Several at once, each through a way of its own to the same namespace.

use crate::Subject;
use crate::subject::MAIN;
use larder_store::{
    Check, CommitOutcome, Condition, DeleteOutcome, ListOptions, Operation, PutOptions,
    WriteOutcome,
};
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 8;

/// What each of several threads comes to, all let go at the same moment.
fn at_once<T: Send>(kv: &dyn Subject, act: impl Fn(&dyn Subject, usize) -> T + Sync) -> Vec<T> {
    let (act, start) = (&act, &Barrier::new(THREADS));
    thread::scope(|scope| {
        let run = |n| {
            let kv = kv.open(MAIN, "");
            scope.spawn(move || {
                start.wait();
                act(&*kv, n)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn put(key: &str, value: &str) -> Operation {
    let value = bytes::Bytes::copy_from_slice(value.as_bytes());
    Operation::Put { key: key.into(), value, expiration: None, metadata: None }
}

pub fn concurrent_increments_add_up(kv: &dyn Subject) {
    let mut values =
        at_once(kv, |kv, _| [(); 25].map(|()| kv.increment("hits", 1, None).unwrap().value))
            .concat();
    values.sort();
    assert!(values.into_iter().eq(1..=200));
    assert_eq!(kv.text("hits").as_deref(), Some("200"));
}

pub fn one_of_many_wins_an_absent_key(kv: &dyn Subject) {
    for round in 0..5 {
        let key = format!("lock-{round}");
        let outcomes = at_once(kv, |kv, n| {
            kv.put_with(&key, n.to_string().as_bytes(), PutOptions::new().if_absent()).unwrap()
        });
        let won = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::Written(_));
        let winners: Vec<usize> = (0..THREADS).filter(|n| won(&outcomes[*n])).collect();
        assert_eq!(winners.len(), 1);
        let entry = kv.entry(&key);
        assert_eq!(entry.value, winners[0].to_string());
        for outcome in outcomes {
            let told = match outcome {
                WriteOutcome::Written(version) => Some(version),
                WriteOutcome::Conflict(found) => found,
            };
            assert_eq!(told, Some(entry.version));
        }
    }
}

pub fn one_of_many_deletes_a_version(kv: &dyn Subject) {
    let version = kv.put("job", b"v").unwrap();
    let outcomes = at_once(kv, |kv, _| kv.delete_if("job", version).unwrap());
    let deleted = outcomes.iter().filter(|outcome| **outcome == DeleteOutcome::Deleted);
    assert_eq!(deleted.count(), 1);
    let lost = outcomes.iter().filter(|outcome| **outcome == DeleteOutcome::Conflict(None));
    assert_eq!(lost.count(), THREADS - 1);
}

pub fn no_update_is_lost_between_a_read_and_a_write_of_its_version(kv: &dyn Subject) {
    kv.put("list", b"").unwrap();
    at_once(kv, |kv, n| {
        loop {
            let entry = kv.entry("list");
            let longer = [&entry.value[..], &[b'a' + n as u8]].concat();
            let options = PutOptions::new().if_version(entry.version);
            if let WriteOutcome::Written(_) = kv.put_with("list", &longer, options).unwrap() {
                break;
            }
        }
    });
    let mut letters = kv.get("list").unwrap().unwrap().to_vec();
    letters.sort();
    assert_eq!(letters, b"abcdefgh");
}

pub fn commits_that_exclude_each_other_do_not_both_happen(kv: &dyn Subject) {
    let outcomes = at_once(kv, |kv, n| {
        let checks = vec![Check { key: "owner".into(), condition: Condition::Absent }];
        let own = put("owner", &n.to_string());
        kv.commit(checks, vec![own, put(&format!("by-{n}"), "v")]).unwrap()
    });
    let committed = |outcome: &CommitOutcome| matches!(outcome, CommitOutcome::Committed { .. });
    assert_eq!(outcomes.iter().filter(|outcome| committed(outcome)).count(), 1);
    let owner = kv.text("owner").unwrap();
    assert_eq!(kv.names(&ListOptions::prefix("by-")), [format!("by-{owner}")]);
}

pub fn a_commit_is_seen_whole_or_not_at_all(kv: &dyn Subject) {
    let both = |n: usize| vec![put("x", &n.to_string()), put("y", &n.to_string())];
    kv.committed(both(0));
    at_once(kv, |kv, n| {
        for round in 0..15 {
            if n < 2 {
                kv.committed(both(n * 100 + round));
                continue;
            }
            let entries = kv.get_many(&["x", "y"]).unwrap();
            assert_eq!(entries[0], entries[1]);
            let page = kv.list(&ListOptions::default()).unwrap();
            assert_eq!(page.keys[0].version, page.keys[1].version);
        }
    });
}

pub fn a_value_is_seen_whole_or_not_at_all(kv: &dyn Subject) {
    let value = |n: usize| vec![b'a' + n as u8; 600_000 + n];
    kv.put("k", &value(0)).unwrap();
    at_once(kv, |kv, n| {
        for _ in 0..5 {
            if n < 2 {
                kv.put("k", &value(n)).unwrap();
                continue;
            }
            let seen = kv.get("k").unwrap().unwrap();
            assert!(seen == value(0) || seen == value(1), "{} bytes of two puts", seen.len());
        }
    });
}
