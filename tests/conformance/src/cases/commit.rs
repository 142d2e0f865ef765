//! Atomic commits.

use crate::subject::assert_invalid;
use crate::{Error, Limited, Result, START_SECONDS, Subject};
use larder_store::{
    Check, CommitOutcome, Condition, Expiration, ListOptions, Operation, PutOptions, Version,
};
use std::time::Duration;

fn check(key: &str, condition: Condition) -> Check {
    Check { key: key.into(), condition }
}

fn put(key: &str, value: &str) -> Operation {
    let value = bytes::Bytes::copy_from_slice(value.as_bytes());
    Operation::Put { key: key.into(), value, expiration: None, metadata: None }
}

fn delete(key: &str) -> Operation {
    Operation::Delete { key: key.into() }
}

fn increment(key: &str, delta: i64) -> Operation {
    Operation::Increment { key: key.into(), delta, expiration: None }
}

fn expire(key: &str, expiration: Option<Expiration>) -> Operation {
    Operation::Expire { key: key.into(), expiration }
}

/// The version and the counters of a commit that must happen.
fn committed(outcome: Result<CommitOutcome>) -> (Version, Vec<i64>) {
    match outcome.unwrap() {
        CommitOutcome::Committed { version, counters } => (version, counters),
        CommitOutcome::Conflict(check) => panic!("check {check} did not hold"),
    }
}

pub fn every_kind_of_operation_happens(kv: &dyn Subject) {
    kv.fill(["gone", "kept"]);
    let full = Operation::Put {
        key: "full".into(),
        value: "value".into(),
        expiration: Some(Expiration::Ttl(10)),
        metadata: Some("[1]".into()),
    };
    let begin = Some(Expiration::Ttl(20));
    let hits = Operation::Increment { key: "hits".into(), delta: 3, expiration: begin };
    let last = expire("kept", Some(Expiration::Ttl(30)));
    kv.committed(vec![full, delete("gone"), hits, last]);
    let entry = kv.entry("full");
    assert_eq!((&entry.value[..], entry.metadata.as_deref()), (&b"value"[..], Some("[1]")));
    assert_eq!(entry.expiration, Some(START_SECONDS + 11));
    assert_eq!(kv.get("gone"), Ok(None));
    assert_eq!(kv.entry("hits").expiration, Some(START_SECONDS + 21));
    assert_eq!(kv.entry("kept").expiration, Some(START_SECONDS + 31));
    assert_eq!((kv.text("hits").as_deref(), kv.text("kept").as_deref()), (Some("3"), Some("v")));
}

pub fn every_key_that_is_written_has_the_version_of_the_commit(kv: &dyn Subject) {
    let before = kv.put("c", b"v").unwrap();
    let operations = vec![put("a", "1"), increment("b", 1), expire("c", None)];
    let (version, _) = kv.committed(operations);
    assert_ne!(version, before);
    for key in ["a", "b", "c"] {
        assert_eq!(kv.entry(key).version, version, "{key}");
    }
    let (next, _) = kv.committed(vec![put("a", "1")]);
    assert_ne!(next, version);
}

pub fn an_operation_sees_those_before_it(kv: &dyn Subject) {
    let operations = vec![
        put("n", "40"),
        increment("n", 1),
        increment("n", 1),
        put("gone", "v"),
        delete("gone"),
        delete("again"),
        put("again", "back"),
        delete("m"),
        increment("m", 7),
        put("e", "v"),
        expire("e", Some(Expiration::Ttl(10))),
    ];
    kv.put("m", b"100").unwrap();
    let (_, counters) = kv.committed(operations);
    assert_eq!(counters, [41, 42, 7]);
    assert_eq!(kv.names(&ListOptions::default()), ["again", "e", "m", "n"]);
    assert_eq!((kv.text("n").as_deref(), kv.text("m").as_deref()), (Some("42"), Some("7")));
    assert_eq!(kv.entry("e").expiration, Some(START_SECONDS + 11));
}

pub fn a_later_put_in_a_commit_replaces_an_earlier_one_whole(kv: &dyn Subject) {
    let full = Operation::Put {
        key: "k".into(),
        value: "first".into(),
        expiration: Some(Expiration::Ttl(10)),
        metadata: Some("1".into()),
    };
    kv.committed(vec![full, put("k", "second")]);
    let entry = kv.entry("k");
    assert_eq!(&entry.value[..], b"second");
    assert_eq!((entry.expiration, entry.metadata), (None, None));
}

