//! What a store does on a full disk.

use crate::disk::SmallDisk;
use larder_store::limits::PIECE_BYTES;
use larder_store::{BlockingNamespace, Durability, Error, Larder, Options, PutOptions};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

type Scenario = (&'static str, fn(&SmallDisk));

pub const ALL: [Scenario; 8] = [
    ("a_store_that_fills_its_disk_can_be_read_and_deleted_from", fills),
    ("small_writes_fill_a_disk_as_honestly", fills_with_small),
    ("a_disk_that_somebody_else_fills_is_told_and_nothing_is_lost", is_filled),
    ("a_relaxed_store_on_a_disk_that_fills_loses_nothing_that_was_flushed", is_filled_relaxed),
    ("a_writer_in_pieces_is_told_and_leaves_nothing", pieces),
    ("a_store_is_not_made_on_a_full_disk", making),
    ("a_store_is_opened_on_a_full_disk", opening),
    ("a_backup_to_a_full_disk_leaves_nothing", backup),
];

fn open(disk: &SmallDisk) -> Larder {
    Options::new().cache_bytes(4 << 20).open(disk.path("store")).unwrap()
}

fn namespace(larder: &Larder) -> BlockingNamespace {
    larder.blocking().open_or_create("a").unwrap().blocking()
}

/// Puts values until the disk is full, and gives what was answered.
fn fill(namespace: &BlockingNamespace, size: usize) -> (BTreeMap<String, Vec<u8>>, Error) {
    let mut put = BTreeMap::new();
    for n in 0_u32.. {
        let (key, value) = (format!("k{n}"), vec![n as u8; size]);
        match namespace.put(&key, value.clone()) {
            Ok(_) => drop(put.insert(key, value)),
            Err(error) => return (put, error),
        }
    }
    unreachable!("a disk without end")
}

#[track_caller]
fn assert_full(error: &Error) {
    assert!(matches!(error, Error::StoreFull { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("bytes and") && text.contains("compact"), "{text}");
}

#[track_caller]
fn assert_holds(larder: &Larder, expected: &BTreeMap<String, Vec<u8>>) {
    let namespace = namespace(larder);
    for (key, value) in expected {
        assert!(namespace.get(key).unwrap().unwrap() == *value, "{key}");
    }
    assert_eq!(namespace.info().unwrap().keys, expected.len() as u64);
    assert_eq!(larder.blocking().check().unwrap().damage, Vec::<String>::new());
}

fn fills(disk: &SmallDisk) {
    fill_and_empty(disk, 100_000);
}

fn fills_with_small(disk: &SmallDisk) {
    fill_and_empty(disk, 200);
}

fn fill_and_empty(disk: &SmallDisk, size: usize) {
    let larder = open(disk);
    let values = namespace(&larder);
    let (mut put, error) = fill(&values, size);
    assert_full(&error);
    assert!(disk.available() > 0, "the disk was filled to its last byte");
    assert!(put.len() * size > 3_000_000, "{} values", put.len());
    assert_holds(&larder, &put);
    // The upkeep has its time, too.
    std::thread::sleep(Duration::from_millis(1500));
    assert_holds(&larder, &put);
    for key in put.keys().step_by(2).cloned().collect::<Vec<_>>() {
        assert!(values.delete(&key).unwrap());
        put.remove(&key);
    }
    larder.blocking().compact().unwrap();
    values.put("again", vec![1; size]).unwrap();
    put.insert("again".into(), vec![1; size]);
    drop((values, larder));
    assert_holds(&open(disk), &put);
}

fn is_filled(disk: &SmallDisk) {
    somebody_fills(disk, Durability::Full);
}

fn is_filled_relaxed(disk: &SmallDisk) {
    somebody_fills(disk, Durability::Relaxed);
}

fn somebody_fills(disk: &SmallDisk, durability: Durability) {
    let options = Options::new().cache_bytes(4 << 20).durability(durability);
    let larder = options.open(disk.path("store")).unwrap();
    let values = namespace(&larder);
    let mut put = BTreeMap::new();
    for n in 0..200_u8 {
        values.put(&format!("k{n}"), vec![n; 10_000]).unwrap();
        put.insert(format!("k{n}"), vec![n; 10_000]);
    }
    larder.blocking().flush().unwrap();
    for left in [0, 4096, 100_000] {
        let ballast = disk.fill(left);
        assert_full(&values.put("k", "v").unwrap_err());
        assert_full(&values.increment("n", 1, None).unwrap_err());
        assert_full(&larder.blocking().create_namespace("b").map(drop).unwrap_err());
        // A delete may want a page more than there is. It says so, or it has happened.
        match values.delete(&format!("k{}", left % 199)) {
            Ok(deleted) => assert_eq!(deleted, put.remove(&format!("k{}", left % 199)).is_some()),
            Err(error) => assert_full(&error),
        }
        let _ = larder.blocking().sweep();
        std::thread::sleep(Duration::from_millis(1500));
        assert_holds(&larder, &put);
        fs::remove_file(ballast).unwrap();
        values.put("after", "v").unwrap();
        assert!(values.delete("after").unwrap());
        assert_holds(&larder, &put);
    }
    drop((values, larder));
    assert_holds(&open(disk), &put);
}

fn pieces(disk: &SmallDisk) {
    let larder = open(disk);
    let values = namespace(&larder);
    values.put("before", "v").unwrap();
    let mut writer = values.open_writer("large", PutOptions::new()).unwrap();
    let error = (0..100).find_map(|_| writer.write(&vec![1; PIECE_BYTES]).err());
    assert_full(&error.unwrap());
    drop(writer);
    assert_eq!(values.get("large"), Ok(None));
    larder.blocking().compact().unwrap();
    let mut writer = values.open_writer("large", PutOptions::new()).unwrap();
    (0..4).for_each(|_| writer.write(&vec![1; PIECE_BYTES]).unwrap());
    let _ = writer.finish().unwrap();
    assert_eq!(values.get("large").unwrap().unwrap().len(), 4 * PIECE_BYTES);
    assert_eq!(larder.blocking().check().unwrap().damage, Vec::<String>::new());
}

fn making(disk: &SmallDisk) {
    for left in [0, 4096, 12_000] {
        let ballast = disk.fill(left);
        let error = Larder::open(disk.path("store")).unwrap_err();
        assert!(matches!(error, Error::Io { .. } | Error::StoreFull { .. }), "{left}: {error}");
        fs::remove_file(ballast).unwrap();
        drop(open(disk));
        fs::remove_dir_all(disk.path("store")).unwrap();
    }
}

fn opening(disk: &SmallDisk) {
    let mut put = BTreeMap::new();
    let larder = open(disk);
    for n in 0..50_u8 {
        namespace(&larder).put(&format!("k{n}"), vec![n; 10_000]).unwrap();
        put.insert(format!("k{n}"), vec![n; 10_000]);
    }
    larder.blocking().close().unwrap();
    for left in [0, 4096, 100_000] {
        let ballast = disk.fill(left);
        match Options::new().open(disk.path("store")) {
            Ok(larder) => {
                assert_holds(&larder, &put);
                assert_full(&namespace(&larder).put("k", "v").unwrap_err());
            }
            Err(error) => panic!("{left}: {error}"),
        }
        fs::remove_file(ballast).unwrap();
        assert_holds(&open(disk), &put);
    }
}

fn backup(disk: &SmallDisk) {
    let larder = Larder::in_memory();
    let values = namespace(&larder);
    for n in 0..30 {
        values.put(&format!("k{n}"), vec![n; 1_000_000]).unwrap();
    }
    let error = larder.blocking().backup(disk.path("backup")).unwrap_err();
    assert_full(&error);
    assert!(!disk.path("backup").exists());
    let ballast = disk.fill(10_000);
    let error = larder.blocking().backup(disk.path("backup")).unwrap_err();
    assert!(matches!(error, Error::Io { .. } | Error::StoreFull { .. }), "{error}");
    assert!(!disk.path("backup").exists());
    fs::remove_file(ballast).unwrap();
    for n in 5..30 {
        values.delete(&format!("k{n}")).unwrap();
    }
    larder.blocking().backup(disk.path("backup")).unwrap();
}
