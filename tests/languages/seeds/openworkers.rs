//! Seed 0: the JSON-native flavour of OpenWorkers.

use super::{Worker, listed};
use serde_json::{Value, json};

listed![
    values_are_read_as_they_were_put,
    keys_are_deleted_listed_and_cleaned_up,
    a_session_lives_on_with_each_use,
    flags_and_a_rate_limit,
    what_is_not_a_value_is_refused,
    a_listing_has_no_end_but_its_limit,
];

/// A call of the binding: its result or its error.
#[track_caller]
fn call(worker: &Worker, method: &str, args: Value) -> Value {
    worker.post("/call", &json!({ "method": method, "args": args }).to_string()).json()
}

fn values_are_read_as_they_were_put() {
    let mut worker = Worker::start("openworkers");
    assert_eq!(worker.get("/user").status, 404);
    assert_eq!(worker.json("/get"), json!({ "user": null, "type": "object" }));
    worker.says(&["Key not found"]);

    let put = json!({
        "user:123": { "name": "John", "role": "admin" }, "greeting": "Hello, World!",
        "counter": 42, "session:abc": { "userId": 123 },
    });
    assert_eq!(worker.json("/put"), put);
    assert_eq!(worker.json("/user"), put["user:123"]);
    assert_eq!(worker.json("/get"), json!({ "user": put["user:123"], "type": "object" }));
    assert_eq!(worker.json("/get-typed"), "admin");

    worker.advance(3599);
    assert_eq!(call(&worker, "has", json!(["session:abc"])), json!({ "ok": true }));
    worker.advance(1);
    assert_eq!(call(&worker, "has", json!(["session:abc"])), json!({ "ok": false }));
    assert_eq!(call(&worker, "get", json!(["session:abc"])), json!({ "ok": null }));
}

fn keys_are_deleted_listed_and_cleaned_up() {
    let worker = Worker::start("openworkers");
    let sessions = [("a", true), ("b", false), ("expired", false)];
    for (name, done) in sessions {
        call(&worker, "put", json!([format!("session:{name}"), { "done": done }]));
    }
    assert_eq!(worker.json("/delete"), json!(["session:a", "session:b"]));
    assert_eq!(worker.json("/cleanup"), json!(["session:b"]));

    for number in 0..12 {
        call(&worker, "put", json!([format!("user:{number:02}"), number]));
    }
    let listed = worker.json("/list");
    assert_eq!(listed["keys"].as_array().unwrap().len(), 13);
    assert_eq!(listed["userKeys"].as_array().unwrap().len(), 12);
    assert_eq!(listed["userKeys"][11], "user:11");
    assert_eq!(listed["firstTen"].as_array().unwrap().len(), 10);
}

fn a_session_lives_on_with_each_use() {
    let mut worker = Worker::start("openworkers");
    let visit = |worker: &Worker, cookie: &str| {
        let answer = worker.send("GET", "/session", &[("Cookie", cookie)], "");
        (answer.status, answer.body)
    };
    let refused = |reason: &str| (401, reason.to_owned());
    assert_eq!(visit(&worker, "other=1"), refused("Unauthorized"));
    // The document has lost the backslash of `\w`: its sessions are made of this one letter.
    assert_eq!(visit(&worker, "session=www"), refused("Session expired"));
    call(&worker, "put", json!(["session:www", { "userId": 123 }, { "expiresIn": 1800 }]));
    for _ in 0..3 {
        worker.advance(1799);
        assert_eq!(visit(&worker, "session=www"), (200, "OK".to_owned()));
    }
    worker.advance(1800);
    assert_eq!(visit(&worker, "session=www"), refused("Session expired"));
}

fn flags_and_a_rate_limit() {
    let mut worker = Worker::start("openworkers");
    assert_eq!(worker.json("/flags"), json!({ "flow": "old" }));
    call(&worker, "put", json!(["feature-flags", { "newCheckout": true }]));
    assert_eq!(worker.json("/flags"), json!({ "flow": "new" }));

    for count in 0..=100 {
        let counted = json!({ "key": "ratelimit:127.0.0.1", "count": count });
        assert_eq!(worker.json("/limited"), counted);
    }
    assert_eq!(worker.get("/limited").status, 429);
    worker.advance(60);
    assert_eq!(worker.json("/limited")["count"], 0);
}

fn what_is_not_a_value_is_refused() {
    let worker = Worker::start("openworkers");
    let kept = [json!("hello"), json!(-2.5), json!(false), json!([1, 2, 3]), json!({ "a": null })];
    for value in kept {
        call(&worker, "put", json!(["k", value]));
        assert_eq!(call(&worker, "get", json!(["k"])), json!({ "ok": value }));
    }
    call(&worker, "put", json!(["null", null]));
    for (key, there) in [("null", true), ("missing", false)] {
        assert_eq!(call(&worker, "get", json!([key])), json!({ "ok": null }));
        assert_eq!(call(&worker, "has", json!([key])), json!({ "ok": there }));
    }

    let refused =
        |name: &str, message: &str| json!({ "error": { "name": name, "message": message } });
    // With its two quotes, one byte more than fits.
    let long = call(&worker, "put", json!(["long", "x".repeat(102_399)]));
    assert_eq!(long, refused("Error", "Value too large: 102401 bytes (max 102400 bytes)"));
    let fits = call(&worker, "put", json!(["long", "x".repeat(102_398)]));
    assert_eq!(fits, json!({ "ok": null }));
    let negative = call(&worker, "put", json!(["k", 1, { "expiresIn": -1 }]));
    assert_eq!(
        negative,
        refused("TypeError", "expiresIn must be a whole number of at least 0, not -1")
    );
    let message = "KV put failed: UTF-8 encoded length of 513 exceeds key length limit of 512.";
    assert_eq!(call(&worker, "put", json!(["x".repeat(513), 1])), refused("Error", message));
    assert_eq!(
        call(&worker, "get", json!([""])),
        refused("Error", "KV get failed: a key cannot be empty")
    );

    assert_eq!(
        worker.json("/odd"),
        json!({
            "undefined": null,
            "bytes": "TypeError: Binary data is not supported: values are JSON",
            "function": "TypeError: A function is not supported: values are JSON",
            "fraction": "TypeError: expiresIn must be a whole number of at least 0, not 1.5",
            "surrogate": "TypeError: A key cannot hold a lone surrogate",
            "undefinedLimit": ["odd"],
        })
    );
    assert_eq!(call(&worker, "get", json!(["odd"])), json!({ "ok": null }));
}

fn a_listing_has_no_end_but_its_limit() {
    let mut worker = Worker::start("openworkers");
    worker.get("/fill");
    let count = |options: Value| {
        let listed = call(&worker, "list", json!([options]));
        listed["ok"].as_array().map(Vec::len)
    };
    assert_eq!(count(json!(null)), Some(1000));
    assert_eq!(count(json!({ "limit": 0 })), Some(1000));
    assert_eq!(count(json!({ "limit": 1100 })), Some(1100));
    assert_eq!(count(json!({ "limit": 5000 })), Some(1201));
    // No pattern: an underscore is itself.
    assert_eq!(count(json!({ "prefix": "fill_" })), Some(0));

    // A put without a time removes the old one.
    call(&worker, "put", json!(["k", 1, { "expiresIn": 60 }]));
    call(&worker, "put", json!(["k", 2]));
    call(&worker, "put", json!(["l", 1, { "expiresIn": 0 }]));
    worker.advance(60);
    assert_eq!(call(&worker, "get", json!(["k"])), json!({ "ok": 2 }));
    assert_eq!(call(&worker, "get", json!(["l"])), json!({ "ok": 1 }));
}
