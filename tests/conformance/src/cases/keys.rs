//! What may be a key, and that keys are told apart byte by byte.

use crate::subject::assert_invalid;
use crate::{Error, Limited, Result, Subject};
use larder_store::{Check, Condition, ListOptions, Operation, PutOptions, Version};

/// What every operation that takes a key says to this one.
fn every_operation(kv: &dyn Subject, key: &str) -> Vec<(&'static str, Result<()>)> {
    let name = || key.to_owned();
    let version = Version::from_u64(1);
    let other = Operation::Delete { key: "other".into() };
    let check = Check { key: name(), condition: Condition::Absent };
    let put = Operation::Put { key: name(), value: "".into(), expiration: None, metadata: None };
    let increment = Operation::Increment { key: name(), delta: 1, expiration: None };
    let expire = Operation::Expire { key: name(), expiration: None };
    vec![
        ("get", kv.get(key).map(drop)),
        ("get-entry", kv.get_entry(key).map(drop)),
        ("get-many", kv.get_many(&["other", key]).map(drop)),
        ("head", kv.head(key).map(drop)),
        ("put", kv.put(key, b"v").map(drop)),
        ("put-with", kv.put_with(key, b"v", PutOptions::new()).map(drop)),
        ("delete", kv.delete(key).map(drop)),
        ("delete-if", kv.delete_if(key, version).map(drop)),
        ("expire", kv.expire(key, None).map(drop)),
        ("increment", kv.increment(key, 1, None).map(drop)),
        ("commit with a check", kv.commit(vec![check], vec![other]).map(drop)),
        ("commit with a put", kv.commit(vec![], vec![put]).map(drop)),
        (
            "commit with a delete",
            kv.commit(vec![], vec![Operation::Delete { key: name() }]).map(drop),
        ),
        ("commit with an increment", kv.commit(vec![], vec![increment]).map(drop)),
        ("commit with an expire", kv.commit(vec![], vec![expire]).map(drop)),
        ("open-reader", kv.open_reader(key).map(drop)),
        ("open-writer", kv.open_writer(key, PutOptions::new()).map(drop)),
    ]
}

fn is_refused_by_every_operation(kv: &dyn Subject, key: &str) {
    for (operation, result) in every_operation(kv, key) {
        assert!(matches!(result, Err(Error::InvalidArgument(_))), "{operation}: {result:?}");
    }
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
}

fn round_trips(kv: &dyn Subject, key: &str) {
    kv.put(key, key.as_bytes()).unwrap();
    assert_eq!(kv.text(key).as_deref(), Some(key));
    assert_eq!(kv.head(key).unwrap().unwrap().name, key);
    assert!(kv.names(&ListOptions::prefix(key)).iter().any(|name| name == key));
}

pub fn an_empty_key_is_refused_by_every_operation(kv: &dyn Subject) {
    is_refused_by_every_operation(kv, "");
    assert_invalid(kv.get(""), &["empty"]);
}

pub fn a_dot_is_refused_by_every_operation(kv: &dyn Subject) {
    is_refused_by_every_operation(kv, ".");
    assert_invalid(kv.get("."), &["\".\""]);
}

pub fn two_dots_are_refused_by_every_operation(kv: &dyn Subject) {
    is_refused_by_every_operation(kv, "..");
    assert_invalid(kv.get(".."), &["\"..\""]);
}

pub fn three_dots_and_dots_in_a_path_are_keys(kv: &dyn Subject) {
    for key in ["...", "./a", "a/../b", ". ", ".a", "/.."] {
        round_trips(kv, key);
    }
}

pub fn a_key_of_512_bytes_is_taken_by_every_operation(kv: &dyn Subject) {
    for (operation, result) in every_operation(kv, &"k".repeat(512)) {
        assert_eq!(result, Ok(()), "{operation}");
    }
}

pub fn a_key_of_513_bytes_is_refused_by_every_operation(kv: &dyn Subject) {
    let too_large = Error::TooLarge { of: Limited::Key, bytes: 513, bytes_max: 512 };
    for (operation, result) in every_operation(kv, &"k".repeat(513)) {
        assert_eq!(result, Err(too_large.clone()), "{operation}");
    }
}

pub fn the_length_of_a_key_counts_bytes_and_not_characters(kv: &dyn Subject) {
    round_trips(kv, &"\u{1f600}".repeat(128));
    round_trips(kv, &"é".repeat(256));
    let too_large = Error::TooLarge { of: Limited::Key, bytes: 514, bytes_max: 512 };
    assert_eq!(kv.put(&"é".repeat(257), b""), Err(too_large));
    let too_large = Error::TooLarge { of: Limited::Key, bytes: 513, bytes_max: 512 };
    assert_eq!(kv.put(&format!("{}a", "\u{1f600}".repeat(128)), b""), Err(too_large));
}

pub fn control_characters_are_part_of_a_key(kv: &dyn Subject) {
    for key in ["\0", "\n", "a\r\nb", "\u{1}\u{7f}", "\t", "\u{feff}bom", "\u{85}"] {
        round_trips(kv, key);
    }
}

pub fn a_nul_does_not_end_a_key(kv: &dyn Subject) {
    kv.put("a", b"short").unwrap();
    kv.put("a\0b", b"long").unwrap();
    assert_eq!(kv.text("a").as_deref(), Some("short"));
    assert_eq!(kv.text("a\0b").as_deref(), Some("long"));
    assert_eq!(kv.get("a\0"), Ok(None));
}

pub fn composed_and_decomposed_text_are_two_keys(kv: &dyn Subject) {
    kv.put("\u{e9}", b"composed").unwrap();
    kv.put("e\u{301}", b"decomposed").unwrap();
    assert_eq!(kv.text("\u{e9}").as_deref(), Some("composed"));
    assert_eq!(kv.text("e\u{301}").as_deref(), Some("decomposed"));
}

pub fn keys_are_case_sensitive(kv: &dyn Subject) {
    kv.put("Key", b"upper").unwrap();
    assert_eq!(kv.get("key"), Ok(None));
    kv.put("key", b"lower").unwrap();
    assert_eq!(kv.text("Key").as_deref(), Some("upper"));
}

pub fn what_is_special_elsewhere_is_not_in_a_key(kv: &dyn Subject) {
    for key in ["a/b", "/", "a b", "100%", "%2F", "a?b=c&d#e", "a+b", "\"quoted\"", "back\\slash"] {
        round_trips(kv, key);
    }
    for key in ["__proto__", "10", "007", "null", "ключ", "鍵", "\u{1f511}\u{fe0f}", "\u{10ffff}"]
    {
        round_trips(kv, key);
    }
}

pub fn a_space_around_a_key_is_part_of_it(kv: &dyn Subject) {
    kv.put(" a ", b"spaced").unwrap();
    assert_eq!(kv.get("a"), Ok(None));
    assert_eq!(kv.text(" a ").as_deref(), Some("spaced"));
}
