//! The engine on disk: what survives, what is refused, and what is freed.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use larder_store::engine::Swept;
use larder_store::limits::PIECE_BYTES;
use larder_store::{
    BlockingNamespace, CommitOutcome, Durability, Error, Expiration, Larder, ListOptions,
    ManualClock, Operation, Options, PutOptions, Version, WriteOutcome,
};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const NOW_MS: u64 = 1_750_000_000_000;
const SIZES: [usize; 8] =
    [0, 1, 1024, 1025, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 26_214_400];

fn value(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

struct Store {
    directory: TempDir,
    clock: Arc<ManualClock>,
}

impl Store {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(NOW_MS)) }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn open(&self) -> Larder {
        self.open_with(Options::new()).unwrap()
    }

    fn open_with(&self, options: Options) -> Result<Larder, Error> {
        options.clock(self.clock.clone()).open(self.path())
    }

    fn namespace(larder: &Larder) -> BlockingNamespace {
        larder.blocking().open_or_create("a").unwrap().blocking()
    }
}

fn assert_sound(larder: &Larder) {
    let report = larder.blocking().check().unwrap();
    assert_eq!(report.damage, Vec::<String>::new());
}

#[test]
fn a_store_says_which_directory_holds_it() {
    let store = Store::new();
    assert_eq!(store.open().directory().as_deref(), Some(store.path()));
    assert_eq!(Larder::in_memory().directory(), None);
}

#[test]
fn values_of_every_size_survive_reopening() {
    let store = Store::new();
    {
        let larder = store.open();
        let namespace = Store::namespace(&larder);
        for size in SIZES {
            let options = PutOptions::new().metadata(format!("{size}")).ttl(Duration::from_secs(9));
            let outcome = namespace.put_with(&format!("k{size}"), value(size), options).unwrap();
            assert!(matches!(outcome, WriteOutcome::Written(_)));
        }
    }
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    for size in SIZES {
        let entry = namespace.get_entry(&format!("k{size}")).unwrap().unwrap();
        assert!(entry.value == value(size), "{size}");
        assert_eq!(entry.head.metadata.as_deref(), Some(size.to_string().as_str()));
        assert_eq!(entry.head.expiration.unwrap().as_millis(), NOW_MS + 9000);
    }
    let info = namespace.info().unwrap();
    assert_eq!(info.keys, SIZES.len() as u64);
    assert_sound(&larder);
}

#[test]
fn a_value_may_change_its_size_and_place() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    for from in SIZES {
        for to in [1, 5000, PIECE_BYTES + 7] {
            namespace.put("k", value(from)).unwrap();
            namespace.put("k", value(to)).unwrap();
            assert!(namespace.get("k").unwrap().unwrap() == value(to), "{from} to {to}");
            assert_eq!(namespace.info().unwrap().bytes, 1 + to as u64);
        }
    }
    assert_sound(&larder);
    larder.blocking().sweep().unwrap();
    assert_sound(&larder);
}

#[test]
fn versions_are_not_used_again_after_reopening() {
    let store = Store::new();
    let mut seen = HashSet::new();
    for _ in 0..5 {
        let larder = store.open();
        let namespace = Store::namespace(&larder);
        for _ in 0..10 {
            assert!(seen.insert(namespace.put("k", "v").unwrap()));
        }
    }
}

#[test]
fn the_version_of_a_commit_that_changed_nothing_is_not_used_again_either() {
    let store = Store::new();
    drop(Store::namespace(&store.open()));
    let delete = Operation::Delete { key: "k".into() };
    let outcome = Store::namespace(&store.open()).commit(vec![], vec![delete]).unwrap();
    let CommitOutcome::Committed { version, .. } = outcome else { panic!("{outcome:?}") };
    assert_ne!(Store::namespace(&store.open()).put("k", "v").unwrap(), version);
}

#[test]
fn a_reader_keeps_its_value_and_its_pieces_are_freed_when_it_closes() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    let old = value(3 * PIECE_BYTES + 5);
    namespace.put("k", old.clone()).unwrap();
    let reader = namespace.open_reader("k").unwrap().unwrap();
    namespace.put("k", "new").unwrap();
    assert_eq!(larder.blocking().sweep().unwrap().pieces, 0);
    let mut read = Vec::new();
    while let piece = reader.read(read.len() as u64, 100_000).unwrap()
        && !piece.is_empty()
    {
        read.extend_from_slice(&piece);
    }
    assert!(read == old);
    drop(reader);
    assert_eq!(larder.blocking().sweep().unwrap().pieces, 4);
    assert_sound(&larder);
}

