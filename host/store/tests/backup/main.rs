//! A backup: one state of a live store, in a store of its own, whole or not at all.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod live;
mod refused;
mod size;

use larder_store::engine::{BackedUp, Swept};
use larder_store::limits::{COMMIT_OPERATIONS_MAX, PIECE_BYTES};
use larder_store::{
    BlockingNamespace, Entry, Larder, ListOptions, ManualClock, Operation, Options, PutOptions,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const NOW_MS: u64 = 1_750_000_000_000;
const SIZES: [usize; 7] = [0, 1, 1024, 1025, PIECE_BYTES, PIECE_BYTES + 1, 9_000_000];

fn value(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Puts `k0`, `k1` and so on, with few commits.
fn put_many(namespace: &BlockingNamespace, count: usize, value: impl Fn(usize) -> Vec<u8>) {
    let put = |i| Operation::Put {
        key: format!("k{i}"),
        value: value(i).into(),
        expiration: None,
        metadata: None,
    };
    for first in (0..count).step_by(COMMIT_OPERATIONS_MAX) {
        let last = count.min(first + COMMIT_OPERATIONS_MAX);
        let _ = namespace.commit(vec![], (first..last).map(put).collect()).unwrap();
    }
}

struct Directories {
    root: TempDir,
    clock: Arc<ManualClock>,
}

impl Directories {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(NOW_MS)) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn options(&self) -> Options {
        Options::new().clock(self.clock.clone())
    }

    fn create(&self, name: &str) -> Larder {
        self.options().open(self.path(name)).unwrap()
    }

    /// A store that must be there and sound.
    fn open(&self, name: &str) -> Larder {
        let larder = self.options().create(false).open(self.path(name)).unwrap();
        assert_eq!(larder.blocking().check().unwrap().damage, Vec::<String>::new());
        larder
    }

    /// The names in the root: a backup that failed must not have added to them.
    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.root.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

type Content = BTreeMap<(String, String, u64, u64), BTreeMap<String, Entry>>;

/// Everything that a store shows, by namespace: title, id, keys and bytes.
fn content(larder: &Larder) -> Content {
    let larder = larder.blocking();
    let mut content = BTreeMap::new();
    for info in larder.namespaces().unwrap() {
        let namespace = larder.namespace(&info.title).unwrap().unwrap().blocking();
        let mut entries = BTreeMap::new();
        let mut options = ListOptions::default();
        loop {
            let page = namespace.list(&options).unwrap();
            for key in page.keys {
                let entry = namespace.get_entry(&key.name).unwrap().unwrap();
                assert_eq!(entry.head, key.head);
                entries.insert(key.name, entry);
            }
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        let name = (info.title.to_string(), info.id.to_string(), info.keys, info.bytes);
        content.insert(name, entries);
    }
    content
}

fn totals(larder: &Larder) -> BackedUp {
    let infos = larder.blocking().namespaces().unwrap();
    BackedUp {
        namespaces: infos.len() as u64,
        keys: infos.iter().map(|info| info.keys).sum(),
        bytes: infos.iter().map(|info| info.bytes).sum(),
    }
}

/// Values of every size, with and without metadata and expirations, in two namespaces; beside them
/// what a backup leaves out.
fn fill(larder: &Larder) {
    let larder = larder.blocking();
    let namespace = larder.create_namespace_with_id("a", "0f0f").unwrap().blocking();
    for size in SIZES {
        let plain = PutOptions::new();
        let full = PutOptions::new().metadata(format!("{size}")).ttl(Duration::from_secs(9));
        for (key, options) in [(format!("plain/{size}"), plain), (format!("é/{size}"), full)] {
            let _ = namespace.put_with(&key, value(size), options).unwrap();
        }
    }
    namespace.put("plain/1", "again").unwrap();
    namespace.delete("plain/0").unwrap();
    larder.create_namespace("empty").unwrap();
    let scoped = larder.create_namespace("b").unwrap().scoped("p/").unwrap().blocking();
    put_many(&scoped, 2500, |i| format!("{i}").into());
    let gone = larder.create_namespace("gone").unwrap().blocking();
    put_many(&gone, 2500, |_| value(1025));
    gone.put("large", value(3 * PIECE_BYTES)).unwrap();
    larder.delete_namespace("gone").unwrap();
}

#[test]
fn a_backup_is_a_store_with_everything_that_the_original_has() {
    let at = Directories::new();
    let original = at.create("original");
    fill(&original);
    let namespace = original.blocking().namespace("a").unwrap().unwrap().blocking();
    let mut unfinished = namespace.open_writer("pieces", PutOptions::new()).unwrap();
    unfinished.write(&value(2 * PIECE_BYTES)).unwrap();
    let backed_up = original.blocking().backup(at.path("backup")).unwrap();
    assert_eq!(backed_up, totals(&original));
    let backup = at.open("backup");
    assert!(content(&backup) == content(&original));
    assert_eq!(totals(&backup), backed_up);
    // Nothing that no key holds came along.
    assert_eq!(backup.blocking().sweep().unwrap(), Swept::default());
}

#[test]
fn a_store_in_memory_is_backed_up_to_disk() {
    let at = Directories::new();
    let original = at.options().in_memory();
    fill(&original);
    let backed_up = original.blocking().backup(at.path("backup")).unwrap();
    let before = content(&original);
    let number = original.blocking().namespace("a").unwrap().unwrap().blocking();
    let last = number.put("last", "v").unwrap();
    let backup = at.open("backup");
    assert!(content(&backup) == before);
    assert_eq!(totals(&backup), backed_up);
    let namespace = backup.blocking().namespace("a").unwrap().unwrap().blocking();
    assert_ne!(namespace.put("next", "v").unwrap(), last);
}

#[test]
fn a_backup_is_restored_and_left_as_it_is() {
    let at = Directories::new();
    let original = at.create("original");
    fill(&original);
    let content_before = content(&original);
    let backed_up = original.blocking().backup(at.path("backup")).unwrap();
    drop(original);
    // As it is when only the two files that matter were kept, which nobody may write to.
    fs::remove_file(at.path("backup/lock")).unwrap();
    fs::remove_file(at.path("backup/owner")).unwrap();
    for name in ["backup/format", "backup/data.redb", "backup"] {
        let mut permissions = fs::metadata(at.path(name)).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(at.path(name), permissions).unwrap();
    }
    let files = || {
        let entries = fs::read_dir(at.path("backup")).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let before = files();
    let said = Arc::new(Mutex::new(Vec::new()));
    let saying = said.clone();
    let progress = move |so_far| saying.lock().unwrap().push(so_far);
    // As late as anybody likes: nothing of the backup expires by being restored.
    at.clock.advance(Duration::from_secs(3600));
    let restored = Larder::restore_with(at.path("backup"), at.path("restored"), progress).unwrap();
    assert_eq!(restored, backed_up);
    assert_eq!(said.lock().unwrap().last(), Some(&backed_up));
    assert!(said.lock().unwrap().is_sorted_by_key(|so_far| so_far.bytes));
    assert!(files() == before);
    let mut permissions = fs::metadata(at.path("backup")).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the directory is a test's own")]
    permissions.set_readonly(false);
    fs::set_permissions(at.path("backup"), permissions).unwrap();
    at.clock.set_ms(NOW_MS);
    assert!(content(&at.open("restored")) == content_before);
}

#[test]
fn versions_and_ids_of_a_backup_go_on_beyond_those_of_the_original() {
    let at = Directories::new();
    let original = at.create("original");
    let namespace = original.blocking().create_namespace("a").unwrap().blocking();
    let mut seen = vec![namespace.put("k", value(2 * PIECE_BYTES)).unwrap()];
    original.blocking().create_namespace("gone").unwrap();
    original.blocking().delete_namespace("gone").unwrap();
    original.blocking().sweep().unwrap();
    original.blocking().backup(at.path("backup")).unwrap();
    // The original goes on, also after it has been opened again.
    seen.push(namespace.put("k", "v").unwrap());
    drop((namespace, original));
    for _ in 0..3 {
        let namespace = at.create("original").blocking().open_or_create("a").unwrap().blocking();
        seen.push(namespace.put("k", "v").unwrap());
    }
    let backup = at.open("backup");
    let namespace = backup.blocking().namespace("a").unwrap().unwrap().blocking();
    assert_eq!(namespace.head("k").unwrap().unwrap().head.version, *seen.first().unwrap());
    for key in ["a", "b", "c", "k", "k"] {
        // Pieces that took those of another would be found by the check.
        let version = namespace.put(key, value(2 * PIECE_BYTES)).unwrap();
        assert!(!seen.contains(&version), "{version:?}");
        seen.push(version);
    }
    // A number of a namespace that was deleted would show the rows that are left of it.
    backup.blocking().create_namespace("new").unwrap().blocking().put("k", "v").unwrap();
    drop((namespace, backup));
    at.open("backup");
}

#[test]
fn keys_that_have_expired_are_no_more_in_a_backup_than_in_the_original() {
    let at = Directories::new();
    let original = at.options().in_memory();
    let namespace = original.blocking().create_namespace("a").unwrap().blocking();
    let options = PutOptions::new().ttl(Duration::from_secs(1));
    let _ = namespace.put_with("short", "v", options).unwrap();
    let _ = namespace.put_with("long", "v", PutOptions::new().ttl(Duration::from_secs(2))).unwrap();
    at.clock.advance(Duration::from_secs(1));
    assert_eq!(original.blocking().backup(at.path("backup")).unwrap().keys, 2);
    let backup = at.open("backup");
    let namespace = backup.blocking().namespace("a").unwrap().unwrap().blocking();
    assert_eq!(namespace.get("short").unwrap(), None);
    assert_eq!(namespace.get("long").unwrap().unwrap(), "v");
    backup.blocking().sweep().unwrap();
    assert_eq!(namespace.info().unwrap().keys, 1);
}
