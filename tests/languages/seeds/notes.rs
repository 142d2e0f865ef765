//! Seed 1: notes on Workers KV.

use super::{Worker, listed};
use serde_json::json;

listed![the_operations, values_of_every_type, feature_flags, sessions];

fn the_operations() {
    let mut worker = Worker::start("notes");
    let written = worker.json("/write?session=s1&user=ada");
    let key = json!({ "name": "s1", "expiration": worker.now() + 86400 });
    assert_eq!(written["keys"], json!([key]));
    assert_eq!(worker.json("/read?session=s1"), json!({ "user": "ada" }));
    assert_eq!(worker.json("/read?session=s2"), json!(null));
    assert_eq!(
        worker.json("/metadata?user=ada"),
        json!({ "value": "v", "metadata": { "userId": "ada" } })
    );
    assert_eq!(worker.json("/delete?session=of-a-user")["keys"], json!([key]));

    let listed = worker.json("/list");
    assert_eq!((&listed["keys"], &listed["list_complete"]), (&json!(100), &json!(false)));
    let rest = listed["rest"]["keys"].as_array().unwrap();
    assert_eq!((rest.len(), &rest[4]["name"]), (5, &json!("session:204")));
    assert_eq!(listed["rest"]["list_complete"], true);

    worker.advance(86400);
    assert_eq!(worker.json("/read?session=s1"), json!(null));
}

fn values_of_every_type() {
    let worker = Worker::start("notes");
    assert_eq!(worker.json("/json"), json!({ "before": null, "after": { "a": [1, null] } }));
    assert_eq!(worker.json("/bytes"), json!([0, 255, 128]));
    let long = "0123456789".repeat(100_000);
    assert_eq!(worker.post("/stream", &long).body, long);
}

fn feature_flags() {
    let worker = Worker::start("notes");
    let enabled = |query: &str| worker.json(&format!("/enabled?{query}"));
    assert_eq!(enabled("flag=new_dashboard"), true);
    assert_eq!(enabled("flag=beta_users&user=user2"), true);
    assert_eq!(enabled("flag=beta_users&user=user3"), false);
    assert_eq!(enabled("flag=beta_users"), false);
    assert_eq!(enabled("flag=unknown"), false);
}

fn sessions() {
    let mut worker = Worker::start("notes");
    let session = worker.json("/login?user=ada");
    let path = format!("/whoami?session={}", session.as_str().unwrap());
    let created = worker.now() * 1000;
    assert_eq!(worker.json(&path), json!({ "userId": "ada", "createdAt": created }));
    worker.advance(60 * 60 * 24 * 7 - 1);
    assert_eq!(worker.json(&path)["userId"], "ada");
    worker.advance(1);
    assert_eq!(worker.json(&path), json!(null));
}
