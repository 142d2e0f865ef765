//! From one page of a listing to the next. A cursor means "after this key".

use super::list::fill_many;
use crate::subject::assert_invalid;
use crate::{Page, Subject};
use larder_store::{Expiration, ListOptions, Operation, PutOptions};
use std::time::Duration;

fn limited(limit: u32) -> ListOptions {
    ListOptions { limit: Some(limit), ..ListOptions::default() }
}

fn reversed(options: ListOptions) -> ListOptions {
    ListOptions { reverse: true, ..options }
}

fn after(page: &Page) -> ListOptions {
    ListOptions { cursor: Some(page.cursor.clone().unwrap()), ..ListOptions::default() }
}

pub fn pages_follow_one_another_without_gap_or_overlap(kv: &dyn Subject) {
    kv.fill(["a", "b", "c", "d", "e"]);
    assert_eq!(kv.pages(&limited(2)), [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
    assert_eq!(kv.pages(&reversed(limited(2))), [vec!["e", "d"], vec!["c", "b"], vec!["a"]]);
    assert_eq!(kv.pages(&limited(1)).len(), 5);
}

pub fn a_last_page_that_is_full_has_no_cursor(kv: &dyn Subject) {
    kv.fill(["a", "b", "c", "d"]);
    assert_eq!(kv.pages(&limited(2)), [["a", "b"], ["c", "d"]]);
    assert_eq!(kv.pages(&reversed(limited(4))), [["d", "c", "b", "a"]]);
    assert_eq!(kv.list(&limited(4)).unwrap().cursor, None);
}

pub fn a_thousand_keys_fill_one_page(kv: &dyn Subject) {
    fill_many(kv, 1000);
    let page = kv.list(&ListOptions::default()).unwrap();
    assert_eq!((page.keys.len(), page.cursor), (1000, None));
}

pub fn every_key_of_many_is_listed_once_and_in_order(kv: &dyn Subject) {
    fill_many(kv, 2500);
    let names: Vec<String> = kv.pages(&ListOptions::default()).concat();
    let expected: Vec<String> = (0..2500).map(|n| format!("k{n:04}")).collect();
    assert!(names == expected, "{} keys", names.len());
    let mut names: Vec<String> = kv.pages(&reversed(limited(700))).concat();
    names.reverse();
    assert!(names == expected, "{} keys", names.len());
}

pub fn pages_stay_within_prefix_and_bounds(kv: &dyn Subject) {
    kv.fill(["a", "p1", "p2", "p3", "q"]);
    let within = ListOptions { prefix: Some("p".into()), ..limited(2) };
    assert_eq!(kv.pages(&within), [vec!["p1", "p2"], vec!["p3"]]);
    assert_eq!(kv.pages(&reversed(within)), [vec!["p3", "p2"], vec!["p1"]]);
    let between = ListOptions { start: Some("p2".into()), end: Some("q\0".into()), ..limited(2) };
    assert_eq!(kv.pages(&between), [vec!["p2", "p3"], vec!["q"]]);
}

pub fn keys_put_behind_the_cursor_while_paging_are_found(kv: &dyn Subject) {
    kv.fill(["b", "d", "f"]);
    let page = kv.list(&limited(2)).unwrap();
    kv.fill(["a", "c", "d\0", "e", "g"]);
    assert_eq!(kv.names(&after(&page)), ["d\0", "e", "f", "g"]);
}

pub fn in_reverse_the_keys_behind_the_cursor_are_the_lesser_ones(kv: &dyn Subject) {
    kv.fill(["b", "d", "f"]);
    let page = kv.list(&reversed(limited(2))).unwrap();
    kv.fill(["a", "c", "e", "g"]);
    assert_eq!(kv.names(&reversed(after(&page))), ["c", "b", "a"]);
}

pub fn a_cursor_survives_the_deletion_of_its_key(kv: &dyn Subject) {
    kv.fill(["a", "b", "c", "d"]);
    let page = kv.list(&limited(2)).unwrap();
    kv.delete("b").unwrap();
    kv.delete("c").unwrap();
    assert_eq!(kv.names(&after(&page)), ["d"]);
}

pub fn a_cursor_survives_the_expiry_of_its_key(kv: &dyn Subject) {
    kv.fill(["a", "c"]);
    kv.written("b", b"v", PutOptions::new().ttl(Duration::from_millis(5)));
    let page = kv.list(&limited(2)).unwrap();
    kv.wait_ms(5);
    assert_eq!(kv.names(&after(&page)), ["c"]);
}

pub fn a_cursor_at_the_end_of_what_is_left_ends_the_listing(kv: &dyn Subject) {
    kv.fill(["a", "b", "c"]);
    let page = kv.list(&limited(2)).unwrap();
    kv.delete("c").unwrap();
    let page = kv.list(&after(&page)).unwrap();
    assert_eq!((page.keys, page.cursor), (vec![], None));
}

pub fn the_next_page_may_have_another_limit(kv: &dyn Subject) {
    kv.fill(["a", "b", "c", "d", "e"]);
    let first = kv.list(&limited(1)).unwrap();
    let second = kv.list(&ListOptions { limit: Some(3), ..after(&first) }).unwrap();
    assert_eq!(second.names(), ["b", "c", "d"]);
    assert_eq!(kv.names(&after(&second)), ["e"]);
}

pub fn a_cursor_narrows_whatever_bounds_it_comes_with(kv: &dyn Subject) {
    kv.fill(["a1", "a2", "b1", "b2", "c1"]);
    let page = kv.list(&limited(3)).unwrap();
    let with = |prefix: &str| ListOptions { prefix: Some(prefix.into()), ..after(&page) };
    assert_eq!(kv.names(&with("a")), [""; 0]);
    assert_eq!(kv.names(&with("b")), ["b2"]);
    assert_eq!(kv.names(&with("c")), ["c1"]);
    assert_eq!(kv.names(&ListOptions { start: Some("a2".into()), ..after(&page) }), ["b2", "c1"]);
    assert_eq!(kv.names(&ListOptions { start: Some("c".into()), ..after(&page) }), ["c1"]);
    assert_eq!(kv.names(&ListOptions { end: Some("c".into()), ..after(&page) }), ["b2"]);
    assert_eq!(kv.names(&ListOptions { end: Some("b".into()), ..after(&page) }), [""; 0]);
}

pub fn a_cursor_in_reverse_narrows_from_above(kv: &dyn Subject) {
    kv.fill(["a1", "a2", "b1", "b2", "c1"]);
    let page = kv.list(&reversed(limited(2))).unwrap();
    assert_eq!(page.names(), ["c1", "b2"]);
    let on = |options: ListOptions| kv.names(&reversed(options));
    assert_eq!(on(ListOptions { end: Some("c2".into()), ..after(&page) }), ["b1", "a2", "a1"]);
    assert_eq!(on(ListOptions { end: Some("b".into()), ..after(&page) }), ["a2", "a1"]);
    assert_eq!(on(ListOptions { start: Some("a2".into()), ..after(&page) }), ["b1", "a2"]);
    assert_eq!(on(ListOptions { prefix: Some("c".into()), ..after(&page) }), [""; 0]);
}

pub fn an_empty_cursor_is_the_beginning(kv: &dyn Subject) {
    kv.fill(["a", "b"]);
    let options = ListOptions { cursor: Some(String::new()), ..ListOptions::default() };
    assert_eq!(kv.names(&options), ["a", "b"]);
    assert_eq!(kv.names(&reversed(options)), ["b", "a"]);
}

pub fn a_malformed_cursor_is_refused(kv: &dyn Subject) {
    kv.fill(["a", "b"]);
    let cursor = kv.list(&limited(1)).unwrap().cursor.unwrap();
    let (cut, doubled) = (&cursor[..cursor.len() - 1], cursor.repeat(2));
    let long = "A".repeat(100_000);
    for text in ["a", " ", "b", "!!", "AAAA", "YQ==", "\0", "é", cut, &doubled, &long] {
        let options = ListOptions { cursor: Some(text.into()), ..ListOptions::default() };
        assert_invalid(kv.list(&options), &["cursor"]);
        assert_invalid(kv.list(&reversed(options)), &["cursor"]);
    }
}

pub fn a_cursor_of_the_other_direction_is_refused(kv: &dyn Subject) {
    kv.fill(["a", "b", "c"]);
    let forward = kv.list(&limited(1)).unwrap();
    let backward = kv.list(&reversed(limited(1))).unwrap();
    assert_invalid(kv.list(&reversed(after(&forward))), &["direction"]);
    assert_invalid(kv.list(&after(&backward)), &["direction"]);
}

pub fn a_cursor_carries_any_key(kv: &dyn Subject) {
    let longest = "\u{10ffff}".repeat(128);
    let keys = ["\0", "a b", "é", "日本", "\u{1f600}", &longest];
    kv.fill(keys);
    assert_eq!(kv.pages(&limited(1)), keys.map(|key| [key]));
}

pub fn expired_keys_fill_no_page(kv: &dyn Subject) {
    let goes = PutOptions::new().ttl(Duration::from_millis(5));
    for key in ["a", "c", "e", "g"] {
        kv.written(key, b"v", goes.clone());
    }
    kv.fill(["b", "d", "f"]);
    kv.wait_ms(5);
    assert_eq!(kv.pages(&limited(2)), [vec!["b", "d"], vec!["f"]]);
    assert_eq!(kv.pages(&limited(3)), [["b", "d", "f"]]);
}

pub fn a_listing_over_very_many_expired_keys_comes_to_its_end(kv: &dyn Subject) {
    let expiration = Some(Expiration::TtlMs(5));
    for batch in 0..21 {
        let put = |n| {
            let (key, value) = (format!("e{batch:02}{n:03}"), "".into());
            Operation::Put { key, value, expiration, metadata: None }
        };
        kv.committed((0..1000).map(put).collect());
    }
    kv.fill(["a", "z"]);
    kv.wait_ms(5);
    assert_eq!(kv.pages(&ListOptions::default()).concat(), ["a", "z"]);
    assert_eq!(kv.pages(&reversed(ListOptions::default())).concat(), ["z", "a"]);
}
