//! Seed 2: the documentation of Workers KV in workerd.

use super::{Worker, listed};
use crate::http::Origin;
use serde_json::{Value, json};

listed![
    reading,
    writing,
    listing,
    bulk_reads,
    configuration_and_preferences,
    a_page_is_cached,
    feature_flags,
    best_practices,
];

#[track_caller]
fn seed(worker: &Worker, binding: &str, key: &str, value: &str) {
    worker.post(&format!("/seed?binding={binding}&key={key}"), value);
}

fn reading() {
    let worker = Worker::start("workerd");
    for path in ["/text", "/json", "/image", "/stream"] {
        let answer = worker.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (404, "Not found"), "{path}");
    }
    assert_eq!(worker.get("/value").body, "");
    assert_eq!(worker.get("/options").body, "");

    seed(&worker, "MY_KV", "key", "value");
    for path in ["/text", "/value", "/options"] {
        assert_eq!(worker.get(path).body, "value", "{path}");
    }
    seed(&worker, "MY_KV", "user:123", r#"{"name":"Alice","email":"alice@example.com"}"#);
    assert_eq!(worker.json("/json")["name"], "Alice");
    worker.says(&["Alice alice@example.com"]);
    seed(&worker, "MY_KV", "image", "\u{1}\u{2}");
    let image = worker.get("/image");
    assert_eq!(
        (image.header("content-type"), image.body.as_str()),
        (Some("image/png"), "\u{1}\u{2}")
    );
    let large = "0123456789".repeat(300_000);
    seed(&worker, "MY_KV", "large-file", &large);
    assert_eq!(worker.get("/stream").body, large);
}

fn writing() {
    let mut worker = Worker::start("workerd");
    assert_eq!(worker.json("/put-text"), json!([{ "name": "key", "value": "value" }]));
    assert_eq!(worker.json("/delete"), json!([]));
    assert_eq!(
        worker.json("/put-json")[0]["value"],
        r#"{"name":"Alice","email":"[email protected]"}"#
    );
    assert_eq!(worker.json("/put-binary"), json!([1, 2, 3, 4]));

    let (hour, now_ms) = (worker.now() + 3600, worker.now() * 1000);
    let put = worker.json("/put-options");
    let put: Vec<&Value> =
        put.as_array().unwrap().iter().filter(|key| key["expiration"] == hour).collect();
    let metadata = json!({ "userId": "123", "created": now_ms });
    let session =
        json!({ "name": "session:abc", "value": "data", "expiration": hour, "metadata": metadata });
    assert_eq!(put, [&json!({ "name": "key", "value": "value", "expiration": hour }), &session]);
    worker.advance(3600);
    assert_eq!(worker.get("/text").status, 404);

    let metadata = json!({ "lastModified": worker.now() * 1000, "version": 2 });
    let read = json!({ "value": "data", "metadata": metadata, "cacheStatus": null });
    assert_eq!(worker.json("/metadata"), read);
    worker.says(&["Value: data"]);
    worker.says(&["Metadata:", "version: 2"]);
    worker.says(&["Cache status: null"]);
}

fn listing() {
    let worker = Worker::start("workerd");
    for number in 10..31 {
        seed(&worker, "MY_KV", &format!("user:{number}"), "v");
    }
    seed(&worker, "MY_KV", "other", "v");
    let listed = worker.json("/list");
    assert_eq!(listed["result"]["keys"].as_array().unwrap().len(), 22);
    assert_eq!(listed["users"]["keys"].as_array().unwrap().len(), 21);
    // The `result` of the loop's condition is the outer one, so that the block ends with one page.
    worker.says(&["user:19 undefined"]);
    assert!(!worker.log().contains("user:20 undefined"));

    // The cursor of the document is none of ours; it stands before every user.
    let listed = worker.json("/list-options");
    assert_eq!(listed["keys"].as_array().unwrap().len(), 21);
    assert_eq!(listed["list_complete"], true);
}

fn bulk_reads() {
    let worker = Worker::start("workerd");
    let metadata = "&metadata=%7B%22a%22%3A1%7D";
    worker.post(&format!("/seed?binding=MY_KV&key=key1{metadata}"), r#"{"n":1}"#);
    seed(&worker, "MY_KV", "key2", "2");
    let read = json!([["key1:", { "n": 1 }], ["key2:", 2], ["key3:", null]]);
    assert_eq!(worker.json("/bulk"), read);

    // The block reads of every key: a missing one is null, as in the reference.
    seed(&worker, "MY_KV", "key3", "3");
    let read = json!([["key1:", { "n": 1 }, { "a": 1 }], ["key2:", 2, null], ["key3:", 3, null]]);
    assert_eq!(worker.json("/bulk-metadata"), read);
}

fn configuration_and_preferences() {
    let worker = Worker::start("workerd");
    let config =
        json!({ "apiKey": "secret", "endpoint": "https://api.example.com", "timeout": 5000 });
    assert_eq!(worker.json("/config"), config);

    assert_eq!(worker.json("/load-preferences?user=7"), json!({ "theme": "light" }));
    let updated = json!({ "updated": worker.now() * 1000 });
    assert_eq!(
        worker.json("/save-preferences?user=7"),
        json!([{ "name": "user:7:prefs", "metadata": updated }])
    );
    let saved = json!({ "theme": "dark", "language": "en", "notifications": true });
    assert_eq!(worker.json("/load-preferences?user=7"), saved);
}

fn a_page_is_cached() {
    let origin = Origin::start(r#"{"page":1}"#);
    let address = origin.address.to_string();
    let mut worker = Worker::start_with("workerd", &["--allow-outbound", &address]);
    // The block fetches the very request, so the request names the origin.
    let page = |worker: &Worker| worker.send("GET", "/page", &[("Host", &address)], "").body;
    for _ in 0..2 {
        assert_eq!(page(&worker), r#"{"page":1}"#);
        assert_eq!(origin.asked(), 1);
    }
    worker.advance(3600);
    assert_eq!(page(&worker), r#"{"page":1}"#);
    assert_eq!(origin.asked(), 2);
}

fn feature_flags() {
    let worker = Worker::start("workerd");
    assert_eq!(worker.json("/new-ui"), false);
    worker.get("/switch-new-ui?to=on");
    assert_eq!(worker.json("/new-ui"), true);
    worker.get("/switch-new-ui?to=off");
    assert_eq!(worker.json("/new-ui"), false);
}

fn best_practices() {
    let worker = Worker::start("workerd");
    let users = json!([{ "name": "user:123:prefs" }, { "name": "user:123:profile" }]);
    assert_eq!(worker.json("/prefixes"), users);
    let hour = worker.now() + 3600;
    assert_eq!(worker.json("/temporary"), json!([{ "name": "session:1", "expiration": hour }]));
    assert_eq!(worker.get("/checked").body, "the default");
    seed(&worker, "KV", "key", "value");
    assert_eq!(worker.get("/checked").body, "value");
    let metadata = json!({ "version": 1, "created": worker.now() * 1000, "author": "system" });
    assert_eq!(worker.json("/small-metadata"), json!([{ "name": "data", "metadata": metadata }]));
}