pub fn an_increment_in_a_commit_keeps_what_the_counter_has(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("1");
    kv.written("hits", b"5", options);
    let again = Operation::Increment {
        key: "hits".into(),
        delta: 1,
        expiration: Some(Expiration::Ttl(99)),
    };
    assert_eq!(kv.committed(vec![again.clone(), again]).1, [6, 7]);
    let entry = kv.entry("hits");
    assert_eq!(
        (entry.expiration, entry.metadata.as_deref()),
        (Some(START_SECONDS + 11), Some("1"))
    );
}

pub fn counters_stand_in_the_order_of_the_increments(kv: &dyn Subject) {
    kv.put("b", b"10").unwrap();
    let operations = vec![increment("b", 1), put("x", "v"), increment("a", -2), increment("b", 5)];
    assert_eq!(kv.committed(operations).1, [11, -2, 16]);
    assert_eq!(kv.committed(vec![put("x", "v")]).1, [0; 0]);
}

pub fn a_commit_happens_where_all_checks_hold(kv: &dyn Subject) {
    let version = kv.put("versioned", b"v").unwrap();
    kv.fill(["present"]);
    let checks = vec![
        check("versioned", Condition::Version(version)),
        check("present", Condition::Present),
        check("absent", Condition::Absent),
    ];
    committed(kv.commit(checks, vec![put("k", "done")]));
    assert_eq!(kv.text("k").as_deref(), Some("done"));
}

pub fn the_first_check_that_fails_is_named_and_nothing_happens(kv: &dyn Subject) {
    let version = kv.put("a", b"1").unwrap();
    let operations = || vec![put("a", "2"), increment("n", 1), delete("a"), put("b", "v")];
    let holds = || check("a", Condition::Version(version));
    for (checks, index) in [
        (vec![check("a", Condition::Absent)], 0),
        (vec![holds(), check("b", Condition::Present)], 1),
        (vec![holds(), holds(), check("a", Condition::Absent), check("b", Condition::Present)], 2),
        (vec![holds(), check("b", Condition::Version(version))], 1),
    ] {
        assert_eq!(kv.commit(checks, operations()), Ok(CommitOutcome::Conflict(index)));
    }
    assert_eq!(kv.names(&ListOptions::default()), ["a"]);
    assert_eq!((kv.text("a").as_deref(), kv.entry("a").version), (Some("1"), version));
}

pub fn checks_are_judged_before_the_first_operation(kv: &dyn Subject) {
    let checks = vec![check("k", Condition::Absent)];
    committed(kv.commit(checks, vec![put("k", "1"), put("k", "2")]));
    let checks = vec![check("k", Condition::Present)];
    committed(kv.commit(checks, vec![delete("k"), put("other", "v")]));
    assert_eq!(kv.names(&ListOptions::default()), ["other"]);
}

pub fn a_key_may_be_checked_without_being_written(kv: &dyn Subject) {
    let lock = kv.put("lock", b"mine").unwrap();
    committed(kv.commit(vec![check("lock", Condition::Version(lock))], vec![put("k", "1")]));
    kv.put("lock", b"theirs").unwrap();
    let outcome = kv.commit(vec![check("lock", Condition::Version(lock))], vec![put("k", "2")]);
    assert_eq!(outcome, Ok(CommitOutcome::Conflict(0)));
    assert_eq!(kv.text("k").as_deref(), Some("1"));
}

pub fn an_operation_that_fails_undoes_all_others(kv: &dyn Subject) {
    kv.put("text", b"no counter").unwrap();
    kv.put("n", b"1").unwrap();
    for last in [increment("text", 1), increment("n", i64::MAX)] {
        let operations =
            vec![put("a", "v"), increment("n", 1), delete("text"), put("text", "x"), last];
        assert_eq!(kv.commit(vec![], operations), Err(Error::NotACounter));
    }
    assert_eq!(kv.names(&ListOptions::default()), ["n", "text"]);
    assert_eq!(
        (kv.text("n").as_deref(), kv.text("text").as_deref()),
        (Some("1"), Some("no counter"))
    );
}

