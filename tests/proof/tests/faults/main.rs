//! What happens around a store that is open: its directory goes, is not allowed, is copied, the
//! process has no files left, the clock jumps. Each is told by an error that says what to do.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod apart;
mod clock;
mod permissions;

use apart::apart;
use larder_store::{BlockingNamespace, Error, Larder, Options};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn namespace(larder: &Larder) -> BlockingNamespace {
    larder.blocking().open_or_create("a").unwrap().blocking()
}

#[track_caller]
fn assert_removed(error: &Error, path: &Path) {
    assert!(matches!(error, Error::Removed { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains("put it back"), "{text}");
}

#[test]
fn a_directory_that_is_removed_while_open_takes_no_write_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let larder = Larder::open(&path).unwrap();
    let values = namespace(&larder);
    values.put("before", "v").unwrap();
    fs::remove_dir_all(&path).unwrap();
    assert_removed(&values.put("k", "v").unwrap_err(), &path);
    assert_removed(&values.delete("before").unwrap_err(), &path);
    assert_removed(&larder.blocking().create_namespace("b").map(drop).unwrap_err(), &path);
    assert_eq!(values.get("before").unwrap().unwrap(), "v");
    drop((values, larder));
    assert!(!path.exists(), "closing makes a directory");
}

#[test]
fn a_file_that_is_moved_away_takes_no_write_until_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let larder = Larder::open(directory.path()).unwrap();
    let values = namespace(&larder);
    let (data, aside) = (directory.path().join("data.redb"), directory.path().join("aside"));
    fs::rename(&data, &aside).unwrap();
    assert_removed(&values.put("k", "lost").unwrap_err(), &data);
    fs::rename(&aside, &data).unwrap();
    values.put("k", "kept").unwrap();
    drop((values, larder));
    let larder = Larder::open(directory.path()).unwrap();
    assert_eq!(namespace(&larder).get("k").unwrap().unwrap(), "kept");
}

#[test]
fn a_file_that_is_replaced_while_open_is_not_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let (path, other) = (directory.path().join("one"), directory.path().join("other"));
    namespace(&Larder::open(&other).unwrap()).put("k", "of the other").unwrap();
    let larder = Larder::open(&path).unwrap();
    let values = namespace(&larder);
    values.put("k", "of the one").unwrap();
    fs::rename(other.join("data.redb"), path.join("data.redb")).unwrap();
    assert_removed(&values.put("k", "lost").unwrap_err(), &path);
    assert_eq!(values.get("k").unwrap().unwrap(), "of the one");
    drop((values, larder));
    let larder = Larder::open(&path).unwrap();
    assert_eq!(namespace(&larder).get("k").unwrap().unwrap(), "of the other");
    assert!(larder.blocking().check().unwrap().damage.is_empty());
}

/// Lets this process open no more files, or as many as it could.
fn limit_files(limit: bool) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = if limit { Some(0) } else { maximum };
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}

#[test]
fn a_process_without_files_left_goes_on_with_the_store_that_it_has_open() {
    let name = "a_process_without_files_left_goes_on_with_the_store_that_it_has_open";
    apart(name, None, |path| {
        let larder = Larder::open(path.join("store")).unwrap();
        let values = namespace(&larder);
        limit_files(true);
        for n in 0..50 {
            values.put(&format!("k{n}"), vec![1; 100_000]).unwrap();
        }
        for error in [
            Larder::open(path.join("other")).map(drop).unwrap_err(),
            larder.blocking().backup(path.join("backup")).map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Io { .. }), "{error}");
            assert!(error.to_string().contains("Too many open files"), "{error}");
        }
        assert_eq!(values.get("k49").unwrap().unwrap().len(), 100_000);
        limit_files(false);
        assert!(!path.join("backup").exists());
        larder.blocking().backup(path.join("backup")).unwrap();
        drop(Larder::open(path.join("other")).unwrap());
    });
}

#[test]
fn a_copy_of_the_directory_of_an_open_store_is_sound_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let larder = Larder::open(&path).unwrap();
    let done = AtomicBool::new(false);
    let (mut opened, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let values = namespace(&larder);
            for n in (0..64_u8).cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                values.put(&format!("k{n}"), vec![n; 100 + 300 * usize::from(n)]).unwrap();
            }
        });
        for n in 0..12 {
            let copy = directory.path().join(format!("copy-{n}"));
            fs::create_dir(&copy).unwrap();
            for name in ["format", "lock", "owner", "data.redb"] {
                fs::copy(path.join(name), copy.join(name)).unwrap();
            }
            match Options::new().open(&copy) {
                Err(error) => {
                    assert!(!matches!(error, Error::Locked { .. }), "{error}");
                    refused += 1;
                }
                Ok(copied) => {
                    for key in 0..64_u8 {
                        let value = namespace(&copied).get(&format!("k{key}")).unwrap();
                        let expected = vec![key; 100 + 300 * usize::from(key)];
                        assert!(value.is_none_or(|value| value == expected), "k{key}");
                    }
                    assert_eq!(copied.blocking().check().unwrap().damage, Vec::<String>::new());
                    opened += 1;
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    println!("{opened} copies opened, {refused} were refused");
}
