//! While the store is used, compacted or closed.

use super::{Directories, put_many, value};
use larder_store::engine::BackedUp;
use larder_store::limits::PIECE_BYTES;
use larder_store::{CommitOutcome, Error, Larder, Operation};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Writers that keep something true of each state of the store: `total` is the sum of `part/…`,
/// `pair/a` equals `pair/b`, which are large, and a namespace `n/x` exists where `made/x` does.
fn write_until(larder: &Larder, done: &AtomicBool, writes: &AtomicUsize) {
    let namespace = larder.blocking().namespace("a").unwrap().unwrap().blocking();
    std::thread::scope(|scope| {
        for part in 0..2 {
            let namespace = namespace.clone();
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let by_one =
                        |key: String| Operation::Increment { key, delta: 1, expiration: None };
                    let both = vec![by_one("total".into()), by_one(format!("part/{part}"))];
                    let _ = namespace.commit(vec![], both).unwrap();
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let pairs = namespace.clone();
        scope.spawn(move || {
            for n in 0u64.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let size =
                    [100, 5_000, 2 * PIECE_BYTES + 3].into_iter().cycle().nth(n as usize % 3);
                let value = vec![n as u8; size.unwrap()];
                let put = |key: &str| Operation::Put {
                    key: key.into(),
                    value: value.clone().into(),
                    expiration: None,
                    metadata: Some(n.to_string()),
                };
                let outcome = match n % 5 {
                    4 => {
                        let delete = |key: &str| Operation::Delete { key: key.into() };
                        pairs.commit(vec![], vec![delete("pair/a"), delete("pair/b")])
                    }
                    _ => pairs.commit(vec![], vec![put("pair/a"), put("pair/b")]),
                };
                assert!(matches!(outcome.unwrap(), CommitOutcome::Committed { .. }));
                writes.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(move || {
            let larder = larder.blocking();
            while !done.load(Ordering::Relaxed) {
                let made = larder.create_namespace("made").unwrap().blocking();
                put_many(&made, 100, |_| value(2_000));
                made.put("large", value(PIECE_BYTES + 1)).unwrap();
                larder.delete_namespace("made").unwrap();
            }
        });
    });
}

#[track_caller]
fn assert_consistent(larder: &Larder) {
    let namespace = larder.blocking().namespace("a").unwrap().unwrap().blocking();
    let number = |key: &str| -> u64 {
        let text = namespace.get(key).unwrap();
        text.map_or(0, |text| String::from_utf8_lossy(&text).parse().unwrap())
    };
    assert_eq!(number("total"), number("part/0") + number("part/1"));
    let pair = |key: &str| namespace.get_entry(key).unwrap();
    assert!(pair("pair/a") == pair("pair/b"));
    for i in 0..3000 {
        assert_eq!(namespace.get(&format!("k{i}")).unwrap().unwrap(), format!("{i}"));
    }
}

#[test]
fn a_backup_under_load_holds_exactly_one_state() {
    let at = Directories::new();
    let original = at.create("original");
    let namespace = original.blocking().create_namespace("a").unwrap().blocking();
    put_many(&namespace, 3000, |i| format!("{i}").into());
    for i in 0..4 {
        namespace.put(&format!("large/{i}"), value(10_000_000)).unwrap();
    }
    let (done, writes) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| write_until(&original, &done, &writes));
        for n in 0..4 {
            while writes.load(Ordering::Relaxed) < 20 * (n + 1) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let before = writes.load(Ordering::Relaxed);
            let result = original.blocking().backup(at.path(&format!("backup{n}")));
            let meanwhile = writes.load(Ordering::Relaxed) - before;
            if result.is_err() || meanwhile == 0 || n == 3 {
                done.store(true, Ordering::Relaxed);
            }
            result.unwrap();
            assert!(meanwhile > 0, "no write was answered during the backup");
        }
    });
    assert_consistent(&original);
    for n in 0..4 {
        assert_consistent(&at.open(&format!("backup{n}")));
    }
}