pub fn an_illegal_operation_undoes_all_others(kv: &dyn Subject) {
    let bad_ttl = expire("k", Some(Expiration::Ttl(0)));
    let bad_metadata = Operation::Put {
        key: "k".into(),
        value: "v".into(),
        expiration: None,
        metadata: Some("{".into()),
    };
    let long_metadata = Operation::Put {
        key: "k".into(),
        value: "v".into(),
        expiration: None,
        metadata: Some("1".repeat(1025)),
    };
    assert_invalid(kv.commit(vec![], vec![put("a", "v"), bad_ttl]), &["ttl"]);
    assert_invalid(kv.commit(vec![], vec![put("a", "v"), bad_metadata]), &["JSON"]);
    let too_large = Error::TooLarge { of: Limited::Metadata, bytes: 1025, bytes_max: 1024 };
    assert_eq!(kv.commit(vec![], vec![put("a", "v"), long_metadata]), Err(too_large));
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
}

pub fn absent_keys_may_be_deleted_and_expired(kv: &dyn Subject) {
    kv.committed(vec![delete("a"), expire("b", None), put("c", "v")]);
    assert_eq!(kv.names(&ListOptions::default()), ["c"]);
}

pub fn a_commit_without_operations_is_refused(kv: &dyn Subject) {
    assert_invalid(kv.commit(vec![], vec![]), &["1 operation", "0"]);
    assert_invalid(kv.commit(vec![check("k", Condition::Absent)], vec![]), &["1 operation"]);
}

pub fn a_commit_takes_1000_checks_and_operations(kv: &dyn Subject) {
    let checks = (0..500).map(|n| check(&format!("c{n}"), Condition::Absent)).collect();
    let operations = (0..500).map(|_| increment("n", 1)).collect();
    assert_eq!(committed(kv.commit(checks, operations)).1.last(), Some(&500));
    kv.committed((0..1000).map(|n| put(&format!("k{n}"), "v")).collect());
    assert_eq!(kv.pages(&ListOptions::prefix("k")).concat().len(), 1000);
}

pub fn a_commit_of_1001_checks_and_operations_is_refused(kv: &dyn Subject) {
    let operations = |count| (0..count).map(|_| increment("n", 1)).collect();
    assert_invalid(kv.commit(vec![], operations(1001)), &["1001", "1000"]);
    let checks = vec![check("k", Condition::Absent)];
    assert_invalid(kv.commit(checks, operations(1000)), &["1001", "1000"]);
    assert_eq!(kv.get("n"), Ok(None));
}

pub fn a_commit_counts_keys_values_and_metadata_to_25_mib(kv: &dyn Subject) {
    let value = |bytes| bytes::Bytes::from(super::limits::value_of(bytes));
    let operations = |extra: usize| {
        let first = Operation::Put {
            key: "key-a".into(),
            value: value(13_107_200),
            expiration: None,
            metadata: Some("[1]".into()),
        };
        let rest = 13_107_200 - "key-a[1]key-b".len() + extra;
        let second = Operation::Put {
            key: "key-b".into(),
            value: value(rest),
            expiration: None,
            metadata: None,
        };
        vec![first, second]
    };
    let too_large =
        Error::TooLarge { of: Limited::Batch, bytes: 26_214_401, bytes_max: 26_214_400 };
    assert_eq!(kv.commit(vec![], operations(1)), Err(too_large));
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
    kv.committed(operations(0));
    assert_eq!(kv.head("key-a").unwrap().unwrap().size, 13_107_200);
}

pub fn a_commit_may_put_one_value_of_25_mib(kv: &dyn Subject) {
    let value = super::limits::value_of(26_214_400);
    let one = Operation::Put {
        key: "k".into(),
        value: value.clone().into(),
        expiration: None,
        metadata: None,
    };
    kv.committed(vec![one]);
    assert!(kv.get("k").unwrap().unwrap() == value);
}

pub fn a_value_too_large_is_told_as_such_in_a_commit_too(kv: &dyn Subject) {
    let too_large =
        Error::TooLarge { of: Limited::Value, bytes: 26_214_401, bytes_max: 26_214_400 };
    let large = Operation::Put {
        key: "k".into(),
        value: super::limits::value_of(26_214_401).into(),
        expiration: None,
        metadata: None,
    };
    assert_eq!(kv.commit(vec![], vec![put("a", "v"), large]), Err(too_large));
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
}