#[test]
fn a_dropped_writer_leaves_nothing_and_so_does_one_that_a_restart_cut_off() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&value(2 * PIECE_BYTES)).unwrap();
    drop(writer);
    assert_eq!(larder.blocking().sweep().unwrap().pieces, 1);

    let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&value(2 * PIECE_BYTES)).unwrap();
    larder.blocking().close().unwrap();
    assert_eq!(writer.write(&value(2 * PIECE_BYTES)), Err(Error::Closed));
    drop((writer, namespace, larder));

    let larder = store.open();
    assert_eq!(Store::namespace(&larder).get("k").unwrap(), None);
    assert_eq!(larder.blocking().sweep().unwrap(), Swept { pieces: 1, ..Swept::default() });
    assert_sound(&larder);
}

#[test]
fn a_write_in_pieces_becomes_the_value() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    for size in SIZES {
        let expected = value(size);
        let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
        for chunk in expected.chunks(77_777) {
            writer.write(chunk).unwrap();
        }
        assert!(matches!(writer.finish().unwrap(), WriteOutcome::Written(_)));
        assert!(namespace.get("k").unwrap().unwrap() == expected, "{size}");
    }
    assert_sound(&larder);
}

#[test]
fn the_sweeper_frees_what_has_expired_and_spares_what_was_refreshed() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    for i in 0..3000 {
        let options = PutOptions::new().ttl(Duration::from_secs(1));
        let _ = namespace.put_with(&format!("k{i:04}"), "v", options).unwrap();
    }
    namespace.expire("k0007", Some(Expiration::Ttl(100))).unwrap();
    store.clock.advance(Duration::from_secs(1));
    let keys = namespace.list(&ListOptions::default()).unwrap().keys;
    assert_eq!(keys.len(), 1);
    let swept = larder.blocking().sweep().unwrap();
    // The sweeper's own steps may have come first.
    assert!(swept.expired <= 2999);
    assert_eq!(namespace.info().unwrap().keys, 1);
    assert!(namespace.get("k0007").unwrap().is_some());
    assert_sound(&larder);
}

#[test]
fn the_sweeper_works_by_itself() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    let options = PutOptions::new().ttl(Duration::from_millis(1));
    let _ = namespace.put_with("k", value(2 * PIECE_BYTES), options).unwrap();
    store.clock.advance(Duration::from_millis(1));
    for _ in 0..100 {
        if namespace.info().unwrap().keys == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("an expired key was not swept within 5 s");
}

#[test]
fn deleting_a_namespace_goes_on_after_a_restart() {
    let store = Store::new();
    {
        let larder = store.open();
        let namespace = Store::namespace(&larder);
        for i in 0..2500 {
            let _ = namespace.put_with(&format!("k{i}"), "v", PutOptions::new()).unwrap();
        }
        namespace.put("large", value(5 * PIECE_BYTES)).unwrap();
        larder.blocking().delete_namespace("a").unwrap();
        assert_eq!(namespace.get("k1"), Err(Error::NamespaceDeleted));
        assert_eq!(namespace.put("k1", "v"), Err(Error::NamespaceDeleted));
    }
    let larder = store.open();
    assert!(larder.blocking().namespaces().unwrap().is_empty());
    let again = Store::namespace(&larder);
    assert_eq!(again.get("k1").unwrap(), None);
    again.put("k1", "new").unwrap();
    larder.blocking().sweep().unwrap();
    assert_eq!(again.get("k1").unwrap().unwrap(), "new");
    let report = larder.blocking().check().unwrap();
    assert_eq!((report.keys, report.damage), (1, vec![]));
}

#[test]
fn relaxed_writes_are_read_at_once_and_survive_a_close() {
    let store = Store::new();
    let relaxed = || Options::new().durability(Durability::Relaxed);
    {
        let larder = store.open_with(relaxed()).unwrap();
        let namespace = Store::namespace(&larder);
        for i in 0..200 {
            namespace.put(&format!("k{i}"), "v").unwrap();
            assert_eq!(namespace.get(&format!("k{i}")).unwrap().unwrap(), "v");
        }
    }
    let larder = store.open_with(relaxed()).unwrap();
    assert_eq!(Store::namespace(&larder).info().unwrap().keys, 200);
    assert_sound(&larder);
}

