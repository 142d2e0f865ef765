//! A disk that fails: what was answered stays so or is told, and the store comes back by itself.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use larder_store::limits::PIECE_BYTES;
use larder_store::{Durability, Options, PutOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs a test in a process of its own, whose writes can be made to fail: where a file may not grow
/// beyond a limit, a write is an error if the signal for it is ignored, which only a shell can say
/// without unsafe code.
#[track_caller]
fn apart(name: &str, test: impl FnOnce(&Path)) {
    const APART: &str = "LARDER_TEST_APART";
    if std::env::var_os(APART).is_some() {
        let directory = tempfile::tempdir().unwrap();
        return test(directory.path());
    }
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(APART, "1")
        .status();
    assert!(status.unwrap().success());
}

/// Makes every write to a file fail, or none.
fn fail_writes(fail: bool) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = if fail { Some(0) } else { maximum };
    setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
}

/// Waits until `is_so`, at most 10 s.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_value_in_pieces_is_whole_or_refused_after_a_failure_has_taken_pieces() {
    apart("a_value_in_pieces_is_whole_or_refused_after_a_failure_has_taken_pieces", |path| {
        let larder = Options::new().durability(Durability::Relaxed).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        namespace.put("before", "v").unwrap();
        larder.blocking().flush().unwrap();
        let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
        writer.write(&vec![1; 2 * PIECE_BYTES]).unwrap();
        fail_writes(true);
        eventually("the flush fails", || namespace.get("before").is_err());
        fail_writes(false);
        eventually("the store is back", || namespace.put("after", "v").is_ok());
        let finished = writer.write(&vec![2; 2 * PIECE_BYTES]).and_then(|()| writer.finish());
        match namespace.get("k").unwrap() {
            None => assert!(finished.is_err()),
            Some(value) => {
                assert!(value == [[1; 2 * PIECE_BYTES], [2; 2 * PIECE_BYTES]].concat());
            }
        }
    });
}
