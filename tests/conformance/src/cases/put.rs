//! Writing one key. What a put says it replaces; what it does not say is removed.

use crate::subject::assert_invalid;
use crate::{Error, Limited, Subject};
use larder_store::{Expiration, ListOptions, PutOptions};
use std::time::Duration;

pub fn a_put_replaces_the_value(kv: &dyn Subject) {
    kv.put("k", b"a longer value").unwrap();
    kv.put("k", b"short").unwrap();
    assert_eq!(kv.text("k").as_deref(), Some("short"));
    assert_eq!(kv.head("k").unwrap().unwrap().size, 5);
}

pub fn an_overwritten_key_is_listed_once(kv: &dyn Subject) {
    kv.fill(["k", "k", "k"]);
    assert_eq!(kv.names(&ListOptions::default()), ["k"]);
}

pub fn a_put_answers_with_the_version_that_reads_show(kv: &dyn Subject) {
    let version = kv.put("k", b"v").unwrap();
    assert_eq!(kv.entry("k").version, version);
    assert_eq!(kv.head("k").unwrap().unwrap().version, version);
    assert_eq!(kv.list(&ListOptions::default()).unwrap().keys[0].version, version);
    assert_eq!(kv.open_reader("k").unwrap().unwrap().info().version, version);
}

pub fn every_put_has_a_version_of_its_own(kv: &dyn Subject) {
    let first = kv.put("k", b"same").unwrap();
    let second = kv.put("k", b"same").unwrap();
    let elsewhere = kv.put("other", b"same").unwrap();
    assert!(first != second && second != elsewhere && first != elsewhere);
}

pub fn a_plain_put_clears_the_metadata(kv: &dyn Subject) {
    kv.written("k", b"1", PutOptions::new().metadata("1"));
    kv.put("k", b"2").unwrap();
    assert_eq!(kv.entry("k").metadata, None);
}

pub fn a_plain_put_clears_the_expiration(kv: &dyn Subject) {
    kv.written("k", b"1", PutOptions::new().ttl(Duration::from_millis(5)));
    kv.put("k", b"2").unwrap();
    assert_eq!(kv.entry("k").expiration, None);
    kv.wait_ms(10_000);
    assert_eq!(kv.text("k").as_deref(), Some("2"));
}

pub fn a_put_with_one_option_clears_the_other(kv: &dyn Subject) {
    let (ttl, metadata) = (Duration::from_secs(10), r#""kept""#);
    kv.written("k", b"1", PutOptions::new().ttl(ttl).metadata(metadata));
    kv.written("k", b"2", PutOptions::new().metadata(metadata));
    assert_eq!(
        (kv.entry("k").expiration, kv.entry("k").metadata.as_deref()),
        (None, Some(metadata))
    );
    kv.written("k", b"3", PutOptions::new().ttl(ttl));
    assert_eq!((kv.entry("k").expiration, kv.entry("k").metadata), (Some(1_800_000_011), None));
}

pub fn metadata_is_kept_byte_for_byte(kv: &dyn Subject) {
    for json in [
        "null",
        "0",
        "\"\"",
        "false",
        " {\"b\" : 1,\n\t\"a\": 1.50, \"a\": 2e400 } ",
        "\"é \\u00e9 \\ud83d\\ude00 \u{1f600}\"",
        "\"\\ud800\"",
        "18446744073709551616",
    ] {
        kv.written("k", b"v", PutOptions::new().metadata(json));
        assert_eq!(kv.entry("k").metadata.as_deref(), Some(json));
        assert_eq!(kv.head("k").unwrap().unwrap().metadata.as_deref(), Some(json));
    }
}

pub fn metadata_may_nest_as_deep_as_it_fits(kv: &dyn Subject) {
    let json = format!("{}{}", "[".repeat(512), "]".repeat(512));
    kv.written("k", b"v", PutOptions::new().metadata(&json));
    assert_eq!(kv.entry("k").metadata, Some(json));
}

pub fn metadata_that_is_not_json_is_refused(kv: &dyn Subject) {
    kv.put("k", b"before").unwrap();
    for text in
        ["", " ", "plain", "{", "{'a':1}", "[1,]", "1 2", "undefined", "NaN", "\"\n\"", "\"\\x\""]
    {
        let options = PutOptions::new().metadata(text);
        assert_invalid(kv.put_with("k", b"after", options.clone()), &["JSON"]);
        assert_invalid(kv.open_writer("k", options).map(drop), &["JSON"]);
    }
    assert_eq!(kv.text("k").as_deref(), Some("before"));
}

pub fn metadata_of_1024_bytes_is_taken(kv: &dyn Subject) {
    let json = format!("\"{}\"", "m".repeat(1022));
    kv.written("k", b"v", PutOptions::new().metadata(&json));
    assert_eq!(kv.entry("k").metadata, Some(json));
}

pub fn metadata_of_1025_bytes_is_refused(kv: &dyn Subject) {
    let json = format!("\"{}\"", "m".repeat(1023));
    let too_large = Error::TooLarge { of: Limited::Metadata, bytes: 1025, bytes_max: 1024 };
    let options = PutOptions::new().metadata(json);
    assert_eq!(kv.put_with("k", b"v", options.clone()), Err(too_large.clone()));
    assert_eq!(kv.open_writer("k", options).err(), Some(too_large));
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn the_length_of_metadata_counts_bytes(kv: &dyn Subject) {
    let json = format!("\"{}\"", "é".repeat(512));
    let too_large = Error::TooLarge { of: Limited::Metadata, bytes: 1026, bytes_max: 1024 };
    assert_eq!(kv.put_with("k", b"v", PutOptions::new().metadata(json)), Err(too_large));
}

pub fn a_refused_put_leaves_everything_as_it_was(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("1");
    kv.written("k", b"before", options);
    let before = kv.entry("k");
    kv.put_with("k", b"after", PutOptions::new().expiration(Expiration::Ttl(0))).unwrap_err();
    kv.put_with("k", b"after", PutOptions::new().metadata("{")).unwrap_err();
    assert_eq!(kv.entry("k"), before);
}
