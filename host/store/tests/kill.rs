//! A process that is killed at any moment loses no write that it was answered, and leaves none half
//! done.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use larder_store::{Condition, Larder, Operation, PutOptions};
use std::io::{BufRead, BufReader, Write as _, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const STORE: &str = "LARDER_TEST_KILLED_STORE";
const WRITERS: usize = 4;
/// How many values each writer leaves behind it.
const KEPT: u64 = 20;

/// The size of a writer's n-th value, so that some lie in the record, some beside it, some in pieces.
fn size(n: u64) -> usize {
    [10, 3_000, 700_000][n as usize % 3]
}

fn value(writer: usize, n: u64) -> Vec<u8> {
    vec![(writer as u64 + n) as u8; size(n)]
}

/// The process that is killed: each writer puts its values one after another and says which it was
/// answered. Run as a test of its own it has nothing to do.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let larder = Larder::open(path).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
            scope.spawn(move || {
                let last = namespace.get(&format!("count/{writer}")).unwrap();
                let last = last.map_or(0, |text| String::from_utf8_lossy(&text).parse().unwrap());
                for n in last + 1.. {
                    let key = format!("{writer}/{n}");
                    if n % 2 == 0 {
                        let mut pieces = namespace.open_writer(&key, PutOptions::new()).unwrap();
                        pieces.write(&value(writer, n)).unwrap();
                        let _ = pieces.finish().unwrap();
                    } else {
                        namespace.put(&key, value(writer, n)).unwrap();
                    }
                    namespace.delete(&format!("{writer}/{}", n.saturating_sub(KEPT))).unwrap();
                    let absent = larder_store::Check {
                        key: format!("done/{writer}/{n}"),
                        condition: Condition::Absent,
                    };
                    let count = Operation::Increment {
                        key: format!("count/{writer}"),
                        delta: 1,
                        expiration: None,
                    };
                    let done = Operation::Put {
                        key: absent.key.clone(),
                        value: "".into(),
                        expiration: None,
                        metadata: None,
                    };
                    let _ = namespace.commit(vec![absent], vec![count, done]).unwrap();
                    let mut out = stdout().lock();
                    writeln!(out, "answered {writer} {n}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

/// Lets the writers go on for a while, kills them, and gives the last that each was answered.
fn run_and_kill(store: &Path, after: Duration) -> [u64; WRITERS] {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
        .env(STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut answered = [0; WRITERS];
        for line in out.lines().map_while(Result::ok) {
            if let [Some("answered"), Some(writer), Some(n)] = {
                let mut words = line.split(' ');
                [words.next(), words.next(), words.next()]
            } {
                answered[writer.parse::<usize>().unwrap()] = n.parse().unwrap();
            }
        }
        answered
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn a_kill_loses_no_answered_write() {
    let directory = tempfile::tempdir().unwrap();
    let mut total = 0;
    // The short ones kill recovery itself.
    for after_ms in [700, 30, 60, 500, 15, 900] {
        let answered = run_and_kill(directory.path(), Duration::from_millis(after_ms));
        let larder = Larder::open(directory.path()).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        for (writer, answered) in answered.into_iter().enumerate() {
            let count = namespace.get(&format!("count/{writer}")).unwrap();
            let count: u64 =
                count.map_or(0, |text| String::from_utf8_lossy(&text).parse().unwrap());
            assert!(count >= answered, "writer {writer}: {answered} answered, {count} there");
            for n in 1..=count {
                let done = namespace.get(&format!("done/{writer}/{n}")).unwrap();
                assert!(done.is_some(), "writer {writer}: {n} of {count} is missing");
                // The write that was in flight may have deleted one more.
                if n + KEPT > count + 1 {
                    let found = namespace.get(&format!("{writer}/{n}")).unwrap();
                    assert!(found.unwrap() == value(writer, n), "writer {writer}: {n} of {count}");
                }
            }
            total += answered;
        }
        assert_eq!(larder.blocking().check().unwrap().damage, Vec::<String>::new());
    }
    assert!(total > 0, "no write was answered before a kill");
}
