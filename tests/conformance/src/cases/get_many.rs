//! Reading keys in bulk.

use crate::subject::assert_invalid;
use crate::{Error, Limited, Subject};
use larder_store::PutOptions;
use std::time::Duration;

/// The values as text, none where a key is absent.
fn values(kv: &dyn Subject, keys: &[&str]) -> Vec<Option<String>> {
    let text = |value: bytes::Bytes| String::from_utf8(value.to_vec()).unwrap();
    let entries = kv.get_many(keys).unwrap();
    entries.into_iter().map(|entry| entry.map(|entry| text(entry.value))).collect()
}

pub fn answers_stand_in_the_order_of_the_keys(kv: &dyn Subject) {
    for key in ["a", "b", "10", "2"] {
        kv.put(key, key.as_bytes()).unwrap();
    }
    let found = values(kv, &["b", "missing", "10", "a", "2"]);
    let expected = [Some("b"), None, Some("10"), Some("a"), Some("2")];
    assert_eq!(found, expected.map(|value| value.map(str::to_owned)));
}

pub fn a_key_that_is_named_twice_is_answered_twice(kv: &dyn Subject) {
    kv.put("a", b"1").unwrap();
    assert_eq!(values(kv, &["a", "b", "a"]), [Some("1".into()), None, Some("1".into())]);
}

pub fn each_answer_is_the_whole_entry(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("[1]");
    kv.written("k", b"v", options);
    assert_eq!(kv.get_many(&["k"]).unwrap(), [Some(kv.entry("k"))]);
}

pub fn a_bulk_get_takes_100_keys(kv: &dyn Subject) {
    let keys: Vec<String> = (0..100).map(|n| format!("k{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    kv.put("k99", b"last").unwrap();
    let found = values(kv, &keys);
    assert_eq!(found.len(), 100);
    assert_eq!(found[99].as_deref(), Some("last"));
}

pub fn a_bulk_get_of_101_keys_is_refused(kv: &dyn Subject) {
    assert_invalid(kv.get_many(&["k"; 101]), &["101", "100"]);
}

pub fn a_bulk_get_of_no_key_is_refused(kv: &dyn Subject) {
    assert_invalid(kv.get_many(&[]), &["0", "100"]);
}

pub fn a_bulk_get_leaves_out_expired_keys(kv: &dyn Subject) {
    kv.fill(["stays"]);
    kv.written("goes", b"v", PutOptions::new().ttl(Duration::from_millis(5)));
    kv.wait_ms(4);
    assert!(kv.get_many(&["goes"]).unwrap()[0].is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get_many(&["goes", "stays"]).unwrap(), [None, Some(kv.entry("stays"))]);
}

pub fn a_bulk_get_answers_with_25_mib_at_most(kv: &dyn Subject) {
    let half = super::limits::value_of(13_107_200);
    kv.put("a", &half).unwrap();
    kv.put("b", &half).unwrap();
    let found = kv.get_many(&["a", "missing", "b"]).unwrap();
    assert!(found[0].as_ref().unwrap().value == half && found[2].as_ref().unwrap().value == half);
    kv.put("c", b"!").unwrap();
    let too_large =
        Error::TooLarge { of: Limited::Batch, bytes: 26_214_401, bytes_max: 26_214_400 };
    assert_eq!(kv.get_many(&["a", "b", "c"]), Err(too_large));
}

pub fn a_bulk_get_counts_a_key_as_often_as_it_is_named(kv: &dyn Subject) {
    kv.put("k", &super::limits::value_of(13_107_201)).unwrap();
    let too_large =
        Error::TooLarge { of: Limited::Batch, bytes: 26_214_402, bytes_max: 26_214_400 };
    assert_eq!(kv.get_many(&["k", "k"]), Err(too_large));
}

pub fn a_bulk_get_does_not_count_expired_values(kv: &dyn Subject) {
    let value = super::limits::value_of(13_107_201);
    kv.written("goes", &value, PutOptions::new().ttl(Duration::from_millis(1)));
    kv.put("stays", &value).unwrap();
    kv.wait_ms(1);
    let found = kv.get_many(&["goes", "stays"]).unwrap();
    assert!(found[0].is_none() && found[1].as_ref().unwrap().value == value);
}
