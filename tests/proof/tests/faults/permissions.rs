//! Directories and files that one may not read or write.

use crate::apart::apart;
use crate::namespace;
use larder_store::{Error, Larder};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A user without rights. Another than this process has is needed where it is root, which the modes
/// of files do not hold back.
fn nobody() -> Option<u32> {
    rustix::process::getuid().is_root().then_some(65_534)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// What is said of the store in `path`, which names the path and the reason.
#[track_caller]
fn assert_not_permitted(error: &Error, path: &Path) {
    assert!(matches!(error, Error::Io { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains("ermission denied"), "{text}");
}

fn store(path: &Path) {
    namespace(&Larder::open(path).unwrap()).put("k", "v").unwrap();
}

#[test]
fn a_store_in_a_directory_that_is_read_only_is_refused_and_can_be_restored_from() {
    let name =
        "permissions::a_store_in_a_directory_that_is_read_only_is_refused_and_can_be_restored_from";
    apart(name, nobody(), |path| {
        let from = path.join("store");
        store(&from);
        fs::remove_file(from.join("lock")).unwrap();
        for name in ["data.redb", "format", "owner"] {
            set_mode(&from.join(name), 0o444);
        }
        set_mode(&from, 0o555);
        assert_not_permitted(&Larder::open(&from).unwrap_err(), &from);
        assert!(Larder::inspect(&from).unwrap().damage.is_empty());
        Larder::restore(&from, path.join("restored")).unwrap();
        let restored = Larder::open(path.join("restored")).unwrap();
        assert_eq!(namespace(&restored).get("k").unwrap().unwrap(), "v");
        set_mode(&from, 0o755);
    });
}

#[test]
fn files_that_one_may_not_write_are_told() {
    apart("permissions::files_that_one_may_not_write_are_told", nobody(), |path| {
        for (name, mode) in [("data.redb", 0o444), ("data.redb", 0), ("format", 0), ("lock", 0)] {
            let from = path.join(format!("{name}-{mode}"));
            store(&from);
            set_mode(&from.join(name), mode);
            assert_not_permitted(&Larder::open(&from).unwrap_err(), &from);
            set_mode(&from.join(name), 0o644);
            assert_eq!(namespace(&Larder::open(&from).unwrap()).get("k").unwrap().unwrap(), "v");
        }
    });
}

#[test]
fn a_directory_that_one_may_not_enter_or_make_is_told() {
    apart("permissions::a_directory_that_one_may_not_enter_or_make_is_told", nobody(), |path| {
        let closed = path.join("closed");
        store(&closed.join("store"));
        for mode in [0, 0o444] {
            set_mode(&closed, mode);
            for path in [closed.join("store"), closed.join("new")] {
                assert_not_permitted(&Larder::open(&path).unwrap_err(), &closed);
            }
        }
        set_mode(&closed, 0o755);
        drop(Larder::open(closed.join("store")).unwrap());
    });
}
