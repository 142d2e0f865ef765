//! What comes to nothing: it is told why, and leaves nothing.

use super::{Directories, value};
use larder_store::engine::BackedUp;
use larder_store::limits::PIECE_BYTES;
use larder_store::{Error, Larder};
use redb::{Database, ReadableTable, TableDefinition};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const IDX: TableDefinition<&[u8], &[u8]> = TableDefinition::new("idx");
const VAL: TableDefinition<&[u8], &[u8]> = TableDefinition::new("val");
const CHUNK: TableDefinition<&[u8], &[u8]> = TableDefinition::new("chunk");
const NAMESPACES: TableDefinition<u32, &[u8]> = TableDefinition::new("namespaces");

/// A store with a key of each place where a value can lie.
fn fill(at: &Directories) {
    let larder = at.create("original");
    let namespace = larder.blocking().create_namespace("a").unwrap().blocking();
    for (key, size) in [("small", 10), ("middling", 5_000), ("large", 2 * PIECE_BYTES)] {
        namespace.put(key, value(size)).unwrap();
    }
}

fn backup(at: &Directories) -> Result<BackedUp, Error> {
    at.create("original").blocking().backup(at.path("backup"))
}

#[track_caller]
fn assert_refused(result: Result<BackedUp, Error>, with: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::DirectoryRefused { .. }), "{error}");
    assert!(error.to_string().contains(with), "{error}");
}

#[test]
fn a_directory_that_holds_anything_is_refused_and_left_as_it_is() {
    let at = Directories::new();
    fill(&at);
    let other = at.create("other");
    other.blocking().create_namespace("kept").unwrap();
    drop(other);
    let original = at.create("original");
    let backup_to = |name: &str| original.blocking().backup(at.path(name));
    assert_refused(backup_to("other"), "holds a store");
    assert_refused(backup_to("original"), "holds a store");
    assert!(at.open("other").blocking().namespace("kept").unwrap().is_some());

    fs::create_dir(at.path("notes")).unwrap();
    fs::write(at.path("notes/notes.txt"), "mine").unwrap();
    assert_refused(backup_to("notes"), "notes.txt");
    assert_eq!(fs::read_dir(at.path("notes")).unwrap().count(), 1);
    assert_refused(backup_to("notes/notes.txt"), "no directory");
    assert_eq!(fs::read(at.path("notes/notes.txt")).unwrap(), b"mine");
}

#[test]
fn a_directory_within_the_store_is_refused() {
    let at = Directories::new();
    fill(&at);
    let before = fs::read_dir(at.path("original")).unwrap().count();
    let original = at.create("original");
    for name in ["original/backup", "original/a/b", "other/../original/backup"] {
        fs::create_dir_all(at.path("other")).unwrap();
        assert_refused(original.blocking().backup(at.path(name)), "within");
    }
    assert_eq!(fs::read_dir(at.path("original")).unwrap().count(), before);
    drop(original);
    assert_refused(Larder::restore(at.path("original"), at.path("original/new")), "within");
    assert_refused(Larder::restore(at.path("original"), at.path("original")), "holds a store");
}

#[test]
fn directories_that_are_missing_are_made_and_empty_ones_taken() {
    let at = Directories::new();
    fill(&at);
    fs::create_dir(at.path("empty")).unwrap();
    for name in ["empty", "new/deep/er"] {
        at.create("original").blocking().backup(at.path(name)).unwrap();
        at.open(name);
    }
}

/// Changes the stored bytes of the first row of a table whose key ends so; none removes it.
fn damage(
    store: &Path,
    table: TableDefinition<&[u8], &[u8]>,
    ends: &[u8],
    change: Option<fn(&mut Vec<u8>)>,
) {
    let database = Database::open(store.join("data.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(table).unwrap();
        let found = table.iter().unwrap().map(|entry| entry.unwrap());
        let mut found = found.map(|(key, value)| (key.value().to_vec(), value.value().to_vec()));
        let (key, mut stored) = found.find(|(key, _)| key.ends_with(ends)).unwrap();
        drop(found);
        if let Some(change) = change {
            change(&mut stored);
            table.insert(key.as_slice(), stored.as_slice()).unwrap();
        } else {
            table.remove(key.as_slice()).unwrap();
        }
    }
    transaction.commit().unwrap();
}

#[test]
fn damage_is_named_and_neither_lost_nor_copied() {
    let change: Option<fn(&mut Vec<u8>)> = Some(|bytes| {
        let middle = bytes.len() / 2;
        bytes.get_mut(middle).into_iter().for_each(|byte| *byte ^= 1);
    });
    for (table, ends, change, named) in [
        (IDX, &b"small"[..], change, "small"),
        (VAL, b"middling", change, "middling"),
        (VAL, b"middling", None, "middling"),
        (CHUNK, &[1], change, "checksum"),
        (CHUNK, &[1], None, "piece 1"),
        // An entry that has vanished is missed by the count of its namespace.
        (IDX, b"small", None, "namespace \"a\" counts 3 keys"),
        (IDX, b"large", None, "namespace \"a\" counts 3 keys"),
    ] {
        let at = Directories::new();
        fill(&at);
        damage(&at.path("original"), table, ends, change);
        for result in [backup(&at), Larder::restore(at.path("original"), at.path("backup"))] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. }), "{named}: {error}");
            assert!(error.to_string().contains(named), "{named}: {error}");
            assert_eq!(at.names(), ["original"], "{named}");
        }
    }
}

