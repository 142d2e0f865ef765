//! Seed 3: a skill for writing with Workers KV.

use super::{Worker, listed};
use crate::http::Origin;
use serde_json::json;

listed![
    authentication,
    cross_origin_requests,
    patterns,
    caching,
    rate_limiting,
    edge_cases,
    the_quick_reference
];

fn authentication() {
    let mut worker = Worker::start("skill");
    let refused = |message: &str| json!({ "authenticated": false, "message": message });
    let none = worker.get("/");
    assert_eq!((none.status, none.json()), (403, refused("No authentication token provided")));
    let visit = |worker: &Worker, name: &str, value: &str| {
        let answer = worker.send("GET", "/", &[(name, value)], "");
        (answer.status, answer.json())
    };
    let wrong = (403, refused("Invalid or expired token"));
    assert_eq!(visit(&worker, "Authorization", "Bearer guessed"), wrong);

    let token = worker.get("/login").body;
    let data = json!({ "userId": 123, "email": "user@example.com" });
    let message = "Authentication successful";
    let right = (200, json!({ "authenticated": true, "message": message, "data": data }));
    let (bearer, cookie) = (format!("Bearer {token}"), format!("a=b; auth_token={token}; c=d"));
    assert_eq!(visit(&worker, "Authorization", &bearer), right);
    assert_eq!(visit(&worker, "Cookie", &cookie), right);
    worker.advance(86_399);
    assert_eq!(visit(&worker, "Cookie", &cookie), right);
    worker.advance(1);
    assert_eq!(visit(&worker, "Authorization", &bearer), wrong);
}

fn cross_origin_requests() {
    let worker = Worker::start("skill");
    let any = Some("*");
    assert_eq!(worker.get("/").header("access-control-allow-origin"), any);
    let asked = [("Origin", "https://example.com"), ("Access-Control-Request-Method", "PUT")];
    let preflight = worker.send("OPTIONS", "/", &asked, "");
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), any);
    let methods = preflight.header("access-control-allow-methods").unwrap();
    assert!(methods.contains("PUT"), "{methods}");
}

fn patterns() {
    let worker = Worker::start("skill");
    let (hour, day) = (worker.now() + 3600, worker.now() + 86400);
    let keys = json!([
        { "name": "cache:api-response", "expiration": hour }, { "name": "promo:summer", "expiration": day },
    ]);
    assert_eq!(worker.json("/ttl"), keys);
    assert_eq!(worker.json("/names"), json!([{ "name": "user:123" }, { "name": "user:124" }]));
    let read = json!({ "value": { "name": "Ada" }, "lines": [[["premium", "verified"]]] });
    assert_eq!(worker.json("/metadata"), read);
}

fn caching() {
    let origin = Origin::start(r#"{"from":"the API"}"#);
    let (host, url) = (origin.address.to_string(), format!("ORIGIN=http://{}/", origin.address));
    let mut worker = Worker::start_with("skill", &["--allow-outbound", &host, "--var", &url]);
    for (seconds, asked) in [(0, 1), (299, 1), (1, 2)] {
        worker.advance(seconds);
        assert_eq!(worker.json("/cached"), json!({ "from": "the API" }));
        assert_eq!(origin.asked(), asked);
    }
}

fn rate_limiting() {
    let mut worker = Worker::start("skill");
    for _ in 0..100 {
        assert_eq!(worker.json("/limited"), true);
    }
    assert_eq!(worker.json("/limited"), false);
    worker.advance(60);
    assert_eq!(worker.json("/limited"), true);
}

fn edge_cases() {
    let worker = Worker::start("skill");
    let read = json!({ "before": null, "after": { "name": "Ada" }, "lines": [["Key not found"]] });
    assert_eq!(worker.json("/user"), read);
    // Stronger than the document promises: a read sees every write that was answered.
    assert_eq!(worker.json("/consistent"), "1");
    assert_eq!(worker.json("/pages"), 1001);
}

fn the_quick_reference() {
    let worker = Worker::start("skill");
    let answers = json!([
        "Ada",
        { "value": { "a": 1 }, "metadata": 1, "cacheStatus": null },
        null,
        null,
        { "keys": [{ "name": "user:123" }], "list_complete": true, "cacheStatus": null },
    ]);
    assert_eq!(worker.json("/quick"), answers);
    let kinds = json!([
        "[object String]",
        "[object Object]",
        "[object ArrayBuffer]",
        "[object ReadableStream]"
    ]);
    assert_eq!(worker.json("/types"), kinds);

    let worker = Worker::start("skill");
    assert_eq!(worker.json("/sizes?bytes=26214400"), json!([{ "name": "small-file" }]));
    let keys = json!([{ "name": "in the bucket" }, { "name": "small-file" }]);
    assert_eq!(worker.json("/sizes?bytes=26214401"), keys);
}
