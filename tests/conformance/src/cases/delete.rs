//! Deleting one key.

use crate::Subject;
use larder_store::{DeleteOutcome, ListOptions, PutOptions, Version};
use std::time::Duration;

pub fn a_deleted_key_is_gone(kv: &dyn Subject) {
    kv.fill(["k"]);
    assert_eq!(kv.delete("k"), Ok(true));
    assert_eq!(kv.get("k"), Ok(None));
    assert_eq!(kv.head("k"), Ok(None));
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
}

pub fn deleting_an_absent_key_is_false(kv: &dyn Subject) {
    assert_eq!(kv.delete("k"), Ok(false));
    kv.fill(["k"]);
    assert_eq!((kv.delete("k"), kv.delete("k")), (Ok(true), Ok(false)));
}

pub fn deleting_an_expired_key_is_false(kv: &dyn Subject) {
    let ttl = PutOptions::new().ttl(Duration::from_millis(5));
    kv.written("still", b"v", ttl.clone());
    kv.written("gone", b"v", ttl);
    kv.wait_ms(4);
    assert_eq!(kv.delete("still"), Ok(true));
    kv.wait_ms(1);
    assert_eq!(kv.delete("gone"), Ok(false));
}

pub fn only_that_key_is_deleted(kv: &dyn Subject) {
    kv.fill(["a", "ab", "abc", "b"]);
    kv.delete("ab").unwrap();
    assert_eq!(kv.names(&ListOptions::default()), ["a", "abc", "b"]);
}

pub fn nothing_of_a_deleted_key_comes_back(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_millis(5)).metadata("1");
    kv.written("k", b"7", options);
    kv.delete("k").unwrap();
    let counter = kv.increment("k", 1, None).unwrap();
    assert_eq!((counter.value, counter.expiration, kv.entry("k").metadata), (1, None, None));
    kv.wait_ms(5);
    assert_eq!(kv.text("k").as_deref(), Some("1"));
}

pub fn delete_if_deletes_the_version_that_it_names(kv: &dyn Subject) {
    let version = kv.put("k", b"v").unwrap();
    assert_eq!(kv.delete_if("k", version), Ok(DeleteOutcome::Deleted));
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn delete_if_leaves_another_version_and_names_it(kv: &dyn Subject) {
    let first = kv.put("k", b"v").unwrap();
    let second = kv.put("k", b"v").unwrap();
    assert_eq!(kv.delete_if("k", first), Ok(DeleteOutcome::Conflict(Some(second))));
    assert_eq!(kv.text("k").as_deref(), Some("v"));
}

pub fn delete_if_of_an_absent_key_is_a_conflict_with_none(kv: &dyn Subject) {
    let version = kv.put("k", b"v").unwrap();
    kv.delete("k").unwrap();
    assert_eq!(kv.delete_if("k", version), Ok(DeleteOutcome::Conflict(None)));
    assert_eq!(kv.delete_if("k", Version::from_u64(0)), Ok(DeleteOutcome::Conflict(None)));
}

pub fn delete_if_of_an_expired_key_is_a_conflict_with_none(kv: &dyn Subject) {
    let version = kv.written("k", b"v", PutOptions::new().ttl(Duration::from_millis(5)));
    kv.wait_ms(5);
    assert_eq!(kv.delete_if("k", version), Ok(DeleteOutcome::Conflict(None)));
}
