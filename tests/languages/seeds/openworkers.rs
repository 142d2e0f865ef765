//! Seed 0: `api = "openworkers"`.

use super::{Served, Test};
use crate::copy::copy_of;
use crate::project::Project;
use serde_json::{Value, json};
use std::fs;

pub const TESTS: &[Test] = &[
    ("values_are_json_and_missing_keys_null", values_are_json_and_missing_keys_null),
    ("a_put_without_an_expiration_removes_it", a_put_without_an_expiration_removes_it),
    ("a_session_lasts_for_as_long_as_it_is_used", a_session_lasts_for_as_long_as_it_is_used),
    (
        "a_component_has_the_same_sessions_without_its_config",
        a_component_has_the_same_sessions_without_its_config,
    ),
    ("flags_have_a_default", flags_have_a_default),
    ("the_rate_limit_resets", the_rate_limit_resets),
    ("a_listing_is_an_array_of_names", a_listing_is_an_array_of_names),
    ("cleaning_up_deletes_what_is_to_go", cleaning_up_deletes_what_is_to_go),
    ("every_type_of_the_table_comes_back", every_type_of_the_table_comes_back),
    ("what_is_not_json_is_refused", what_is_not_json_is_refused),
];

fn serve() -> Served {
    Served::dev("openworkers", &[])
}

/// Calls a method of the binding.
#[track_caller]
fn call(served: &Served, method: &str, args: Value) -> Value {
    let asked = json!({ "method": method, "args": args }).to_string();
    served.ask("POST", "/call", &[], &asked).json()
}

fn values_are_json_and_missing_keys_null() {
    let served = serve();
    assert_eq!(served.get("/user").status, 404);
    assert_eq!(served.json("/get"), json!({ "user": null, "type": "object" }));
    served.server.says(&["Key not found"]);
    let put = json!({
        "counter": 42,
        "greeting": "Hello, World!",
        "session:abc": { "userId": 123 },
        "user:123": { "name": "John", "role": "admin" },
    });
    assert_eq!(served.json("/put"), put);
    assert_eq!(served.json("/user"), put["user:123"]);
    assert_eq!(served.json("/get")["user"], put["user:123"]);
    assert_eq!(served.json("/get-typed"), "admin");

    served.at(3599);
    assert_eq!(call(&served, "has", json!(["session:abc"])), json!({ "ok": true }));
    served.at(3600);
    assert_eq!(call(&served, "has", json!(["session:abc"])), json!({ "ok": false }));
    assert_eq!(call(&served, "get", json!(["session:abc"])), json!({ "ok": null }));
    assert_eq!(call(&served, "has", json!(["counter"])), json!({ "ok": true }));
}

fn a_put_without_an_expiration_removes_it() {
    let served = serve();
    served.json("/put");
    call(&served, "put", json!(["session:abc", 1]));
    served.at(3600);
    assert_eq!(call(&served, "get", json!(["session:abc"])), json!({ "ok": 1 }));
    call(&served, "put", json!(["session:expired", 1]));
    let left = served.json("/delete");
    assert_eq!(left, json!(["counter", "greeting", "session:abc", "user:123"]));
}

fn a_session_lasts_for_as_long_as_it_is_used() {
    assert_sessions(&serve());
}

fn a_component_has_the_same_sessions_without_its_config() {
    let built = copy_of("tests/guests/seeds/openworkers");
    let (code, _, said) = built.larder(["build", "-o", "app.wasm"]).ended();
    assert_eq!(code, Some(0), "{said}");
    let alone = Project::new();
    alone.write("app.wasm", fs::read(built.path("app.wasm")).unwrap());
    let serve = ["serve", "app.wasm", "--in-memory"];
    assert_sessions(&Served::start(alone, &serve, &["--kv", "KV"]));
    assert_sessions(&Served::start(built, &serve, &[]));
}

