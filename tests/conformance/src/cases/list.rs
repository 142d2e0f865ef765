//! Listing: which keys, in which order.

use crate::subject::assert_invalid;
use crate::{Error, KeyInfo, Limited, START_SECONDS, Subject};
use larder_store::{ListOptions, Operation, PutOptions};
use std::time::Duration;

/// Puts the keys `k0000` and so on.
pub(super) fn fill_many(kv: &dyn Subject, count: usize) {
    let keys: Vec<String> = (0..count).map(|n| format!("k{n:04}")).collect();
    for keys in keys.chunks(1000) {
        let put = |key: &String| Operation::Put {
            key: key.clone(),
            value: "v".into(),
            expiration: None,
            metadata: None,
        };
        kv.committed(keys.iter().map(put).collect());
    }
}

fn range(start: Option<&str>, end: Option<&str>) -> ListOptions {
    let (start, end) = (start.map(str::to_owned), end.map(str::to_owned));
    ListOptions { start, end, ..ListOptions::default() }
}

fn reversed(options: ListOptions) -> ListOptions {
    ListOptions { reverse: true, ..options }
}

pub fn an_empty_namespace_lists_nothing(kv: &dyn Subject) {
    let page = kv.list(&ListOptions::default()).unwrap();
    assert_eq!((page.keys, page.cursor), (vec![], None));
}

pub fn keys_come_in_order_whatever_order_they_were_put_in(kv: &dyn Subject) {
    kv.fill(["b", "c", "a", "ab", "B", "10", "9"]);
    assert_eq!(kv.names(&ListOptions::default()), ["10", "9", "B", "a", "ab", "b", "c"]);
}

pub fn the_order_is_that_of_utf_8_bytes(kv: &dyn Subject) {
    // In UTF-16, U+1F600 would come before U+FFFD.
    let ordered =
        ["\0", "!", ",", "a", "a\0", "a!", "z", "é", "\u{fffd}", "\u{1f600}", "\u{10ffff}"];
    kv.fill(ordered.into_iter().rev());
    assert_eq!(kv.names(&ListOptions::default()), ordered);
}

pub fn reverse_is_the_exact_reverse(kv: &dyn Subject) {
    kv.fill(["a", "a\0", "aa", "b", "\u{fffd}", "\u{1f600}"]);
    let mut names = kv.names(&ListOptions::default());
    names.reverse();
    assert_eq!(kv.names(&reversed(ListOptions::default())), names);
}

pub fn a_listing_has_everything_but_the_values(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("[1]");
    let version = kv.written("a", b"value", options);
    let plain = kv.put("b", b"").unwrap();
    let keys = vec![
        KeyInfo {
            name: "a".into(),
            expiration: Some(START_SECONDS + 11),
            metadata: Some("[1]".into()),
            version,
            size: 5,
        },
        KeyInfo { name: "b".into(), expiration: None, metadata: None, version: plain, size: 0 },
    ];
    assert_eq!(kv.list(&ListOptions::default()).unwrap().keys, keys);
}

pub fn a_prefix_takes_the_keys_that_begin_with_it(kv: &dyn Subject) {
    kv.fill(["session", "session:", "session:1", "session:2", "session;", "sessions", "Session:3"]);
    assert_eq!(kv.names(&ListOptions::prefix("session:")), ["session:", "session:1", "session:2"]);
    assert_eq!(kv.names(&ListOptions::prefix("")).len(), 7);
    assert_eq!(kv.names(&ListOptions::prefix("missing")), [""; 0]);
}

pub fn a_prefix_is_literal(kv: &dyn Subject) {
    kv.fill(["a%b", "a_b", "a\\b", "a*b", "axb", "a.b", "a[b"]);
    for prefix in ["a%", "a_", "a\\", "a*", "a.", "a["] {
        assert_eq!(kv.names(&ListOptions::prefix(prefix)), [format!("{prefix}b")]);
    }
}

pub fn a_prefix_may_end_within_any_text(kv: &dyn Subject) {
    kv.fill(["é", "éa", "ê", "日本", "日本語", "e\u{301}"]);
    assert_eq!(kv.names(&ListOptions::prefix("é")), ["é", "éa"]);
    assert_eq!(kv.names(&ListOptions::prefix("日本")), ["日本", "日本語"]);
    assert_eq!(kv.names(&ListOptions::prefix("e")), ["e\u{301}"]);
}

pub fn a_prefix_may_end_in_the_last_character(kv: &dyn Subject) {
    kv.fill([
        "\u{10fffe}",
        "\u{10ffff}",
        "\u{10ffff}\u{10ffff}",
        "\u{10ffff}a",
        "a\u{10ffff}b",
        "b",
    ]);
    let last = ["\u{10ffff}", "\u{10ffff}a", "\u{10ffff}\u{10ffff}"];
    assert_eq!(kv.names(&ListOptions::prefix("\u{10ffff}")), last);
    assert_eq!(kv.names(&ListOptions::prefix("a\u{10ffff}")), ["a\u{10ffff}b"]);
}

pub fn a_prefix_that_is_no_key_is_a_prefix(kv: &dyn Subject) {
    kv.fill([".a", "..a", "a"]);
    assert_eq!(kv.names(&ListOptions::prefix(".")), ["..a", ".a"]);
    assert_eq!(kv.names(&ListOptions::prefix("..")), ["..a"]);
}

