//! An entry that is damaged on disk: it is told, and stands in the way of nothing else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use larder_store::{Error, Larder, ManualClock, Options, PutOptions};
use redb::{Database, ReadableTable, TableDefinition};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const IDX: TableDefinition<&[u8], &[u8]> = TableDefinition::new("idx");

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// A store of one key, with a counter of it set.
fn with_counter(store: &Path, name: &str, value: u64) {
    Larder::open(store)
        .unwrap()
        .blocking()
        .open_or_create("a")
        .unwrap()
        .blocking()
        .put("k", "v")
        .unwrap();
    let database = Database::open(store.join("data.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(name, value).unwrap();
    transaction.commit().unwrap();
}

/// Changes a byte of the record of a key in the first namespace.
fn damage(store: &Path, key: &str) {
    let database = Database::open(store.join("data.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut idx = transaction.open_table(IDX).unwrap();
        let row = [&[0, 0, 0, 1], key.as_bytes()].concat();
        let mut record = idx.get(row.as_slice()).unwrap().unwrap().value().to_vec();
        record[5] ^= 1;
        idx.insert(row.as_slice(), record.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

#[test]
fn a_damaged_entry_can_be_overwritten_and_deleted() {
    let directory = tempfile::tempdir().unwrap();
    {
        let larder = Larder::open(directory.path()).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        namespace.put("overwritten", "v").unwrap();
        namespace.put("deleted", "v").unwrap();
    }
    damage(directory.path(), "overwritten");
    damage(directory.path(), "deleted");
    let larder = Larder::open(directory.path()).unwrap();
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    assert!(matches!(namespace.get("deleted"), Err(Error::Corrupt { .. })));
    assert!(namespace.delete("deleted").unwrap());
    assert_eq!(namespace.get("deleted"), Ok(None));
    namespace.put("overwritten", "new").unwrap();
    assert_eq!(namespace.get("overwritten").unwrap().unwrap(), "new");
    assert_eq!(namespace.info().unwrap().keys, 1);
}

#[test]
fn a_damaged_entry_does_not_keep_others_from_being_swept() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(1_750_000_000_000));
    let open = || Options::new().clock(clock.clone()).open(directory.path()).unwrap();
    {
        let namespace = open().blocking().open_or_create("a").unwrap().blocking();
        for key in ["damaged", "sound"] {
            let options = PutOptions::new().ttl(Duration::from_secs(1));
            let _ = namespace.put_with(key, "v", options).unwrap();
        }
    }
    damage(directory.path(), "damaged");
    clock.advance(Duration::from_secs(1));
    let larder = open();
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    larder.blocking().sweep().unwrap();
    assert_eq!(namespace.get("sound"), Ok(None));
    assert!(matches!(namespace.get("damaged"), Err(Error::Corrupt { .. })));
    assert_eq!(namespace.info().unwrap().keys, 1);
}

#[test]
fn a_counter_that_is_below_what_it_counted_is_told() {
    for name in ["epoch", "next namespace"] {
        let directory = tempfile::tempdir().unwrap();
        with_counter(directory.path(), name, 0);
        let damage = Larder::open(directory.path()).unwrap().blocking().check().unwrap().damage;
        assert!(damage.iter().any(|line| line.contains(name)), "{name}: {damage:?}");
    }
}

#[test]
fn a_counter_that_no_store_comes_to_is_refused() {
    for name in ["epoch", "next blob"] {
        let directory = tempfile::tempdir().unwrap();
        with_counter(directory.path(), name, u64::MAX);
        let error = Larder::open(directory.path()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{name}: {error}");
        assert!(error.to_string().contains("18446744073709551615"), "{error}");
    }
}
