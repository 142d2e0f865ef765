//! When keys stop existing: at the exact millisecond, for every operation alike.

use crate::subject::assert_invalid;
use crate::{START_MS, START_SECONDS, Subject};
use larder_store::{
    Check, CommitOutcome, Condition, Expiration, ListOptions, Operation, PutOptions,
};

fn expiring(expiration: Expiration) -> PutOptions {
    PutOptions::new().expiration(expiration)
}

pub fn a_key_lives_until_the_millisecond_of_its_expiration(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    kv.wait_ms(4);
    assert!(kv.get("k").unwrap().is_some());
    assert!(kv.get_entry("k").unwrap().is_some());
    assert!(kv.head("k").unwrap().is_some());
    assert!(kv.get_many(&["k"]).unwrap()[0].is_some());
    assert!(kv.open_reader("k").unwrap().is_some());
    assert_eq!(kv.names(&ListOptions::default()), ["k"]);
}

pub fn a_key_is_gone_at_the_millisecond_of_its_expiration(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    kv.wait_ms(5);
    assert!(kv.get("k").unwrap().is_none());
    assert!(kv.get_entry("k").unwrap().is_none());
    assert!(kv.head("k").unwrap().is_none());
    assert!(kv.get_many(&["k"]).unwrap()[0].is_none());
    assert!(kv.open_reader("k").unwrap().is_none());
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
}