/// The pattern in the seed has lost a backslash, and so matches an id of `w`s.
fn assert_sessions(served: &Served) {
    let session = |cookie: &str| {
        let answer = served.ask("GET", "/session", &[("Cookie", cookie)], "");
        (answer.status, answer.text().to_owned())
    };
    assert_eq!(served.get("/session").text(), "Unauthorized");
    assert_eq!(session("session=abc"), (401, "Unauthorized".into()));
    assert_eq!(session("session=www"), (401, "Session expired".into()));
    call(served, "put", json!(["session:www", { "user": "ada" }, { "expiresIn": 1800 }]));
    for used in [1799, 3598] {
        served.at(used);
        assert_eq!(session("a=b; session=www"), (200, "OK".into()));
    }
    assert_eq!(call(served, "get", json!(["session:www"])), json!({ "ok": { "user": "ada" } }));
    served.at(3598 + 1800);
    assert_eq!(session("session=www"), (401, "Session expired".into()));
}

fn flags_have_a_default() {
    let served = serve();
    assert_eq!(served.json("/flags"), json!({ "flow": "old" }));
    call(&served, "put", json!(["feature-flags", { "newCheckout": true }]));
    assert_eq!(served.json("/flags"), json!({ "flow": "new" }));
}

fn the_rate_limit_resets() {
    let served = serve();
    let key = "ratelimit:127.0.0.1";
    // The host says who the client is, whatever it says itself.
    let limited = || served.ask("GET", "/limited", &[("CF-Connecting-IP", "1.2.3.4")], "");
    for count in 0..=100 {
        assert_eq!(limited().json(), json!({ "key": key, "count": count }));
    }
    let answer = limited();
    assert_eq!((answer.status, answer.text()), (429, "Too many requests"));
    served.at(59);
    assert_eq!(limited().status, 429);
    served.at(60);
    assert_eq!(limited().json(), json!({ "key": key, "count": 0 }));
}

fn a_listing_is_an_array_of_names() {
    let served = serve();
    for number in 10..25 {
        call(&served, "put", json!([format!("key:{number}"), number]));
    }
    call(&served, "put", json!(["user:1", {}]));
    let listed = served.json("/list");
    assert_eq!(listed["keys"].as_array().unwrap().len(), 16);
    assert_eq!(listed["userKeys"], json!(["user:1"]));
    let first: Vec<_> = (10..20).map(|number| format!("key:{number}")).collect();
    assert_eq!(listed["firstTen"], json!(first));
}

fn cleaning_up_deletes_what_is_to_go() {
    let served = serve();
    for (key, done) in [("session:1", true), ("session:2", false), ("other", true)] {
        call(&served, "put", json!([key, { "done": done }]));
    }
    assert_eq!(served.json("/cleanup"), json!(["other", "session:2"]));
}

fn every_type_of_the_table_comes_back() {
    let served = serve();
    let values = r#"["hello",42,3.14,true,false,null,[1,2,3],{"name":"John","age":30}]"#;
    assert_eq!(served.get("/values").text(), values);
    // A stored null is there, though it reads as if it were not.
    assert_eq!(call(&served, "has", json!(["value:5"])), json!({ "ok": true }));
    assert_eq!(call(&served, "has", json!(["value:8"])), json!({ "ok": false }));
}

fn what_is_not_json_is_refused() {
    let served = serve();
    let refused = [
        ("undefined", "null"),
        ("bytes", "TypeError: Binary data is not supported: values are JSON"),
        ("function", "TypeError: A function is not supported: values are JSON"),
        ("fraction", "TypeError: expiresIn must be a whole number of at least 0, not 1.5"),
        ("surrogate", "TypeError: A key cannot hold a lone surrogate"),
    ];
    let outcomes = served.json("/odd");
    for (name, outcome) in refused {
        let said = outcomes[name].as_str().unwrap_or("null");
        assert_eq!(said, outcome, "{name}");
    }
    let largest = "x".repeat(102_400 - 2);
    assert_eq!(call(&served, "put", json!(["large", largest])), json!({ "ok": null }));
    let over = call(&served, "put", json!(["large", format!("{largest}x")]));
    let message = "Value too large: 102401 bytes (max 102400 bytes)";
    assert_eq!(over["error"]["message"], message);
    let key = call(&served, "put", json!(["k".repeat(513), 1]));
    assert!(key["error"]["message"].as_str().unwrap().contains("512"), "{key}");
    assert_eq!(call(&served, "put", json!(["k".repeat(512), 1])), json!({ "ok": null }));
}
