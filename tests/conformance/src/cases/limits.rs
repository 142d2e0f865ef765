//! The largest values. The limits of other things stand with those.

use crate::{Error, Limited, Subject};
use larder_store::PutOptions;

/// A value in which no two pieces that a store may cut are alike.
pub(super) fn value_of(bytes: usize) -> Vec<u8> {
    let pattern: Vec<u8> = (0..65_521u32).map(|n| (n ^ (n >> 8)) as u8).collect();
    let mut value = pattern.repeat(bytes.div_ceil(pattern.len()));
    value.truncate(bytes);
    value
}

pub fn a_value_of_25_mib_is_taken(kv: &dyn Subject) {
    let value = value_of(26_214_400);
    kv.put("k", &value).unwrap();
    assert!(kv.get("k").unwrap().unwrap() == value);
    let version = kv.written("k", &value, PutOptions::new().metadata("1"));
    let entry = kv.entry("k");
    assert!(entry.value == value && entry.version == version);
}

pub fn a_value_of_one_byte_more_is_refused(kv: &dyn Subject) {
    kv.put("k", b"before").unwrap();
    let value = value_of(26_214_401);
    let too_large =
        Error::TooLarge { of: Limited::Value, bytes: 26_214_401, bytes_max: 26_214_400 };
    assert_eq!(kv.put("k", &value), Err(too_large.clone()));
    assert_eq!(kv.put_with("k", &value, PutOptions::new().metadata("1")), Err(too_large));
    assert_eq!(kv.text("k").as_deref(), Some("before"));
}