/// Begins a backup of a store of 40 MB and has `meanwhile` done in the midst of it.
fn amid_a_backup(
    at: &Directories,
    meanwhile: impl FnOnce(&Larder),
) -> (Larder, Result<BackedUp, Error>) {
    let larder = at.create("original");
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    for i in 0..4 {
        namespace.put(&format!("large/{i}"), value(10_000_000)).unwrap();
    }
    let (said, is_said) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let progress = move |so_far: BackedUp| {
        if so_far.keys == 2 {
            said.send(()).unwrap();
            may_go_on.recv_timeout(Duration::from_secs(30)).unwrap();
        }
    };
    let result = std::thread::scope(|scope| {
        let backup = scope.spawn(|| larder.blocking().backup_with(at.path("backup"), progress));
        // Dropped where `meanwhile` panics, so that the backup does not wait for ever.
        let go_on = go_on;
        is_said.recv_timeout(Duration::from_secs(30)).unwrap();
        meanwhile(&larder);
        go_on.send(()).unwrap();
        backup.join().unwrap()
    });
    (larder, result)
}

#[test]
fn writes_and_reads_are_answered_amid_a_backup_and_are_not_in_it() {
    let at = Directories::new();
    let (larder, result) = amid_a_backup(&at, |larder| {
        let namespace = larder.blocking().namespace("a").unwrap().unwrap().blocking();
        namespace.put("new", "v").unwrap();
        namespace.delete("large/3").unwrap();
        larder.blocking().sweep().unwrap();
        assert_eq!(namespace.get("new").unwrap().unwrap(), "v");
    });
    assert_eq!(result.unwrap().keys, 4);
    assert_eq!(larder.blocking().check().unwrap().keys, 4);
    let backup = at.open("backup");
    let namespace = backup.blocking().namespace("a").unwrap().unwrap().blocking();
    assert_eq!(namespace.get("new").unwrap(), None);
    assert!(namespace.get("large/3").unwrap().unwrap() == value(10_000_000));
}

#[test]
fn a_store_that_is_closed_ends_its_backup_and_leaves_nothing_of_it() {
    let at = Directories::new();
    let (_larder, result) = amid_a_backup(&at, |larder| larder.blocking().close().unwrap());
    assert_eq!(result, Err(Error::Closed));
    assert_eq!(at.names(), ["original"]);
    at.open("original");
}

#[test]
fn a_store_is_not_compacted_amid_a_backup_and_serves_on() {
    let at = Directories::new();
    let (larder, result) = amid_a_backup(&at, |larder| {
        assert_eq!(larder.blocking().compact(), Err(Error::BackupRunning));
        let namespace = larder.blocking().namespace("a").unwrap().unwrap().blocking();
        namespace.put("new", "v").unwrap();
        assert_eq!(namespace.get("new").unwrap().unwrap(), "v");
    });
    assert_eq!(result.unwrap().keys, 4);
    larder.blocking().compact().unwrap();
    at.open("backup");
}

#[test]
fn a_second_backup_to_the_same_place_is_refused_and_does_not_disturb_the_first() {
    let at = Directories::new();
    let (_, result) = amid_a_backup(&at, |larder| {
        let second = larder.blocking().backup(at.path("backup"));
        assert!(matches!(second, Err(Error::Locked { .. })), "{second:?}");
        let opened = at.options().open(at.path("backup"));
        assert!(matches!(opened, Err(Error::Locked { .. })));
    });
    result.unwrap();
    at.open("backup");
}

#[test]
fn a_backup_that_nobody_waits_for_is_given_up() {
    let at = Directories::new();
    let larder = at.create("original");
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    for i in 0..4 {
        namespace.put(&format!("large/{i}"), value(10_000_000)).unwrap();
    }
    let (said, is_said) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let progress = move |_| {
        let _ = said.send(());
        let _ = may_go_on.recv();
    };
    {
        let mut backup = Box::pin(larder.backup_with(at.path("backup"), progress));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(backup.as_mut().poll(&mut context).is_pending());
        is_said.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    drop(go_on);
    for _ in 0..500 {
        if at.names() == ["original"] {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the backup is still there after 10 s: {:?}", at.names());
}
