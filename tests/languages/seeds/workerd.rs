//! Seed 2: the binding as workerd has it.

use super::{EPOCH, Served, Test, names, row};
use crate::http::{Answer, Origin, send};
use serde_json::{Value, json};

pub const TESTS: &[Test] = &[
    ("a_value_is_read_in_each_type", a_value_is_read_in_each_type),
    ("bytes_and_streams_are_answered_as_they_are", bytes_and_streams_are_answered_as_they_are),
    ("values_of_each_type_are_written", values_of_each_type_are_written),
    ("options_set_expiration_and_metadata", options_set_expiration_and_metadata),
    ("keys_are_listed_page_by_page", keys_are_listed_page_by_page),
    ("a_foreign_cursor_begins_where_it_says", a_foreign_cursor_begins_where_it_says),
    ("a_key_is_deleted", a_key_is_deleted),
    ("many_keys_are_read_at_once", many_keys_are_read_at_once),
    ("a_config_is_stored", a_config_is_stored),
    ("preferences_are_of_each_user", preferences_are_of_each_user),
    ("what_is_fetched_is_cached_for_an_hour", what_is_fetched_is_cached_for_an_hour),
    ("a_feature_is_toggled", a_feature_is_toggled),
    ("best_practices_hold", best_practices_hold),
];

fn serve() -> Served {
    Served::dev("workerd", &[])
}

/// Puts a value, with metadata, for a page to read.
#[track_caller]
fn given(served: &Served, binding: &str, key: &str, value: &[u8], metadata: Value) {
    let metadata = metadata.to_string().replace(' ', "%20").replace('"', "%22");
    let path = format!("/given?binding={binding}&key={key}&metadata={metadata}");
    assert_eq!(send(("POST", &served.server.url(&path)), &[], value).text(), "given");
}

fn a_value_is_read_in_each_type() {
    let served = serve();
    for page in ["/text", "/json", "/array-buffer", "/stream"] {
        let answer = served.get(page);
        assert_eq!((answer.status, answer.text()), (404, "Not found"), "{page}");
    }
    assert_eq!(served.get("/access").text(), "");
    given(&served, "MY_KV", "key", "wört".as_bytes(), Value::Null);
    for page in ["/access", "/text", "/options"] {
        assert_eq!(served.get(page).text(), "wört", "{page}");
    }
    let user = json!({ "name": "Alice", "email": "a@b.example" });
    given(&served, "MY_KV", "user:123", user.to_string().as_bytes(), Value::Null);
    assert_eq!(served.json("/json"), user);
    served.server.says(&["Alice a@b.example"]);
}

fn bytes_and_streams_are_answered_as_they_are() {
    let served = serve();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    given(&served, "MY_KV", "image", &bytes, Value::Null);
    given(&served, "MY_KV", "large-file", &bytes, Value::Null);
    let image = served.get("/array-buffer");
    assert_eq!(image.header("content-type"), Some("image/png"));
    assert!(image.body == bytes, "{} bytes", image.body.len());
    let file = served.get("/stream");
    assert!(file.body == bytes, "{} bytes", file.body.len());
}

fn values_of_each_type_are_written() {
    let served = serve();
    assert_eq!(served.json("/put"), json!([1, 2, 3, 4]));
    assert_eq!(served.get("/text").text(), "value");
    assert_eq!(served.json("/json"), json!({ "name": "Alice", "email": "[email protected]" }));
}

fn options_set_expiration_and_metadata() {
    let served = serve();
    let mut session = row("session:abc", 3600);
    session["metadata"] = json!({ "userId": "123", "created": EPOCH * 1000 });
    let listed = served.json("/put-with-options");
    assert_eq!(listed["keys"], json!([row("key", 3600), session]));

    let read = served.json("/metadata");
    let metadata = json!({ "lastModified": EPOCH * 1000, "version": 2 });
    let whole = json!({ "value": "of the user", "metadata": metadata, "cacheStatus": null });
    assert_eq!(read, whole);
    served.server.says(&["Value: of the user"]);
    served.server.says(&["Cache status: null"]);
}

fn keys_are_listed_page_by_page() {
    let served = serve();
    for number in 10..35 {
        given(&served, "MY_KV", &format!("user:{number}"), b"", json!(number));
    }
    given(&served, "MY_KV", "other", b"", Value::Null);
    assert_eq!(served.json("/list"), json!({ "all": 26, "users": 25, "complete": true }));
    // The condition of the seed's loop is of the listing before it, which was complete.
    served.server.says(&["user:19 19"]);
    let log = served.server.log();
    let listed: Vec<_> = log.iter().filter(|line| line.starts_with("user:")).collect();
    assert_eq!(listed.len(), 10, "{listed:#?}");
}

