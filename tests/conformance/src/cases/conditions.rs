//! Conditional writes. A lost race is an outcome, not an error, and writes nothing.

use crate::Subject;
use larder_store::{PutOptions, Version, WriteOutcome};
use std::time::Duration;

fn expiring() -> PutOptions {
    PutOptions::new().ttl(Duration::from_millis(5))
}

pub fn if_absent_writes_a_new_key(kv: &dyn Subject) {
    let version = kv.written("k", b"v", PutOptions::new().if_absent());
    assert_eq!(kv.entry("k").version, version);
}

pub fn if_absent_leaves_an_existing_key_and_names_its_version(kv: &dyn Subject) {
    let version = kv.put("k", b"first").unwrap();
    let outcome = kv.put_with("k", b"second", PutOptions::new().if_absent());
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(Some(version))));
    assert_eq!(kv.text("k").as_deref(), Some("first"));
}

pub fn if_absent_holds_where_the_key_was_deleted(kv: &dyn Subject) {
    kv.fill(["k"]);
    kv.delete("k").unwrap();
    kv.written("k", b"again", PutOptions::new().if_absent());
}

pub fn if_absent_holds_from_the_millisecond_of_the_expiration(kv: &dyn Subject) {
    let version = kv.written("k", b"old", expiring());
    kv.wait_ms(4);
    let outcome = kv.put_with("k", b"new", PutOptions::new().if_absent());
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(Some(version))));
    kv.wait_ms(1);
    kv.written("k", b"new", PutOptions::new().if_absent());
    assert_eq!(kv.text("k").as_deref(), Some("new"));
}

pub fn if_present_writes_an_existing_key(kv: &dyn Subject) {
    kv.put("k", b"first").unwrap();
    kv.written("k", b"second", PutOptions::new().if_present());
    assert_eq!(kv.text("k").as_deref(), Some("second"));
}

pub fn if_present_of_an_absent_key_is_a_conflict_with_none(kv: &dyn Subject) {
    let outcome = kv.put_with("k", b"v", PutOptions::new().if_present());
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(None)));
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn if_present_fails_from_the_millisecond_of_the_expiration(kv: &dyn Subject) {
    kv.written("k", b"old", expiring());
    kv.wait_ms(4);
    kv.written("k", b"old", expiring().if_present());
    kv.wait_ms(5);
    let outcome = kv.put_with("k", b"new", PutOptions::new().if_present());
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(None)));
}

pub fn if_version_writes_over_that_version(kv: &dyn Subject) {
    let first = kv.put("k", b"first").unwrap();
    let second = kv.written("k", b"second", PutOptions::new().if_version(first));
    assert_ne!(first, second);
    assert_eq!(kv.text("k").as_deref(), Some("second"));
}

pub fn if_version_leaves_another_version_and_names_it(kv: &dyn Subject) {
    let first = kv.put("k", b"first").unwrap();
    let second = kv.put("k", b"second").unwrap();
    let outcome = kv.put_with("k", b"third", PutOptions::new().if_version(first));
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(Some(second))));
    assert_eq!(kv.text("k").as_deref(), Some("second"));
}

pub fn if_version_of_an_absent_key_is_a_conflict_with_none(kv: &dyn Subject) {
    for version in [0, 1, u64::MAX] {
        let options = PutOptions::new().if_version(Version::from_u64(version));
        assert_eq!(kv.put_with("k", b"v", options), Ok(WriteOutcome::Conflict(None)));
    }
}

pub fn if_version_fails_from_the_millisecond_of_the_expiration(kv: &dyn Subject) {
    let version = kv.written("k", b"old", expiring());
    kv.wait_ms(5);
    let outcome = kv.put_with("k", b"new", PutOptions::new().if_version(version));
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(None)));
}

pub fn a_version_does_not_come_back_with_the_same_value(kv: &dyn Subject) {
    let first = kv.put("k", b"same").unwrap();
    kv.delete("k").unwrap();
    let second = kv.put("k", b"same").unwrap();
    assert_ne!(first, second);
    let outcome = kv.put_with("k", b"lost", PutOptions::new().if_version(first));
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(Some(second))));
}

pub fn every_kind_of_write_makes_a_version(kv: &dyn Subject) {
    let put = kv.put("k", b"1").unwrap();
    let incremented = kv.increment("k", 0, None).unwrap().version;
    let expired = kv.expire("k", None).unwrap().unwrap();
    assert!(put != incremented && incremented != expired && put != expired);
    assert_eq!(kv.head("k").unwrap().unwrap().version, expired);
}

pub fn a_conflict_changes_neither_metadata_nor_expiration(kv: &dyn Subject) {
    kv.written("k", b"v", expiring().metadata("1"));
    let before = kv.entry("k");
    let options = PutOptions::new().ttl(Duration::from_secs(60)).metadata("2").if_absent();
    let found = Some(before.version);
    assert_eq!(kv.put_with("k", b"lost", options), Ok(WriteOutcome::Conflict(found)));
    assert_eq!(kv.entry("k"), before);
}