#[test]
fn keys_whose_namespace_is_lost_are_not_lost_with_it() {
    let at = Directories::new();
    fill(&at);
    {
        let database = Database::open(at.path("original/data.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(NAMESPACES).unwrap().remove(1).unwrap().unwrap();
        transaction.commit().unwrap();
    }
    let error = backup(&at).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("no such namespace"), "{error}");
    assert_eq!(at.names(), ["original"]);
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let at = Directories::new();
    let restore = |name: &str| Larder::restore(at.path(name), at.path("restored"));
    assert_eq!(restore("none"), Err(Error::NotFound { path: at.path("none") }));
    fs::create_dir(at.path("empty")).unwrap();
    assert_eq!(restore("empty"), Err(Error::NotFound { path: at.path("empty") }));

    fill(&at);
    let open = at.create("original");
    let error = restore("original").unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(open);

    let whole = fs::read(at.path("original/data.redb")).unwrap();
    for keep in [0, 100, 4096, whole.len() / 2] {
        fs::write(at.path("original/data.redb"), whole.get(..keep).unwrap()).unwrap();
        let error = restore("original").unwrap_err();
        assert!(matches!(error, Error::Foreign { .. } | Error::Corrupt { .. }), "{keep}: {error}");
    }
    fs::write(at.path("original/format"), "larder store, format 2\n").unwrap();
    let error = restore("original").unwrap_err();
    assert!(matches!(error, Error::FormatUnsupported { found: 2, .. }), "{error}");
    assert_eq!(at.names(), ["empty", "original"]);
}

#[test]
fn a_directory_that_cannot_be_made_or_written_is_told() {
    let at = Directories::new();
    fill(&at);
    // Nobody can make anything there.
    let result = at.create("original").blocking().backup("/proc/larder/backup");
    assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
}

#[test]
fn whoever_follows_a_backup_may_panic() {
    let at = Directories::new();
    fill(&at);
    let larder = at.create("original");
    let result = larder.blocking().backup_with(at.path("backup"), |_| panic!("while following"));
    assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
    assert_eq!(at.names(), ["original"]);
    larder.blocking().backup(at.path("backup")).unwrap();
}

const ROOT: &str = "LARDER_TEST_KILLED_BACKUP";

/// The process that is killed, when it says that it is amid the backup. Run as a test of its own it
/// has nothing to do.
#[test]
fn backs_up_until_it_is_killed() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let root = Path::new(&root);
    let larder = Larder::open(root.join("original")).unwrap();
    let wait = |_| {
        println!("amid the backup");
        std::thread::sleep(Duration::from_secs(60));
    };
    larder.blocking().backup_with(root.join("backup"), wait).unwrap();
}

#[test]
fn a_backup_that_was_killed_is_no_store_and_its_place_can_be_used_again() {
    let at = Directories::new();
    fill(&at);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "refused::backs_up_until_it_is_killed", "--nocapture"])
        .env(ROOT, at.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.into_iter().any(|line| line.contains("amid the backup")));
    child.kill().unwrap();
    child.wait().unwrap();

    assert!(at.path("backup/data.redb.new").exists());
    let none = Error::NotFound { path: at.path("backup") };
    assert_eq!(at.options().create(false).open(at.path("backup")).unwrap_err(), none);
    assert_eq!(Larder::restore(at.path("backup"), at.path("restored")), Err(none));
    assert_eq!(backup(&at).unwrap().keys, 3);
    assert_eq!(at.open("backup").blocking().check().unwrap().keys, 3);
}

#[test]
fn a_backup_that_only_wants_its_last_step_is_whole() {
    let at = Directories::new();
    fill(&at);
    backup(&at).unwrap();
    fs::rename(at.path("backup/data.redb"), at.path("backup/data.redb.new")).unwrap();
    assert_refused(backup(&at), "holds a store");
    assert_eq!(Larder::restore(at.path("backup"), at.path("restored")).unwrap().keys, 3);
    at.open("restored");
    at.open("backup");
}