pub fn the_least_ttl_is_one_millisecond(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(1)));
    assert!(kv.get("k").unwrap().is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn a_ttl_in_seconds_is_never_cut_short(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::Ttl(1)));
    kv.wait_ms(999);
    assert!(kv.get("k").unwrap().is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn an_absolute_expiration_is_the_beginning_of_its_second(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::At(START_SECONDS + 1)));
    kv.wait_ms(749);
    assert!(kv.get("k").unwrap().is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn an_expiration_is_shown_in_seconds_rounded_up(kv: &dyn Subject) {
    for (expiration, shown) in [
        (Expiration::Ttl(10), START_SECONDS + 11),
        (Expiration::TtlMs(1), START_SECONDS + 1),
        (Expiration::TtlMs(750), START_SECONDS + 1),
        (Expiration::TtlMs(751), START_SECONDS + 2),
        (Expiration::At(START_SECONDS + 60), START_SECONDS + 60),
    ] {
        kv.written("k", b"v", expiring(expiration));
        assert_eq!(kv.entry("k").expiration, Some(shown), "{expiration:?}");
        assert_eq!(kv.head("k").unwrap().unwrap().expiration, Some(shown));
        assert_eq!(kv.list(&ListOptions::default()).unwrap().keys[0].expiration, Some(shown));
        assert_eq!(kv.open_reader("k").unwrap().unwrap().info().expiration, Some(shown));
    }
}

pub fn a_ttl_of_zero_is_refused(kv: &dyn Subject) {
    for ttl in [Expiration::Ttl(0), Expiration::TtlMs(0)] {
        assert_invalid(kv.put_with("k", b"v", expiring(ttl)), &["ttl", "0", "1"]);
        assert_invalid(kv.increment("k", 1, Some(ttl)), &["ttl"]);
        assert_invalid(kv.expire("k", Some(ttl)), &["ttl"]);
    }
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn an_expiration_that_is_not_in_the_future_is_refused(kv: &dyn Subject) {
    let now = START_MS.to_string();
    for at in [0, 1000, START_SECONDS - 1, START_SECONDS] {
        let refused = [(at * 1000).to_string(), now.clone()];
        let refused = refused.each_ref().map(String::as_str);
        assert_invalid(kv.put_with("k", b"v", expiring(Expiration::At(at))), &refused);
        assert_invalid(kv.increment("k", 1, Some(Expiration::At(at))), &refused);
        assert_invalid(kv.expire("k", Some(Expiration::At(at))), &refused);
    }
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn an_expiration_of_this_very_millisecond_is_refused(kv: &dyn Subject) {
    kv.clock().set_ms((START_SECONDS + 1) * 1000);
    assert_invalid(kv.put_with("k", b"v", expiring(Expiration::At(START_SECONDS + 1))), &[]);
    kv.clock().set_ms((START_SECONDS + 1) * 1000 - 1);
    kv.written("k", b"v", expiring(Expiration::At(START_SECONDS + 1)));
}

pub fn a_key_may_expire_in_the_year_9999(kv: &dyn Subject) {
    let last_second = 253_402_300_799;
    kv.written("k", b"v", expiring(Expiration::At(last_second)));
    assert_eq!(kv.entry("k").expiration, Some(last_second));
    kv.clock().set_ms(last_second * 1000 - 1);
    assert!(kv.get("k").unwrap().is_some());
    kv.clock().set_ms(last_second * 1000);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn the_last_expiration_is_the_last_millisecond_of_64_bits(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(u64::MAX - START_MS)));
    assert_eq!(kv.entry("k").expiration, Some(u64::MAX.div_ceil(1000)));
    let most_seconds = u64::MAX / 1000;
    kv.written("k", b"v", expiring(Expiration::At(most_seconds)));
    assert_eq!(kv.entry("k").expiration, Some(most_seconds));
}

pub fn an_expiration_beyond_64_bits_is_refused(kv: &dyn Subject) {
    for expiration in [
        Expiration::Ttl(u64::MAX),
        Expiration::Ttl(u64::MAX / 1000),
        Expiration::TtlMs(u64::MAX),
        Expiration::TtlMs(u64::MAX - START_MS + 1),
        Expiration::At(u64::MAX),
        Expiration::At(u64::MAX / 1000 + 1),
    ] {
        assert_invalid(kv.put_with("k", b"v", expiring(expiration)), &["2^64"]);
        assert_invalid(kv.expire("k", Some(expiration)), &["2^64"]);
    }
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn expire_changes_the_expiration_alone(kv: &dyn Subject) {
    let first = kv.written("k", b"value", expiring(Expiration::Ttl(10)).metadata("1"));
    let second = kv.expire("k", Some(Expiration::Ttl(20))).unwrap().unwrap();
    assert_ne!(first, second);
    let entry = kv.entry("k");
    assert_eq!((&entry.value[..], entry.metadata.as_deref()), (&b"value"[..], Some("1")));
    assert_eq!((entry.expiration, entry.version), (Some(START_SECONDS + 21), second));
}

pub fn expire_prolongs_and_shortens_a_life(kv: &dyn Subject) {
    kv.written("session", b"v", expiring(Expiration::TtlMs(100)));
    kv.wait_ms(99);
    kv.expire("session", Some(Expiration::TtlMs(100))).unwrap().unwrap();
    kv.wait_ms(99);
    assert!(kv.get("session").unwrap().is_some());
    kv.expire("session", Some(Expiration::TtlMs(2))).unwrap().unwrap();
    kv.wait_ms(1);
    assert!(kv.get("session").unwrap().is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get("session"), Ok(None));
}

pub fn expire_with_none_means_never(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    kv.expire("k", None).unwrap().unwrap();
    assert_eq!(kv.entry("k").expiration, None);
    kv.wait_ms(1_000_000);
    assert!(kv.get("k").unwrap().is_some());
}

pub fn expire_gives_a_lasting_key_an_end(kv: &dyn Subject) {
    kv.put("k", b"v").unwrap();
    kv.expire("k", Some(Expiration::TtlMs(5))).unwrap().unwrap();
    kv.wait_ms(5);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn expire_of_an_absent_or_expired_key_is_none(kv: &dyn Subject) {
    assert_eq!(kv.expire("k", Some(Expiration::Ttl(10))), Ok(None));
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    kv.wait_ms(5);
    assert_eq!(kv.expire("k", None), Ok(None));
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn expire_keeps_a_large_value(kv: &dyn Subject) {
    let value = super::limits::value_of(3_000_000);
    kv.put("k", &value).unwrap();
    kv.expire("k", Some(Expiration::Ttl(10))).unwrap().unwrap();
    assert!(kv.get("k").unwrap().unwrap() == value);
}

pub fn an_expired_key_can_be_put_again(kv: &dyn Subject) {
    kv.written("k", b"old", expiring(Expiration::TtlMs(5)).metadata("1"));
    kv.wait_ms(5);
    kv.put("k", b"new").unwrap();
    assert_eq!(kv.text("k").as_deref(), Some("new"));
    assert_eq!(kv.entry("k").metadata, None);
    kv.wait_ms(5);
    assert_eq!(kv.text("k").as_deref(), Some("new"));
}

pub fn an_expired_key_counts_as_absent_in_a_commit(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    let check = || vec![Check { key: "k".into(), condition: Condition::Absent }];
    let delete = || vec![Operation::Delete { key: "other".into() }];
    kv.wait_ms(4);
    assert_eq!(kv.commit(check(), delete()), Ok(CommitOutcome::Conflict(0)));
    kv.wait_ms(1);
    assert!(matches!(kv.commit(check(), delete()), Ok(CommitOutcome::Committed { .. })));
}

pub fn writes_elsewhere_do_not_bring_an_expired_key_back(kv: &dyn Subject) {
    kv.written("k", b"v", expiring(Expiration::TtlMs(5)));
    kv.wait_ms(5);
    kv.fill(["a", "l", "z"]);
    assert_eq!(kv.names(&ListOptions::default()), ["a", "l", "z"]);
    assert_eq!(kv.get("k"), Ok(None));
}
