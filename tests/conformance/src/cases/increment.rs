//! Counters.

use crate::{Error, START_SECONDS, Subject};
use larder_store::{Expiration, PutOptions};

pub fn an_absent_counter_begins_at_zero(kv: &dyn Subject) {
    let counter = kv.increment("hits", 5, None).unwrap();
    assert_eq!((counter.value, counter.expiration), (5, None));
    assert_eq!(kv.text("hits").as_deref(), Some("5"));
    assert_eq!(kv.entry("hits").version, counter.version);
}

pub fn increments_add_up(kv: &dyn Subject) {
    let values = [3, -10, 0, 7].map(|delta| kv.increment("hits", delta, None).unwrap().value);
    assert_eq!(values, [3, -7, -7, 0]);
    assert_eq!(kv.text("hits").as_deref(), Some("0"));
}

pub fn a_counter_that_begins_takes_the_expiration(kv: &dyn Subject) {
    let counter = kv.increment("hits", 1, Some(Expiration::Ttl(60))).unwrap();
    assert_eq!(counter.expiration, Some(START_SECONDS + 61));
    assert_eq!(kv.entry("hits").expiration, Some(START_SECONDS + 61));
}

pub fn a_counter_that_exists_keeps_its_expiration(kv: &dyn Subject) {
    kv.increment("hits", 1, Some(Expiration::TtlMs(100))).unwrap();
    kv.wait_ms(99);
    let counter = kv.increment("hits", 1, Some(Expiration::Ttl(60))).unwrap();
    assert_eq!((counter.value, counter.expiration), (2, Some(START_SECONDS + 1)));
    kv.wait_ms(1);
    assert_eq!(kv.get("hits"), Ok(None));
}

pub fn a_counter_that_never_expires_keeps_it_so(kv: &dyn Subject) {
    kv.put("hits", b"1").unwrap();
    assert_eq!(kv.increment("hits", 1, Some(Expiration::TtlMs(5))).unwrap().expiration, None);
    kv.wait_ms(5);
    assert_eq!(kv.text("hits").as_deref(), Some("2"));
}

pub fn a_counter_keeps_its_metadata(kv: &dyn Subject) {
    kv.written("hits", b"1", PutOptions::new().metadata(r#"{"of":"page"}"#));
    kv.increment("hits", 1, None).unwrap();
    assert_eq!(kv.entry("hits").metadata.as_deref(), Some(r#"{"of":"page"}"#));
}

pub fn an_expired_counter_begins_anew(kv: &dyn Subject) {
    let options = PutOptions::new().expiration(Expiration::TtlMs(5)).metadata("1");
    kv.written("hits", b"9", options);
    kv.wait_ms(4);
    assert_eq!(kv.increment("hits", 1, None).unwrap().value, 10);
    kv.wait_ms(1);
    let counter = kv.increment("hits", 1, Some(Expiration::TtlMs(10))).unwrap();
    assert_eq!((counter.value, kv.entry("hits").metadata), (1, None));
    kv.wait_ms(9);
    assert_eq!(kv.text("hits").as_deref(), Some("1"));
    kv.wait_ms(1);
    assert_eq!(kv.get("hits"), Ok(None));
}

pub fn an_expired_text_is_no_obstacle_to_a_counter(kv: &dyn Subject) {
    kv.written("k", b"text", PutOptions::new().expiration(Expiration::TtlMs(5)));
    kv.wait_ms(5);
    assert_eq!(kv.increment("k", 1, None).unwrap().value, 1);
}

pub fn a_decimal_that_was_put_is_a_counter(kv: &dyn Subject) {
    for (text, sum) in
        [("0", 1), ("-0", 1), ("-1", 0), ("41", 42), ("-9223372036854775808", i64::MIN + 1)]
    {
        kv.put("k", text.as_bytes()).unwrap();
        assert_eq!(kv.increment("k", 1, None).unwrap().value, sum, "{text}");
        assert_eq!(kv.text("k"), Some(sum.to_string()));
    }
}

pub fn anything_else_is_not_a_counter(kv: &dyn Subject) {
    for text in [
        "",
        "-",
        "+1",
        "01",
        "-01",
        "00",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "0x1",
        "1_000",
        "one",
        "٣",
        "9223372036854775808",
        "-9223372036854775809",
        "111111111111111111111",
        "\0",
    ] {
        kv.put("k", text.as_bytes()).unwrap();
        assert_eq!(kv.increment("k", 1, None), Err(Error::NotACounter), "{text:?}");
        assert_eq!(kv.text("k").as_deref(), Some(text));
    }
    kv.put("k", b"\xff1").unwrap();
    assert_eq!(kv.increment("k", 1, None), Err(Error::NotACounter));
}

pub fn a_large_value_is_not_a_counter(kv: &dyn Subject) {
    kv.put("k", "1".repeat(2_000_000).as_bytes()).unwrap();
    assert_eq!(kv.increment("k", 1, None), Err(Error::NotACounter));
}

pub fn a_counter_reaches_the_ends_of_64_bits(kv: &dyn Subject) {
    assert_eq!(kv.increment("most", i64::MAX, None).unwrap().value, i64::MAX);
    assert_eq!(kv.increment("least", i64::MIN, None).unwrap().value, i64::MIN);
    assert_eq!(kv.text("least").as_deref(), Some("-9223372036854775808"));
    assert_eq!(kv.increment("least", i64::MAX, None).unwrap().value, -1);
}

pub fn a_sum_beyond_64_bits_is_refused_and_changes_nothing(kv: &dyn Subject) {
    let most = kv.increment("most", i64::MAX, None).unwrap();
    assert_eq!(kv.increment("most", 1, None), Err(Error::NotACounter));
    kv.increment("least", i64::MIN, None).unwrap();
    assert_eq!(kv.increment("least", -1, None), Err(Error::NotACounter));
    assert_eq!(kv.text("most").as_deref(), Some("9223372036854775807"));
    assert_eq!(kv.entry("most").version, most.version);
}
