//! Seed 1: notes on Workers KV.

use super::{EPOCH, Served, Test, names, row};
use serde_json::json;

pub const TESTS: &[Test] = &[
    ("the_config_has_one_id_for_three_bindings", the_config_has_one_id_for_three_bindings),
    ("a_session_is_written_read_and_deleted", a_session_is_written_read_and_deleted),
    ("metadata_is_read_with_the_value", metadata_is_read_with_the_value),
    ("a_page_has_a_hundred_keys", a_page_has_a_hundred_keys),
    ("json_bytes_and_streams_come_back", json_bytes_and_streams_come_back),
    ("flags_are_for_all_or_for_some", flags_are_for_all_or_for_some),
    ("a_created_session_is_got_for_a_week", a_created_session_is_got_for_a_week),
];

fn serve() -> Served {
    Served::dev("notes", &[])
}

/// As it is written in the seed, which is wrangler's.
fn the_config_has_one_id_for_three_bindings() {
    let served = serve();
    for binding in ["KV", "SESSIONS", "CACHE"] {
        served.server.says(&[&format!("binding {binding}: namespace KV, ")]);
    }
    served.json("/write?session=session:1&user=ada");
    assert_eq!(served.json("/list")["keys"], 100);
    assert_eq!(served.json("/list")["rest"]["keys"].as_array().unwrap().len(), 6);
}

fn a_session_is_written_read_and_deleted() {
    let served = serve();
    assert_eq!(served.json("/read?session=s1"), json!(null));
    let listed = served.json("/write?session=s1&user=ada");
    assert_eq!(listed["keys"], json!([row("s1", 86400)]));
    assert_eq!(served.json("/read?session=s1"), json!({ "user": "ada" }));
    served.json("/write?session=s2&user=bob");
    assert_eq!(names(&served.json("/delete?session=s1")["keys"]), ["s2"]);
    served.at(86399);
    assert_eq!(served.json("/read?session=s2"), json!({ "user": "bob" }));
    served.at(86400);
    assert_eq!(served.json("/read?session=s2"), json!(null));
}

fn metadata_is_read_with_the_value() {
    let read = serve().json("/metadata?user=u1");
    assert_eq!(read, json!({ "value": "v", "metadata": { "userId": "u1" } }));
}

fn a_page_has_a_hundred_keys() {
    let listed = serve().json("/list");
    assert_eq!((&listed["keys"], &listed["list_complete"]), (&json!(100), &json!(false)));
    let rest = ["session:200", "session:201", "session:202", "session:203", "session:204"];
    assert_eq!(names(&listed["rest"]["keys"]), rest);
    assert_eq!(listed["rest"]["list_complete"], true);
}

fn json_bytes_and_streams_come_back() {
    let served = serve();
    assert_eq!(served.json("/json"), json!({ "before": null, "after": { "a": [1, null] } }));
    assert_eq!(served.json("/bytes"), json!([0, 255, 128]));
    let large = "a piece of it; ".repeat(100_000);
    assert_eq!(served.ask("POST", "/stream", &[], &large).text(), large);
}

fn flags_are_for_all_or_for_some() {
    let served = serve();
    let enabled = |query: &str| served.json(&format!("/enabled?{query}"));
    assert_eq!(enabled("flag=new_dashboard"), true);
    assert_eq!(enabled("flag=beta_users&user=user1"), true);
    assert_eq!(enabled("flag=beta_users&user=user3"), false);
    assert_eq!(enabled("flag=beta_users"), false);
    assert_eq!(enabled("flag=other"), false);
}

fn a_created_session_is_got_for_a_week() {
    let served = serve();
    let ids = [served.json("/login?user=ada"), served.json("/login?user=bob")];
    assert_ne!(ids[0], ids[1]);
    let read = |id: &str| served.json(&format!("/whoami?session={id}"));
    let ada = ids[0].as_str().unwrap();
    assert_eq!(ada.len(), 36, "{ada}");
    let session = json!({ "userId": "ada", "createdAt": EPOCH * 1000 });
    assert_eq!(read(ada), session);
    const WEEK: u64 = 7 * 86400;
    served.at(WEEK - 1);
    assert_eq!(read(ada), session);
    served.at(WEEK);
    assert_eq!(read(ada), json!(null));
}
