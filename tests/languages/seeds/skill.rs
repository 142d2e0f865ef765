//! Seed 3: an agent's notes on Workers KV, but for its application, which is in `app`.

use super::{EPOCH, Served, Test, names, row};
use crate::http::Origin;
use serde_json::{Value, json};

pub const TESTS: &[Test] = &[
    ("the_quick_reference_does_what_it_says", the_quick_reference_does_what_it_says),
    ("a_value_is_read_in_each_type", a_value_is_read_in_each_type),
    ("a_token_is_stored_for_a_day", a_token_is_stored_for_a_day),
    ("keys_expire_after_a_time_or_at_one", keys_expire_after_a_time_or_at_one),
    ("prefixes_group_keys", prefixes_group_keys),
    ("metadata_lies_beside_the_value", metadata_lies_beside_the_value),
    ("what_an_api_says_is_cached_for_five_minutes", what_an_api_says_is_cached_for_five_minutes),
    ("requests_are_limited_to_a_hundred", requests_are_limited_to_a_hundred),
    ("a_missing_key_is_null", a_missing_key_is_null),
    ("a_write_is_read_at_once", a_write_is_read_at_once),
    ("the_largest_value_is_stored", the_largest_value_is_stored),
    ("pages_are_followed_to_the_end", pages_are_followed_to_the_end),
    ("an_experiment_keeps_its_variant", an_experiment_keeps_its_variant),
];

fn serve() -> Served {
    Served::dev("skill", &[])
}

/// Puts keys for a page to read.
#[track_caller]
fn given(served: &Served, keys: Value) {
    assert_eq!(served.ask("POST", "/given", &[], &keys.to_string()).text(), "given");
}

fn the_quick_reference_does_what_it_says() {
    let served = serve();
    given(&served, json!({ "keys": { "user:123": "ada", "key": "{}" } }));
    let read = json!({ "value": {}, "metadata": null, "cacheStatus": null });
    let listed =
        json!({ "keys": [{ "name": "user:123" }], "list_complete": true, "cacheStatus": null });
    assert_eq!(served.json("/quick-reference"), json!(["ada", read, null, null, listed]));
    assert_eq!(served.json("/quick-reference")[1]["value"], Value::Null, "it was deleted");
}

fn a_value_is_read_in_each_type() {
    let served = serve();
    assert_eq!(served.json("/value-types"), json!([null, null, null, null]));
    let keys = json!({ "key": "text", "user:123": "[1]", "image": "\u{1}ÿ", "large-file": "long" });
    given(&served, json!({ "keys": keys }));
    let values = json!(["text", [1], { "bytes": [1, 195, 191] }, { "stream": "long" }]);
    assert_eq!(served.json("/value-types"), values);
}

fn a_token_is_stored_for_a_day() {
    let served = serve();
    let login = served.json("/login");
    let token = login["token"].as_str().unwrap();
    assert_eq!(login["keys"], json!([row(token, 86400)]));
    assert_ne!(served.json("/login")["token"], token);
}

fn keys_expire_after_a_time_or_at_one() {
    let keys = serve().json("/ttl");
    assert_eq!(keys, json!([row("cache:api-response", 3600), row("promo:summer", 86400)]));
}

fn prefixes_group_keys() {
    let served = serve();
    let keys = json!({ "user:123": "", "user:4": "", "session:abc123": "", "users": "" });
    given(&served, json!({ "keys": keys }));
    assert_eq!(names(&served.json("/naming")), ["user:123", "user:4"]);
}

fn metadata_lies_beside_the_value() {
    let served = serve();
    let metadata =
        json!({ "created": EPOCH * 1000, "version": "v1", "tags": ["premium", "verified"] });
    let read = json!({ "value": { "name": "Ada" }, "metadata": metadata });
    assert_eq!(served.json("/metadata"), read);
    served.server.says(&["premium", "verified"]);
}

fn what_an_api_says_is_cached_for_five_minutes() {
    let origin = Origin::start(r#"{"of":"the API"}"#);
    let host = origin.addr.to_string();
    let served = Served::dev("skill", &["--allow-outbound", &host]);
    let cached = || served.json(&format!("/cached?key=k&api=http://{host}/data"));
    for (seconds, fetches) in [(0, 1), (0, 1), (299, 1), (300, 2)] {
        served.at(seconds);
        assert_eq!(cached(), json!({ "of": "the API" }));
        assert_eq!(origin.asked(), vec!["GET /data HTTP/1.1"; fetches], "after {seconds} s");
    }
}

fn requests_are_limited_to_a_hundred() {
    let served = serve();
    for _ in 0..100 {
        let allowed = json!({ "allowed": true, "keys": [row("rate:127.0.0.1", 60)] });
        assert_eq!(served.json("/limited"), allowed);
    }
    assert_eq!(served.json("/limited")["allowed"], false);
    served.at(60);
    assert_eq!(served.json("/limited")["allowed"], true);
}

fn a_missing_key_is_null() {
    let served = serve();
    let nothing = json!({ "value": null, "userData": null, "user": null });
    assert_eq!(served.json("/not-found"), nothing);
    served.server.says(&["Key not found"]);
    given(&served, json!({ "keys": { "key": "v", "user:123": "{\"a\":1}" } }));
    let found = json!({ "value": "v", "userData": "{\"a\":1}", "user": { "a": 1 } });
    assert_eq!(served.json("/not-found"), found);
}

/// There is no cache between, in which another value could be.
fn a_write_is_read_at_once() {
    assert_eq!(serve().json("/consistency"), "1");
}

fn the_largest_value_is_stored() {
    const MAX: u32 = 25 << 20;
    let stored = json!([[["large-file", MAX + 1]], null, [], MAX]);
    assert_eq!(serve().json("/sizes"), stored);
}

fn pages_are_followed_to_the_end() {
    let served = serve();
    given(&served, json!({ "prefix": "user:", "count": 2001 }));
    given(&served, json!({ "keys": { "other": "" } }));
    let keys: Vec<_> = (0..2001).map(|number| format!("user:{number:05}")).collect();
    assert_eq!(served.json("/pagination"), json!(keys));
}

fn an_experiment_keeps_its_variant() {
    let served = serve();
    let variant = |visitor: u32| {
        served.get(&format!("/ab?experiment=checkout&visitor={visitor}")).text().to_owned()
    };
    let drawn: Vec<_> = (0..40).map(variant).collect();
    for wanted in ["a", "b"] {
        // One in a million million that a fair draw misses it.
        assert!(drawn.iter().any(|drawn| drawn == wanted), "{drawn:?}");
    }
    assert_eq!((0..40).map(variant).collect::<Vec<_>>(), drawn);
}
