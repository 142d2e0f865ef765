//! Freeing what has expired.

use crate::{Store, on_every_engine};
use larder_store::engine::Swept;
use larder_store::{BlockingNamespace, Expiration, ListOptions, PutOptions, WriteOutcome};
use std::time::Duration;

on_every_engine! {
    a_sweep_of_nothing_frees_nothing,
    a_sweep_frees_what_has_expired_to_the_millisecond,
    a_sweep_spares_what_was_refreshed_and_what_was_put_again,
    a_sweep_frees_any_number_of_keys_of_all_namespaces,
    a_key_is_swept_after_its_last_expiration_alone,
}

fn expiring(namespace: &BlockingNamespace, key: &str, ttl_ms: u64) {
    let options = PutOptions::new().ttl(Duration::from_millis(ttl_ms));
    let outcome = namespace.put_with(key, "v", options).unwrap();
    assert!(matches!(outcome, WriteOutcome::Written(_)));
}

/// The keys that a sweep finds expired.
fn swept(store: &Store) -> u64 {
    let Swept { expired, .. } = store.blocking().sweep().unwrap();
    expired
}

fn a_sweep_of_nothing_frees_nothing(store: &Store) {
    assert_eq!(store.blocking().sweep(), Ok(Swept::default()));
    store.create("a").put("k", "v").unwrap();
    assert_eq!(store.blocking().sweep(), Ok(Swept::default()));
}

fn a_sweep_frees_what_has_expired_to_the_millisecond(store: &Store) {
    let namespace = store.create("a");
    expiring(&namespace, "five", 5);
    expiring(&namespace, "six", 6);
    store.wait_ms(4);
    assert_eq!(swept(store), 0);
    store.wait_ms(1);
    store.blocking().sweep().unwrap();
    assert_eq!(namespace.info().unwrap().keys, 1);
    assert!(namespace.get("six").unwrap().is_some());
    store.wait_ms(1);
    store.blocking().sweep().unwrap();
    assert_eq!(namespace.info().unwrap().keys, 0);
}

fn a_sweep_spares_what_was_refreshed_and_what_was_put_again(store: &Store) {
    let namespace = store.create("a");
    for key in ["refreshed", "lasting", "put-again", "counted"] {
        expiring(&namespace, key, 5);
    }
    namespace.expire("refreshed", Some(Expiration::TtlMs(100))).unwrap().unwrap();
    namespace.expire("lasting", None).unwrap().unwrap();
    namespace.put("put-again", "v").unwrap();
    namespace.delete("counted").unwrap();
    namespace.increment("counted", 1, None).unwrap();
    store.wait_ms(50);
    assert_eq!(swept(store), 0);
    let page = namespace.list(&ListOptions::default()).unwrap();
    assert_eq!(page.keys.len(), 4);
}

fn a_sweep_frees_any_number_of_keys_of_all_namespaces(store: &Store) {
    let namespaces = ["a", "b", "c"].map(|title| store.create(title));
    for namespace in &namespaces {
        let put = |n| larder_store::Operation::Put {
            key: format!("k{n}"),
            value: "v".into(),
            expiration: Some(Expiration::TtlMs(5)),
            metadata: None,
        };
        let _ = namespace.commit(vec![], (0..900).map(put).collect()).unwrap();
        namespace.put("stays", "v").unwrap();
    }
    store.wait_ms(5);
    store.blocking().sweep().unwrap();
    for namespace in &namespaces {
        let info = namespace.info().unwrap();
        assert_eq!((info.keys, info.bytes), (1, 6));
    }
    assert_eq!(store.blocking().check().unwrap().keys, 3);
}

fn a_key_is_swept_after_its_last_expiration_alone(store: &Store) {
    let namespace = store.create("a");
    for ttl_ms in [5, 20, 10] {
        expiring(&namespace, "k", ttl_ms);
    }
    store.wait_ms(9);
    assert_eq!(swept(store), 0);
    store.wait_ms(1);
    store.blocking().sweep().unwrap();
    assert_eq!(namespace.info().unwrap().keys, 0);
    store.wait_ms(100);
    assert_eq!(swept(store), 0);
}
