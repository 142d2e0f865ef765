//! Namespaces beside one another, and the end of one.

use crate::subject::MAIN;
use crate::{Error, Result, Subject};
use larder_store::{
    Check, CommitOutcome, Condition, ListOptions, Operation, PutOptions, Version, WriteOutcome,
};

pub fn namespaces_do_not_see_each_other(kv: &dyn Subject) {
    let other = kv.open("other", "");
    kv.put("k", b"main").unwrap();
    assert_eq!(other.get("k"), Ok(None));
    other.put("k", b"other").unwrap();
    assert_eq!(kv.text("k").as_deref(), Some("main"));
    assert_eq!(other.delete("k"), Ok(true));
    assert_eq!(kv.names(&ListOptions::default()), ["k"]);
    assert_eq!(other.names(&ListOptions::default()), [""; 0]);
}

pub fn two_ways_to_one_namespace_see_the_same(kv: &dyn Subject) {
    let again = kv.open(MAIN, "");
    let version = kv.put("k", b"v").unwrap();
    assert_eq!(again.entry("k"), kv.entry("k"));
    again.written("k", b"w", PutOptions::new().if_version(version));
    assert_eq!(kv.text("k").as_deref(), Some("w"));
}

pub fn a_version_is_not_that_of_another_namespace(kv: &dyn Subject) {
    let other = kv.open("other", "");
    let (here, there) = (kv.put("k", b"v").unwrap(), other.put("k", b"v").unwrap());
    assert_ne!(here, there);
    let outcome = other.put_with("k", b"w", PutOptions::new().if_version(here));
    assert_eq!(outcome, Ok(WriteOutcome::Conflict(Some(there))));
}

pub fn every_operation_of_a_deleted_namespace_answers_so(kv: &dyn Subject) {
    kv.put("k", b"1").unwrap();
    kv.delete_namespace(MAIN);
    let name = || "k".to_owned();
    let put = Operation::Put { key: name(), value: "".into(), expiration: None, metadata: None };
    let check = Check { key: name(), condition: Condition::Absent };
    let results: Vec<(&str, Result<()>)> = vec![
        ("get", kv.get("k").map(drop)),
        ("get-entry", kv.get_entry("k").map(drop)),
        ("get-many", kv.get_many(&["k"]).map(drop)),
        ("head", kv.head("k").map(drop)),
        ("put", kv.put("k", b"v").map(drop)),
        ("put-with", kv.put_with("k", b"v", PutOptions::new()).map(drop)),
        ("delete", kv.delete("k").map(drop)),
        ("delete-if", kv.delete_if("k", Version::from_u64(1)).map(drop)),
        ("expire", kv.expire("k", None).map(drop)),
        ("increment", kv.increment("k", 1, None).map(drop)),
        ("list", kv.list(&ListOptions::default()).map(drop)),
        ("commit", kv.commit(vec![check], vec![put]).map(drop)),
        ("open-reader", kv.open_reader("k").map(drop)),
        ("open-writer", kv.open_writer("k", PutOptions::new()).map(drop)),
    ];
    for (operation, result) in results {
        assert_eq!(result, Err(Error::NoSuchBinding), "{operation}");
    }
}

pub fn a_writer_of_a_deleted_namespace_cannot_finish(kv: &dyn Subject) {
    let mut small = kv.open_writer("small", PutOptions::new()).unwrap();
    small.write(b"v").unwrap();
    kv.delete_namespace(MAIN);
    assert_eq!(small.finish(), Err(Error::NoSuchBinding));
}

pub fn a_namespace_of_the_same_title_begins_empty(kv: &dyn Subject) {
    kv.fill(["k"]);
    kv.delete_namespace(MAIN);
    let anew = kv.open(MAIN, "");
    assert_eq!(anew.names(&ListOptions::default()), [""; 0]);
    anew.fill(["new"]);
    assert_eq!(anew.names(&ListOptions::default()), ["new"]);
    assert_eq!(kv.get("new"), Err(Error::NoSuchBinding));
}

pub fn deleting_one_namespace_leaves_the_others(kv: &dyn Subject) {
    let other = kv.open("other", "");
    other.fill(["k"]);
    kv.fill(["k"]);
    kv.delete_namespace(MAIN);
    assert_eq!(other.text("k").as_deref(), Some("v"));
    let delete = vec![Operation::Delete { key: "k".into() }];
    assert!(matches!(other.commit(vec![], delete), Ok(CommitOutcome::Committed { .. })));
}
