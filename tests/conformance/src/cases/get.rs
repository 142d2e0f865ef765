//! Reading one key.

use crate::{Entry, KeyInfo, Subject};
use larder_store::{ListOptions, PutOptions};
use std::time::Duration;

pub fn an_absent_key_reads_as_none(kv: &dyn Subject) {
    assert_eq!(kv.get("k"), Ok(None));
    assert_eq!(kv.get_entry("k"), Ok(None));
    assert_eq!(kv.head("k"), Ok(None));
    assert!(kv.open_reader("k").unwrap().is_none());
}

pub fn a_value_is_bytes_of_any_kind(kv: &dyn Subject) {
    let every_byte: Vec<u8> = (0..=255).collect();
    for value in [&every_byte[..], b"\xef\xbb\xbfbom", b"\xff\xfe", b"\0", b"line\r\nline\n"] {
        kv.put("k", value).unwrap();
        assert_eq!(kv.get("k").unwrap().unwrap(), value);
    }
}

pub fn an_empty_value_is_a_value(kv: &dyn Subject) {
    let version = kv.put("k", b"").unwrap();
    assert_eq!(kv.get("k").unwrap().unwrap(), "");
    assert_eq!(kv.entry("k").version, version);
    assert_eq!(kv.head("k").unwrap().unwrap().size, 0);
    assert_eq!(kv.names(&ListOptions::default()), ["k"]);
}

pub fn an_entry_has_everything_that_is_kept_of_a_key(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata(r#"{"user":1}"#);
    let version = kv.written("k", b"value", options);
    let expected = Entry {
        value: "value".into(),
        expiration: Some(1_800_000_011),
        metadata: Some(r#"{"user":1}"#.into()),
        version,
    };
    assert_eq!(kv.get_entry("k"), Ok(Some(expected)));
}

pub fn a_plain_entry_has_neither_expiration_nor_metadata(kv: &dyn Subject) {
    let version = kv.put("k", b"value").unwrap();
    let expected = Entry { value: "value".into(), expiration: None, metadata: None, version };
    assert_eq!(kv.get_entry("k"), Ok(Some(expected)));
}

pub fn head_has_everything_but_the_value(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata(r#"{"user":1}"#);
    let version = kv.written("k", b"value", options);
    let expected = KeyInfo {
        name: "k".into(),
        expiration: Some(1_800_000_011),
        metadata: Some(r#"{"user":1}"#.into()),
        version,
        size: 5,
    };
    assert_eq!(kv.head("k"), Ok(Some(expected)));
}

pub fn reading_changes_no_version(kv: &dyn Subject) {
    let version = kv.put("k", b"v").unwrap();
    kv.get("k").unwrap();
    kv.list(&ListOptions::default()).unwrap();
    kv.open_reader("k").unwrap();
    assert_eq!(kv.head("k").unwrap().unwrap().version, version);
}

pub fn a_read_sees_every_write_that_was_answered(kv: &dyn Subject) {
    for n in 0..50 {
        kv.put("k", n.to_string().as_bytes()).unwrap();
        assert_eq!(kv.text("k"), Some(n.to_string()));
    }
}

pub fn values_of_every_size_come_back_whole(kv: &dyn Subject) {
    for bytes in [1, 1000, 1024, 1025, 4096, 65_535, 524_288, 524_289, 519_999, 520_000, 1_040_001]
    {
        let value = super::limits::value_of(bytes);
        kv.put("k", &value).unwrap();
        let entry = kv.entry("k");
        assert!(entry.value == value, "{bytes} bytes came back as {}", entry.value.len());
        assert_eq!(kv.head("k").unwrap().unwrap().size, bytes as u64);
    }
}