pub fn a_start_is_included_and_an_end_is_not(kv: &dyn Subject) {
    kv.fill(["a", "b", "b\0", "c", "d"]);
    assert_eq!(kv.names(&range(Some("b"), Some("d"))), ["b", "b\0", "c"]);
    assert_eq!(kv.names(&range(Some("b\0"), None)), ["b\0", "c", "d"]);
    assert_eq!(kv.names(&range(None, Some("b"))), ["a"]);
    assert_eq!(kv.names(&reversed(range(Some("b"), Some("d")))), ["c", "b\0", "b"]);
}

pub fn bounds_need_not_be_keys(kv: &dyn Subject) {
    kv.fill(["a", "m", "z"]);
    assert_eq!(kv.names(&range(Some(""), Some("n"))), ["a", "m"]);
    assert_eq!(kv.names(&range(Some("."), Some("zz"))), ["a", "m", "z"]);
    assert_eq!(kv.names(&range(Some(".."), None)).len(), 3);
    assert_eq!(kv.names(&range(Some("b"), None)), ["m", "z"]);
    assert_eq!(kv.names(&range(None, Some(""))), [""; 0]);
}

pub fn bounds_that_meet_or_cross_hold_nothing(kv: &dyn Subject) {
    kv.fill(["a", "b", "c"]);
    for options in [range(Some("b"), Some("b")), range(Some("c"), Some("a"))] {
        for options in [options.clone(), reversed(options)] {
            let page = kv.list(&options).unwrap();
            assert_eq!((page.keys, page.cursor), (vec![], None));
        }
    }
}

pub fn all_bounds_hold_together(kv: &dyn Subject) {
    kv.fill(["a", "p", "p1", "p2", "p3", "q"]);
    let options = |start, end| ListOptions { prefix: Some("p".into()), ..range(start, end) };
    assert_eq!(kv.names(&options(Some("p2"), None)), ["p2", "p3"]);
    assert_eq!(kv.names(&options(None, Some("p2"))), ["p", "p1"]);
    assert_eq!(kv.names(&options(Some("a"), Some("z"))), ["p", "p1", "p2", "p3"]);
    assert_eq!(kv.names(&options(Some("p1"), Some("p3"))), ["p1", "p2"]);
    assert_eq!(kv.names(&reversed(options(Some("p1"), Some("p3")))), ["p2", "p1"]);
    assert_eq!(kv.names(&options(Some("q"), None)), [""; 0]);
}

pub fn a_prefix_or_bound_of_512_bytes_is_taken(kv: &dyn Subject) {
    let longest = "k".repeat(512);
    kv.fill([longest.as_str()]);
    assert_eq!(kv.names(&ListOptions::prefix(&longest)), [longest.as_str()]);
    assert_eq!(kv.names(&range(Some(&longest), None)), [longest.as_str()]);
    assert_eq!(kv.names(&range(None, Some(&longest))), [""; 0]);
}

pub fn a_prefix_or_bound_of_513_bytes_is_refused(kv: &dyn Subject) {
    let text = "k".repeat(513);
    let too_large = Error::TooLarge { of: Limited::Key, bytes: 513, bytes_max: 512 };
    for options in [ListOptions::prefix(&text), range(Some(&text), None), range(None, Some(&text))]
    {
        assert_eq!(kv.list(&options), Err(too_large.clone()));
    }
}

pub fn a_limit_of_zero_is_refused(kv: &dyn Subject) {
    let options = ListOptions { limit: Some(0), ..ListOptions::default() };
    assert_invalid(kv.list(&options), &["0", "1000"]);
}

pub fn a_limit_above_1000_is_refused(kv: &dyn Subject) {
    for limit in [1001, u32::MAX] {
        let options = ListOptions { limit: Some(limit), ..ListOptions::default() };
        assert_invalid(kv.list(&options), &[&limit.to_string(), "1000"]);
    }
}

pub fn the_greatest_limit_is_1000_and_the_default(kv: &dyn Subject) {
    fill_many(kv, 1001);
    for limit in [None, Some(1000)] {
        let page = kv.list(&ListOptions { limit, ..ListOptions::default() }).unwrap();
        assert_eq!(page.keys.len(), 1000);
        assert!(page.cursor.is_some());
    }
}

pub fn a_listing_omits_expired_keys(kv: &dyn Subject) {
    kv.fill(["a", "c"]);
    kv.written("b", b"v", PutOptions::new().ttl(Duration::from_millis(5)));
    kv.wait_ms(4);
    assert_eq!(kv.names(&ListOptions::default()), ["a", "b", "c"]);
    kv.wait_ms(1);
    assert_eq!(kv.names(&ListOptions::default()), ["a", "c"]);
    assert_eq!(kv.names(&reversed(ListOptions::default())), ["c", "a"]);
}

pub fn a_refused_listing_says_so_although_the_namespace_is_empty(kv: &dyn Subject) {
    let crossed = ListOptions { limit: Some(0), ..range(Some("b"), Some("a")) };
    assert_invalid(kv.list(&crossed), &["0"]);
}
