//! A grant of the keys under a prefix: the prefix is neither seen nor left.

use super::limits::value_of;
use crate::subject::{MAIN, finished};
use crate::{Error, Limited, Subject};
use larder_store::{Check, CommitOutcome, Condition, ListOptions, Operation, PutOptions};

pub fn keys_and_listings_are_relative_to_the_prefix(kv: &dyn Subject) {
    let scope = kv.open(MAIN, "plugin-7/");
    scope.fill(["b", "a"]);
    assert_eq!(scope.names(&ListOptions::default()), ["a", "b"]);
    assert_eq!(scope.head("a").unwrap().unwrap().name, "a");
    assert_eq!(scope.open_reader("a").unwrap().unwrap().info().name, "a");
    assert_eq!(kv.names(&ListOptions::default()), ["plugin-7/a", "plugin-7/b"]);
}

pub fn every_operation_stays_within_the_prefix(kv: &dyn Subject) {
    kv.put("k", b"outside").unwrap();
    let before = kv.entry("k");
    let scope = kv.open(MAIN, "p/");
    assert_eq!(scope.get("k"), Ok(None));
    assert_eq!(scope.get_many(&["k"]), Ok(vec![None]));
    assert_eq!(scope.delete("k"), Ok(false));
    assert_eq!(scope.expire("k", None), Ok(None));
    scope.written("k", b"inside", PutOptions::new().if_absent());
    scope.increment("n", 1, None).unwrap();
    let check = Check { key: "c".into(), condition: Condition::Absent };
    let put =
        Operation::Put { key: "c".into(), value: "".into(), expiration: None, metadata: None };
    let outcome = scope.commit(vec![check], vec![put]).unwrap();
    assert!(matches!(outcome, CommitOutcome::Committed { .. }));
    let mut writer = scope.open_writer("w", PutOptions::new()).unwrap();
    writer.write(b"v").unwrap();
    finished(writer);
    assert_eq!(kv.names(&ListOptions::default()), ["k", "p/c", "p/k", "p/n", "p/w"]);
    assert_eq!(kv.entry("k"), before);
}

pub fn listings_do_not_leave_the_prefix(kv: &dyn Subject) {
    kv.fill(["a", "p", "p.", "p/m", "p0", "z"]);
    let scope = kv.open(MAIN, "p/");
    let everything = [
        ListOptions::default(),
        ListOptions { start: Some("".into()), ..ListOptions::default() },
        ListOptions { end: Some("\u{10ffff}".into()), ..ListOptions::default() },
        ListOptions { reverse: true, ..ListOptions::default() },
        ListOptions { start: Some("\0".into()), reverse: true, ..ListOptions::default() },
    ];
    for options in everything {
        assert_eq!(scope.names(&options), ["m"]);
    }
}

pub fn dots_do_not_climb_out_of_the_prefix(kv: &dyn Subject) {
    kv.put("secret", b"outside").unwrap();
    let scope = kv.open(MAIN, "p/");
    assert_eq!(scope.get("../secret"), Ok(None));
    scope.put("../secret", b"inside").unwrap();
    assert_eq!(kv.text("secret").as_deref(), Some("outside"));
    assert!(matches!(scope.get(".."), Err(Error::InvalidArgument(_))));
}

pub fn cursors_are_relative_to_the_prefix(kv: &dyn Subject) {
    let scope = kv.open(MAIN, "p/");
    scope.fill(["a", "b", "c"]);
    let options = ListOptions { limit: Some(2), ..ListOptions::default() };
    assert_eq!(scope.pages(&options), [vec!["a", "b"], vec!["c"]]);
    let cursor = scope.list(&options).unwrap().cursor;
    kv.fill(["a", "b", "c"]);
    let outside = kv.list(&options).unwrap().cursor;
    assert_eq!(cursor, outside);
}

pub fn a_cursor_of_another_scope_does_not_lead_out(kv: &dyn Subject) {
    kv.fill(["a", "b", "p/x", "z"]);
    let outside = kv.list(&ListOptions { limit: Some(1), ..ListOptions::default() }).unwrap();
    let scope = kv.open(MAIN, "p/");
    let options = ListOptions { cursor: outside.cursor, ..ListOptions::default() };
    assert_eq!(scope.names(&options), ["x"]);
}

pub fn two_prefixes_do_not_see_each_other(kv: &dyn Subject) {
    let (one, other) = (kv.open(MAIN, "plugin-1"), kv.open(MAIN, "plugin-10"));
    one.put("k", b"one").unwrap();
    other.put("k", b"other").unwrap();
    assert_eq!(one.text("k").as_deref(), Some("one"));
    assert_eq!(other.names(&ListOptions::default()), ["k"]);
}

pub fn a_prefix_takes_nothing_from_the_length_of_a_key(kv: &dyn Subject) {
    let scope = kv.open(MAIN, &"p".repeat(128));
    let longest = "k".repeat(512);
    scope.put(&longest, b"v").unwrap();
    assert_eq!(scope.names(&ListOptions::prefix(&longest)), [longest.as_str()]);
    let too_large = Error::TooLarge { of: Limited::Key, bytes: 513, bytes_max: 512 };
    assert_eq!(scope.put(&"k".repeat(513), b"v"), Err(too_large));
    let options = ListOptions { limit: Some(1), ..ListOptions::default() };
    scope.put(&"l".repeat(512), b"v").unwrap();
    assert_eq!(scope.pages(&options).len(), 2);
}

pub fn a_prefix_takes_nothing_from_the_size_of_a_commit(kv: &dyn Subject) {
    let scope = kv.open(MAIN, &"p".repeat(128));
    let put = |key: &str, bytes| Operation::Put {
        key: key.into(),
        value: value_of(bytes).into(),
        expiration: None,
        metadata: None,
    };
    let outcome = scope.commit(vec![], vec![put("a", 13_107_199), put("b", 13_107_199)]);
    assert!(matches!(outcome, Ok(CommitOutcome::Committed { .. })), "{outcome:?}");
    let too_large =
        Error::TooLarge { of: Limited::Batch, bytes: 26_214_401, bytes_max: 26_214_400 };
    let outcome = scope.commit(vec![], vec![put("a", 13_107_199), put("b", 13_107_200)]);
    assert_eq!(outcome, Err(too_large));
}
