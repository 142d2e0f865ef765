//! What a namespace may hold.

use crate::{Store, on_every_engine};
use larder_store::{
    BlockingNamespace, Error, Expiration, ManualClock, Operation, Options, PutOptions, Quota,
};
use std::sync::Arc;
use std::time::Duration;

on_every_engine! {
    keys_are_bounded,
    bytes_are_bounded,
    what_needs_no_more_room_is_written_above_a_quota_too,
    a_commit_is_weighed_as_a_whole,
    what_has_expired_makes_room,
    a_counter_that_grows_a_digit_is_weighed,
    writers_in_pieces_are_bounded_before_they_finish,
    what_readers_keep_that_is_replaced_is_bounded,
    a_scoped_view_has_the_quota_of_its_namespace,
    a_quota_is_shown_changed_and_lifted,
    a_quota_of_the_largest_number_is_none,
}

fn limited(store: &Store, keys: Option<u64>, bytes: Option<u64>) -> BlockingNamespace {
    let namespace = store.create("a");
    store.blocking().set_quota("a", Quota { keys, bytes }).unwrap();
    namespace
}

fn keys_are_bounded(store: &Store) {
    let namespace = limited(store, Some(2), None);
    namespace.put("a", "1").unwrap();
    namespace.put("b", "1").unwrap();
    let refused = Error::QuotaKeys { keys: 3, max: 2 };
    assert_eq!(namespace.put("c", "1"), Err(refused.clone()));
    assert_eq!(namespace.increment("c", 1, None), Err(refused));
    assert_eq!(namespace.get("c").unwrap(), None);
    namespace.put("a", "another value").unwrap();
    assert!(namespace.delete("b").unwrap());
    namespace.put("c", "1").unwrap();
}

fn bytes_are_bounded(store: &Store) {
    let namespace = limited(store, None, Some(2_000_000));
    // Of every size that is kept in its own way.
    for (key, bytes) in [("a", 1000), ("b", 100_000), ("c", 1_898_997)] {
        namespace.put(key, vec![0; bytes]).unwrap();
    }
    assert_eq!(namespace.info().unwrap().bytes, 2_000_000);
    let refused = Error::QuotaBytes { bytes: 2_000_001, max: 2_000_000 };
    assert_eq!(namespace.put("a", vec![0; 1001]), Err(refused.clone()));
    assert_eq!(namespace.put("d", ""), Err(refused));
    let metadata = PutOptions::new().metadata("1");
    assert!(namespace.put_with("a", vec![0; 1000], metadata.clone()).is_err());
    let _ = namespace.put_with("a", vec![0; 999], metadata).unwrap();
}

fn what_needs_no_more_room_is_written_above_a_quota_too(store: &Store) {
    let namespace = store.create("a");
    for key in ["a", "b", "c"] {
        namespace.put(key, "12345").unwrap();
    }
    store.blocking().set_quota("a", Quota { keys: Some(1), bytes: Some(1) }).unwrap();
    namespace.put("a", "1234").unwrap();
    namespace.put("b", "54321").unwrap();
    namespace.expire("b", Some(Expiration::Ttl(60))).unwrap().unwrap();
    assert!(matches!(namespace.put("c", "123456"), Err(Error::QuotaBytes { .. })));
    assert!(matches!(namespace.put("d", ""), Err(Error::QuotaKeys { .. })));
    assert!(namespace.delete("c").unwrap());
}

fn a_commit_is_weighed_as_a_whole(store: &Store) {
    let namespace = limited(store, Some(2), None);
    namespace.put("a", "1").unwrap();
    namespace.put("b", "1").unwrap();
    let put = |key: &str| Operation::Put {
        key: key.into(),
        value: "2".into(),
        expiration: None,
        metadata: None,
    };
    let delete = |key: &str| Operation::Delete { key: key.into() };
    let refused = namespace.commit(Vec::new(), vec![put("a"), put("c")]).unwrap_err();
    assert_eq!(refused, Error::QuotaKeys { keys: 3, max: 2 });
    assert_eq!(namespace.get("a").unwrap().as_deref(), Some(&b"1"[..]));
    let _ = namespace.commit(Vec::new(), vec![put("c"), delete("a")]).unwrap();
    assert_eq!(namespace.info().unwrap().keys, 2);
}

fn what_has_expired_makes_room(store: &Store) {
    let namespace = limited(store, Some(100), None);
    for n in 0..100 {
        let options = PutOptions::new().ttl(Duration::from_secs(10));
        let _ = namespace.put_with(&format!("k{n}"), "v", options).unwrap();
    }
    store.wait_ms(9_999);
    assert!(namespace.put("new", "v").is_err());
    store.wait_ms(1);
    namespace.put("new", "v").unwrap();
    assert_eq!(namespace.get("new").unwrap().as_deref(), Some(&b"v"[..]));
    assert!(store.blocking().check().unwrap().damage.is_empty());
}

fn a_counter_that_grows_a_digit_is_weighed(store: &Store) {
    let namespace = limited(store, None, Some(2));
    namespace.increment("n", 9, None).unwrap();
    let refused = Error::QuotaBytes { bytes: 3, max: 2 };
    assert_eq!(namespace.increment("n", 1, None), Err(refused));
    assert_eq!(namespace.increment("n", -9, None).unwrap().value, 0);
}