#[test]
fn compaction_gives_space_back_while_handles_are_open() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    namespace.put("kept", value(1_000_000)).unwrap();
    for i in 0..20 {
        namespace.put(&format!("k{i}"), value(1_000_000)).unwrap();
    }
    let reader = namespace.open_reader("kept").unwrap().unwrap();
    for i in 0..20 {
        namespace.delete(&format!("k{i}")).unwrap();
    }
    let compacted = larder.blocking().compact().unwrap();
    assert!(compacted.bytes_after * 4 < compacted.bytes_before, "{compacted:?}");
    assert!(namespace.get("kept").unwrap().unwrap() == value(1_000_000));
    assert_eq!(reader.read(999_999, 10).unwrap().len(), 1);
    namespace.put("k", "v").unwrap();
    assert_sound(&larder);
}

#[test]
fn a_second_opening_is_refused_and_told_who_has_it() {
    let store = Store::new();
    let _larder = store.open();
    let error = store.open_with(Options::new()).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    let own = format!("process {}", std::process::id());
    assert!(error.to_string().contains(&own), "{error}");
}

#[test]
fn a_missing_store_is_not_created_when_it_shall_not_be() {
    let store = Store::new();
    let path = store.path().join("none");
    let error = Options::new().create(false).open(&path).unwrap_err();
    assert_eq!(error, Error::NotFound { path: path.clone() });
    assert!(!path.exists());
}

fn files(path: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("lock") && !path.ends_with("owner"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[track_caller]
fn assert_refused(store: &Store) -> Error {
    let before = files(store.path());
    let error = store.open_with(Options::new()).unwrap_err();
    assert_eq!(files(store.path()), before, "after {error}");
    error
}

#[test]
fn what_is_no_store_of_this_format_is_refused_and_left_as_it_is() {
    let store = Store::new();
    drop(Store::namespace(&store.open()));
    let (format, data) = (store.path().join("format"), store.path().join("data.redb"));
    let good = (fs::read(&format).unwrap(), fs::read(&data).unwrap());

    fs::write(&format, "larder store, format 2\n").unwrap();
    let error = assert_refused(&store);
    assert!(matches!(error, Error::FormatUnsupported { found: 2, supported: 1, .. }), "{error}");
    for text in ["", "larder store, format x", "something else", "\u{0}"] {
        fs::write(&format, text).unwrap();
        assert!(matches!(assert_refused(&store), Error::Foreign { .. }), "{text:?}");
    }
    fs::remove_file(&format).unwrap();
    assert!(matches!(assert_refused(&store), Error::Foreign { .. }));
    fs::write(&format, &good.0).unwrap();

    fs::write(&data, "SQLite format 3\0 and more that is no redb file at all").unwrap();
    assert!(matches!(assert_refused(&store), Error::Foreign { .. }));
    fs::remove_file(&data).unwrap();
    assert!(matches!(assert_refused(&store), Error::Foreign { .. }));
    fs::write(&data, &good.1).unwrap();
    drop(store.open());
}

#[test]
fn a_store_that_was_cut_off_is_refused_and_left_as_it_is() {
    let store = Store::new();
    {
        let larder = store.open();
        let namespace = Store::namespace(&larder);
        namespace.put("k", value(1_000_000)).unwrap();
    }
    let data = store.path().join("data.redb");
    let whole = fs::read(&data).unwrap();
    for keep in [0, 1, 100, 319, 320, 4095, 4096, 8192, whole.len() / 2, whole.len() - 1] {
        fs::write(&data, &whole[..keep]).unwrap();
        let error = assert_refused(&store);
        assert!(matches!(error, Error::Foreign { .. } | Error::Corrupt { .. }), "{keep}: {error}");
    }
}

#[test]
fn concurrent_writers_share_commits() {
    let store = Store::new();
    let larder = store.open();
    let namespace = Store::namespace(&larder);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let namespace = namespace.clone();
            scope.spawn(move || {
                for i in 0..50 {
                    namespace.put(&format!("{thread}/{i}"), "v").unwrap();
                    namespace.increment("n", 1, None).unwrap();
                }
            });
        }
    });
    assert_eq!(namespace.get("n").unwrap().unwrap(), "400");
    assert_eq!(namespace.info().unwrap().keys, 401);
    let stale = Version::from_u64(1);
    assert!(matches!(
        namespace.delete_if("n", stale),
        Ok(larder_store::DeleteOutcome::Conflict(Some(_)))
    ));
    assert_sound(&larder);
}