/// Workers refuses no cursor: what is none of its own still decodes to a key, here one that begins
/// with `i`, after which the listing begins.
fn a_foreign_cursor_begins_where_it_says() {
    let served = serve();
    given(&served, "MY_KV", "user:1", b"", Value::Null);
    let listed =
        json!({ "keys": [{ "name": "user:1" }], "list_complete": true, "cacheStatus": null });
    assert_eq!(served.json("/list-options"), listed);
}

fn a_key_is_deleted() {
    let served = serve();
    given(&served, "MY_KV", "key", b"value", Value::Null);
    assert_eq!(served.get("/text").text(), "value");
    assert_eq!(served.get("/delete").text(), "");
    assert_eq!(served.get("/text").status, 404);
    assert_eq!(served.get("/delete").status, 200);
}

fn many_keys_are_read_at_once() {
    let served = serve();
    given(&served, "MY_KV", "key1", b"[1]", json!("of key1"));
    given(&served, "MY_KV", "key3", b"3", Value::Null);
    let bulk = served.json("/bulk");
    assert_eq!(bulk, json!([true, ["key1", [1]], ["key2", null], ["key3", 3]]));
    served.server.says(&["key2: null"]);
    served.server.says(&["key3: 3"]);
    // Of a missing key there would be null here, by which the seed's block fails, as with Workers.
    given(&served, "MY_KV", "key2", b"null", Value::Null);
    let bulk = served.json("/bulk-with-metadata");
    let entry = |value: Value, metadata: Value| json!({ "value": value, "metadata": metadata });
    let entries = json!([
        true,
        ["key1", entry(json!([1]), json!("of key1"))],
        ["key2", entry(Value::Null, Value::Null)],
        ["key3", entry(json!(3), Value::Null)],
    ]);
    assert_eq!(bulk, entries);
    served.server.says(&["key1: [1] of key1"]);
}

fn a_config_is_stored() {
    let config = serve().json("/config");
    let after =
        json!({ "apiKey": "secret", "endpoint": "https://api.example.com", "timeout": 5000 });
    assert_eq!(config, json!({ "before": null, "after": after }));
}

fn preferences_are_of_each_user() {
    let served = serve();
    let prefs = |method: &str, user: &str| {
        served.ask(method, &format!("/preferences?user={user}"), &[], "").json()
    };
    assert_eq!(prefs("GET", "1"), json!({ "prefs": { "theme": "light" }, "listed": [] }));
    let saved = prefs("POST", "1");
    let dark = json!({ "theme": "dark", "language": "en", "notifications": true });
    assert_eq!(saved["prefs"], dark);
    let row = json!([{ "name": "user:1:prefs", "metadata": { "updated": EPOCH * 1000 } }]);
    assert_eq!(saved["listed"], row);
    assert_eq!(prefs("GET", "2")["prefs"], json!({ "theme": "light" }));
    assert_eq!(prefs("GET", "1")["prefs"], dark);
}

/// The worker stands before the server whose name is in `Host`, and fetches from it.
fn what_is_fetched_is_cached_for_an_hour() {
    let origin = Origin::start("of the origin");
    let host = origin.addr.to_string();
    let served = Served::dev("workerd", &["--allow-outbound", &host]);
    let ask = |path: &str| -> Answer { served.ask("GET", path, &[("Host", &host)], "") };
    for _ in 0..2 {
        assert_eq!(ask("/page?a=1").text(), "of the origin");
    }
    assert_eq!(origin.asked(), ["GET /page?a=1 HTTP/1.1"]);
    assert_eq!(ask("/other").text(), "of the origin");
    assert_eq!(origin.asked().len(), 2, "another URL is another entry");
    served.at(3599);
    ask("/page?a=1");
    assert_eq!(origin.asked().len(), 2);
    served.at(3600);
    ask("/page?a=1");
    assert_eq!(origin.asked().len(), 3, "it is fetched again when it has expired");
}

fn a_feature_is_toggled() {
    let served = serve();
    assert_eq!(served.get("/flags").text(), "old");
    assert_eq!(served.get("/flags?set=enable").text(), "new");
    assert_eq!(served.get("/flags").text(), "new");
    assert_eq!(served.get("/flags?set=disable").text(), "old");
}

fn best_practices_hold() {
    let served = serve();
    let prefixes = served.json("/prefixes");
    assert_eq!(prefixes["user"], json!(["user:123:prefs", "user:123:profile"]));
    let all = ["config:app", "user123profile", "user:123:prefs", "user:123:profile"];
    assert_eq!(prefixes["all"], json!(all));

    assert_eq!(served.get("/exists").text(), "the default");
    given(&served, "KV", "key", b"", Value::Null);
    assert_eq!(served.get("/exists").text(), "", "an empty value is one");

    let listed = served.json("/small-metadata");
    assert_eq!(names(&listed["keys"]), ["data"]);
    let metadata = json!({ "version": 1, "created": EPOCH * 1000, "author": "system" });
    assert_eq!(listed["keys"][0]["metadata"], metadata);
    assert_eq!(served.get("/session-data").text(), "of the session");
}