fn writers_in_pieces_are_bounded_before_they_finish(store: &Store) {
    let namespace = limited(store, None, Some(3_000_000));
    let open = |key: &str| namespace.open_writer(key, PutOptions::new()).unwrap();
    let (mut first, mut second) = (open("first"), open("second"));
    first.write(&vec![1; 2_000_000]).unwrap();
    let refused = second.write(&vec![2; 2_600_000]);
    assert!(matches!(refused, Err(Error::QuotaBytes { max: 3_000_000, .. })), "{refused:?}");
    drop(second);
    let mut third = open("third");
    third.write(&vec![3; 900_000]).unwrap();
    let _ = first.finish().unwrap();
    let _ = third.finish().unwrap();
    let mut more = open("first");
    more.write(&vec![4; 2_200_000]).unwrap();
    let outcome = more.finish();
    assert!(matches!(outcome, Err(Error::QuotaBytes { .. })), "{outcome:?}");
    assert_eq!(namespace.get("first").unwrap().unwrap(), vec![1; 2_000_000]);
}

fn what_readers_keep_that_is_replaced_is_bounded(store: &Store) {
    let namespace = limited(store, None, Some(3_000_000));
    let replace_and_open = || {
        namespace.put("k", vec![0; 1_000_000]).unwrap();
        namespace.open_reader("k")
    };
    let mut kept: Vec<_> = (0..3).map(|_| replace_and_open().unwrap().unwrap()).collect();
    let refused = Error::QuotaBytes { bytes: 4_000_000, max: 3_000_000 };
    assert_eq!(replace_and_open().unwrap_err(), refused);
    // What is copied is not kept; and a reader that is gone keeps nothing.
    namespace.put("small", vec![0; 520_000]).unwrap();
    assert!(namespace.open_reader("small").is_ok());
    kept.pop();
    let last = replace_and_open().unwrap().unwrap();
    // One value may have many readers, and one at a time may have any size.
    let same: Vec<_> = (0..10).map(|_| namespace.open_reader("k").unwrap().unwrap()).collect();
    drop((kept, last, same));
    store.blocking().set_quota("a", Quota { keys: None, bytes: Some(1) }).unwrap();
    assert!(namespace.open_reader("k").unwrap().is_some());
}

fn a_scoped_view_has_the_quota_of_its_namespace(store: &Store) {
    let namespace = limited(store, Some(1), None);
    let whole = store.blocking().open_or_create("a").unwrap();
    let scoped = whole.scoped("plugin/").unwrap().blocking();
    scoped.put("k", "v").unwrap();
    assert!(matches!(namespace.put("k", "v"), Err(Error::QuotaKeys { .. })));
}

fn a_quota_is_shown_changed_and_lifted(store: &Store) {
    let namespace = limited(store, Some(1), Some(10));
    let quota = || store.blocking().namespaces().unwrap().remove(0).quota;
    assert_eq!(quota(), Quota { keys: Some(1), bytes: Some(10) });
    store.blocking().rename_namespace("a", "b").unwrap();
    namespace.put("k", "v").unwrap();
    assert_eq!(quota(), Quota { keys: Some(1), bytes: Some(10) });
    store.blocking().set_quota("b", Quota::default()).unwrap();
    namespace.put("k2", "much longer than ten").unwrap();
    assert_eq!(quota(), Quota::default());
    let missing = Error::NamespaceNotFound { name: "a".into() };
    assert_eq!(store.blocking().set_quota("a", Quota::default()), Err(missing));
}

#[test]
fn a_quota_outlives_the_process_and_goes_into_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let quota = Quota { keys: Some(2), bytes: None };
    let path = directory.path().join("store");
    let clock = Arc::new(ManualClock::new(1_750_000_000_000));
    let open = |path| Options::new().clock(clock.clone()).open(path).unwrap();
    {
        let larder = open(path.clone());
        let namespace = larder.blocking().create_namespace("a").unwrap().blocking();
        larder.blocking().set_quota("a", quota).unwrap();
        namespace.put("k", "v").unwrap();
    }
    open(path.clone()).blocking().backup(directory.path().join("backup")).unwrap();
    for path in [path, directory.path().join("backup")] {
        let larder = open(path);
        let namespace = larder.blocking().namespace("a").unwrap().unwrap().blocking();
        assert_eq!(namespace.info().unwrap().quota, quota);
        namespace.put("l", "v").unwrap();
        assert!(namespace.put("m", "v").is_err());
    }
}

fn a_quota_of_the_largest_number_is_none(store: &Store) {
    let namespace = limited(store, Some(u64::MAX), Some(u64::MAX));
    assert_eq!(namespace.info().unwrap().quota, Quota::default());
    store.blocking().set_quota("a", Quota { keys: Some(u64::MAX), bytes: Some(7) }).unwrap();
    assert_eq!(namespace.info().unwrap().quota, Quota { keys: None, bytes: Some(7) });
}
