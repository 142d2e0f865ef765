//! `seed`: what a namespace begins with.

use crate::project::Project;
use crate::server::{Server, eventually};
use larder_test_guests::component;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const SEED: &str = r#"[{"key":"a","value":"seeded"},{"key":"b","value":"AAE=","base64":true}]"#;

fn project() -> Project {
    let project = Project::new();
    let probe = component("tests/guests/http");
    let binding = "[[kv_namespaces]]\nbinding = \"KV\"\nseed = \"seeds/kv.json\"\n";
    project.write("app/larder.toml", format!("component = {probe:?}\n{binding}"));
    project.write("app/seeds/kv.json", SEED);
    project
}

#[test]
fn a_namespace_begins_with_its_seed_and_keeps_what_becomes_of_it() {
    let project = project();
    let server = Server::start(&project, ["-C", "app", "serve"]);
    server.says(&["binding KV: 2 keys of its seed"]);
    server.says(&["binding KV: namespace KV, 2 keys, just created"]);
    assert_eq!(server.get("/get/a").body, "seeded");
    assert_eq!(server.get("/put/a").body, "put");
    server.kill();
    let server = Server::start(&project, ["-C", "app", "serve"]);
    assert_eq!(server.get("/get/a").body, "value");
}

#[test]
fn a_store_in_memory_always_begins_with_the_seed() {
    let project = project();
    for _ in 0..2 {
        let server = Server::start(&project, ["-C", "app", "serve", "--in-memory"]);
        assert_eq!(server.get("/get/a").body, "seeded");
        assert_eq!(server.get("/put/a").body, "put");
    }
}

#[test]
fn a_command_that_creates_the_namespace_seeds_it_too() {
    let project = project();
    project.larder(["-C", "app", "key", "put", "c", "1", "--binding", "KV"]).succeeds();
    let list = project.larder(["-C", "app", "key", "list", "--binding", "KV"]);
    assert_eq!(list.succeeds(), "a\nb\nc\n");
}

#[test]
fn a_bad_seed_leaves_no_namespace() {
    let project = project();
    project.write("app/seeds/kv.json", r#"[{"key":"a","value":"1"},{"key":"","value":"2"}]"#);
    let probe = component("tests/guests/http");
    let serve = ["-C", "app", "serve", probe.to_str().unwrap(), "--addr", "127.0.0.1:0"];
    let said = project.larder(serve).fails(1);
    assert!(
        said.contains("the seed app/seeds/kv.json") || said.contains("the seed seeds/kv.json"),
        "{said}"
    );
    assert!(said.contains("item 1: a key cannot be empty"), "{said}");
    let put = project.larder(["-C", "app", "key", "put", "c", "1", "--binding", "KV"]).fails(1);
    assert!(put.contains("item 1: a key cannot be empty"), "{put}");
    assert_eq!(project.larder(["-C", "app", "namespace", "list"]).succeeds(), "");
    project.write("app/seeds/kv.json", SEED);
    let server = Server::start(&project, ["-C", "app", "serve"]);
    assert_eq!(server.get("/get/a").body, "seeded");
}

#[test]
#[cfg(unix)]
fn a_seed_that_is_broken_off_leaves_no_namespace() {
    let project = project();
    let record = |number| format!("{{\"key\":\"{number}\",\"value\":\"1\"}}\n");
    project.write("app/seeds/kv.json", (0..200_000).map(record).collect::<String>());
    let mut command = project.command(["-C", "app", "serve", "--addr", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let store = || larder_store::Larder::open(project.path("app/.larder"));
    eventually(
        || project.path("app/.larder/data.redb").exists().then_some(()),
        || "no store".into(),
    );
    thread::sleep(Duration::from_millis(700));
    let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success());
    child.wait().unwrap();
    let larder = store().unwrap().blocking();
    assert_eq!(larder.namespaces().unwrap(), []);
    larder.close().unwrap();
}
