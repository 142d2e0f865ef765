//! How many keys and bytes a namespace has.

use crate::{Store, on_every_engine};
use larder_store::{
    BlockingNamespace, Check, Condition, Error, Expiration, Operation, PutOptions, WriteOutcome,
};
use std::time::Duration;

on_every_engine! {
    a_key_counts_with_its_name_its_value_and_its_metadata,
    an_overwritten_key_counts_once_and_as_it_is_now,
    a_counter_counts_its_digits,
    a_changed_expiration_changes_no_count,
    a_value_in_pieces_counts_when_it_is_finished,
    a_commit_counts_all_that_it_did,
    what_did_not_happen_does_not_count,
    an_expired_key_counts_until_it_is_swept,
    namespaces_are_counted_apart,
    the_listing_of_namespaces_has_the_counts,
}

/// Keys and bytes.
fn count(namespace: &BlockingNamespace) -> (u64, u64) {
    let info = namespace.info().unwrap();
    (info.keys, info.bytes)
}

fn put(namespace: &BlockingNamespace, key: &str, value: &'static str, options: PutOptions) {
    let outcome = namespace.put_with(key, value, options).unwrap();
    assert!(matches!(outcome, WriteOutcome::Written(_)));
}

fn a_key_counts_with_its_name_its_value_and_its_metadata(store: &Store) {
    let namespace = store.create("a");
    assert_eq!(count(&namespace), (0, 0));
    namespace.put("é", "12345").unwrap();
    assert_eq!(count(&namespace), (1, 7));
    put(&namespace, "b", "", PutOptions::new().metadata("[1]"));
    assert_eq!(count(&namespace), (2, 11));
    namespace.delete("é").unwrap();
    assert_eq!(count(&namespace), (1, 4));
    namespace.delete("é").unwrap();
    namespace.delete("b").unwrap();
    assert_eq!(count(&namespace), (0, 0));
}

fn an_overwritten_key_counts_once_and_as_it_is_now(store: &Store) {
    let namespace = store.create("a");
    for bytes in [10, 2_000_000, 0, 5000, 1024] {
        namespace.put("k", vec![0; bytes]).unwrap();
        assert_eq!(count(&namespace), (1, 1 + bytes as u64));
    }
    put(&namespace, "k", "v", PutOptions::new().metadata("12345"));
    assert_eq!(count(&namespace), (1, 7));
    namespace.put("k", "v").unwrap();
    assert_eq!(count(&namespace), (1, 2));
}

fn a_counter_counts_its_digits(store: &Store) {
    let namespace = store.create("a");
    namespace.increment("n", 9, None).unwrap();
    assert_eq!(count(&namespace), (1, 2));
    namespace.increment("n", 1, None).unwrap();
    assert_eq!(count(&namespace), (1, 3));
}

fn a_changed_expiration_changes_no_count(store: &Store) {
    let namespace = store.create("a");
    put(&namespace, "k", "value", PutOptions::new().metadata("1"));
    for expiration in [Some(Expiration::Ttl(10)), Some(Expiration::Ttl(20)), None] {
        namespace.expire("k", expiration).unwrap().unwrap();
        assert_eq!(count(&namespace), (1, 7));
    }
}

fn a_value_in_pieces_counts_when_it_is_finished(store: &Store) {
    let namespace = store.create("a");
    let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&vec![0; 1_500_000]).unwrap();
    assert_eq!(count(&namespace), (0, 0));
    assert!(matches!(writer.finish(), Ok(WriteOutcome::Written(_))));
    assert_eq!(count(&namespace), (1, 1_500_001));
    let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&vec![0; 2_500_000]).unwrap();
    drop(writer);
    assert_eq!(count(&namespace), (1, 1_500_001));
}

fn a_commit_counts_all_that_it_did(store: &Store) {
    let namespace = store.create("a");
    namespace.put("gone", "v").unwrap();
    let put = |key: &str, value: &'static str| {
        let (key, value) = (key.to_owned(), value.into());
        Operation::Put { key, value, expiration: None, metadata: None }
    };
    let operations = vec![
        put("k", "first"),
        put("k", "second"),
        Operation::Delete { key: "gone".into() },
        put("passing", "v"),
        Operation::Delete { key: "passing".into() },
        Operation::Increment { key: "n".into(), delta: 5, expiration: None },
        Operation::Increment { key: "n".into(), delta: 5, expiration: None },
    ];
    let _ = namespace.commit(vec![], operations).unwrap();
    assert_eq!(count(&namespace), (2, 7 + 3));
}

fn what_did_not_happen_does_not_count(store: &Store) {
    let namespace = store.create("a");
    namespace.put("k", "v").unwrap();
    let lost = namespace.put_with("k", "a longer value", PutOptions::new().if_absent());
    assert!(matches!(lost, Ok(WriteOutcome::Conflict(Some(_)))));
    let big = Operation::Put {
        key: "big".into(),
        value: vec![0; 100_000].into(),
        expiration: None,
        metadata: None,
    };
    let failing = Operation::Increment { key: "k".into(), delta: 1, expiration: None };
    let failed = namespace.commit(vec![], vec![big.clone(), failing]);
    assert_eq!(failed, Err(Error::NotACounter));
    let check = Check { key: "k".into(), condition: Condition::Absent };
    let _ = namespace.commit(vec![check], vec![big]).unwrap();
    assert_eq!(count(&namespace), (1, 2));
}

fn an_expired_key_counts_until_it_is_swept(store: &Store) {
    let namespace = store.create("a");
    put(&namespace, "k", "value", PutOptions::new().ttl(Duration::from_millis(5)));
    store.wait_ms(4);
    assert_eq!(count(&namespace), (1, 6));
    store.wait_ms(1);
    store.blocking().sweep().unwrap();
    assert_eq!(count(&namespace), (0, 0));
}

fn namespaces_are_counted_apart(store: &Store) {
    let (a, b) = (store.create("a"), store.create("b"));
    a.put("k", "value").unwrap();
    b.put("longer-key", "v").unwrap();
    assert_eq!((count(&a), count(&b)), ((1, 6), (1, 11)));
    store.blocking().delete_namespace("a").unwrap();
    store.blocking().sweep().unwrap();
    assert_eq!(count(&b), (1, 11));
}

fn the_listing_of_namespaces_has_the_counts(store: &Store) {
    let a = store.create("a");
    a.put("k", "value").unwrap();
    store.create("b");
    let infos = store.blocking().namespaces().unwrap();
    let counts: Vec<_> = infos.iter().map(|info| (&*info.title, info.keys, info.bytes)).collect();
    assert_eq!(counts, [("a", 1, 6), ("b", 0, 0)]);
    assert_eq!(infos.first(), Some(&a.info().unwrap()));
}
