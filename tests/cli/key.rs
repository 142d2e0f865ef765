//! `larder key`.

use crate::project::Project;
use std::fs;

const IN: [&str; 2] = ["--namespace", "n"];

fn project() -> Project {
    Project::with_namespace("n")
}

fn put(project: &Project, key: &str, value: &str) {
    project.larder(["key", "put", key, value, "--namespace", "n"]).succeeds();
}

/// Arguments in the namespace of these tests.
macro_rules! key {
    ($($argument:expr),* $(,)?) => {
        ["key", $($argument,)* IN[0], IN[1]]
    };
}

#[test]
fn a_value_comes_out_as_it_went_in_without_a_newline() {
    let project = project();
    let bytes: Vec<u8> = (0..=255).cycle().take(1_500_000).collect();
    project.larder_reading(&bytes, key!["put", "a", "-"]).succeeds();
    assert_eq!(project.larder(key!["get", "a"]).succeeds_with_bytes(), bytes);
    put(&project, "a", "short");
    assert_eq!(project.larder(key!["get", "a"]).succeeds(), "short");
    put(&project, "a", "");
    assert_eq!(project.larder(key!["get", "a"]).succeeds(), "");
}

#[test]
fn a_value_may_come_from_a_file() {
    let project = project();
    project.write("value", b"\xff\x00file\n");
    project.larder(key!["put", "a", "--path", "value"]).succeeds();
    assert_eq!(project.larder(key!["get", "a"]).succeeds_with_bytes(), b"\xff\x00file\n");
    let said = project.larder(key!["put", "a", "--path", "missing"]).fails(1);
    assert!(said.contains("cannot read missing"), "{said}");
}

#[test]
fn a_missing_key_is_exit_code_1_for_whoever_needs_it() {
    let project = project();
    for arguments in [
        key!["get", "a"].as_slice(),
        &key!["get", "a", "--json"],
        &key!["head", "a"],
        &key!["delete", "a"],
        &key!["expire", "a", "--ttl", "5"],
    ] {
        let said = project.larder(arguments.iter().copied()).fails(1);
        assert_eq!(said, "error: no key `a` in `n`\n");
    }
}

#[test]
fn usage_that_makes_no_sense_is_exit_code_2() {
    let project = project();
    project.larder(["key", "get", "a"]).fails(2);
    project.larder(key!["put", "a"]).fails(2);
    project.larder(key!["put", "a", "b", "--path", "c"]).fails(2);
    project.larder(key!["put", "a", "b", "--ttl", "5", "--expiration", "6"]).fails(2);
    project.larder(key!["put", "a", "b", "--ttl", "soon"]).fails(2);
    project.larder(key!["expire", "a"]).fails(2);
    project.larder(key!["delete"]).fails(2);
    project.larder(key!["get", "a", "--binding", "B"]).fails(2);
}

#[test]
fn a_key_expires_when_it_was_told_to() {
    let project = project();
    project.write("clock", "1000000");
    let put = |key: &str, flag: &str, when: &str| {
        project.larder(key!["put", key, "v", flag, when, "--clock", "clock"])
    };
    put("seconds", "--ttl", "60").succeeds();
    put("duration", "--ttl", "1m 500ms").succeeds();
    put("point", "--expiration", "1060").succeeds();
    let expiration = |key: &str| {
        let json = project.larder(key!["head", key, "--json", "--clock", "clock"]).succeeds();
        json.split("\"expiration\":")
            .nth(1)
            .map(|rest| rest.split(['}', ',']).next().unwrap().to_owned())
    };
    assert_eq!(expiration("seconds").as_deref(), Some("1060"));
    assert_eq!(expiration("duration").as_deref(), Some("1061"));
    assert_eq!(expiration("point").as_deref(), Some("1060"));

    project.write("clock", "1060000");
    let list = || project.larder(key!["list", "--clock", "clock"]).succeeds();
    assert_eq!(list(), "duration\n");
    project.larder(key!["expire", "duration", "--never", "--clock", "clock"]).succeeds();
    project.write("clock", "9999999999");
    assert_eq!(list(), "duration\n");
    assert_eq!(expiration("duration"), None);
    project.larder(key!["expire", "duration", "--ttl", "1ms", "--clock", "clock"]).succeeds();
    project.write("clock", "10000000000");
    assert_eq!(list(), "");
}

#[test]
fn an_expiration_that_has_passed_and_a_ttl_of_0_are_refused_with_the_rule() {
    let project = project();
    let said = project.larder(key!["put", "a", "v", "--expiration", "1000"]).fails(1);
    assert!(said.contains("the expiration 1000000 ms is not after now"), "{said}");
    let said = project.larder(key!["put", "a", "v", "--ttl", "0"]).fails(1);
    assert!(said.contains("a ttl of 0 is not allowed; the least is 1"), "{said}");
}

#[test]
fn head_and_get_tell_everything_as_json() {
    let project = project();
    project
        .larder(key!["put", "a\"b", "v\n", "--metadata", "{\"z\": 1.50, \"a\": [ ]}"])
        .succeeds();
    let json = project.larder(key!["head", "a\"b", "--json"]).succeeds();
    assert!(json.starts_with("{\"name\":\"a\\\"b\",\"size\":2,\"version\":\""), "{json}");
    assert!(json.ends_with("\"metadata\":{\"z\": 1.50, \"a\": [ ]}}\n"), "{json}");
    let json = project.larder(key!["get", "a\"b", "--json"]).succeeds();
    assert!(json.ends_with(",\"value\":\"v\\n\"}\n"), "{json}");
    project.larder_reading(b"\xff", key!["put", "binary", "-"]).succeeds();
    let json = project.larder(key!["get", "binary", "--json"]).succeeds();
    assert!(json.ends_with(",\"value_base64\":\"/w==\"}\n"), "{json}");
}

#[test]
fn head_tells_everything_to_people() {
    let project = project();
    project.write("clock", "1700000000000");
    let arguments = key![
        "put",
        "a",
        "value",
        "--ttl",
        "90",
        "--metadata",
        "{\"by\":\"me\"}",
        "--clock",
        "clock"
    ];
    project.larder(arguments).succeeds();
    let text = project.larder(key!["head", "a", "--clock", "clock"]).succeeds();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..2], ["key         a", "size        5 bytes"]);
    assert_eq!(
        lines[3..],
        ["expiration  2023-11-14T22:14:50Z (in 1m 30s)", "metadata    {\"by\":\"me\"}"]
    );
}

#[test]
fn a_listing_follows_its_cursors_to_the_end() {
    let project = project();
    project.larder(["namespace", "create", "many"]).succeeds();
    let larder = larder_store::Larder::open(project.path(".larder")).unwrap();
    let many = larder.blocking().namespace("many").unwrap().unwrap().blocking();
    for thousand in 0..3 {
        let put = |n| larder_store::Operation::Put {
            key: format!("key-{:04}", thousand * 1000 + n),
            value: bytes::Bytes::new(),
            expiration: None,
            metadata: None,
        };
        let _ = many.commit(Vec::new(), (0..1000).map(put).collect()).unwrap();
    }
    larder.blocking().close().unwrap();
    drop((larder, many));

    let listed = project.larder(["key", "list", "--namespace", "many"]).succeeds();
    let expected: String = (0..3000).map(|n| format!("key-{n:04}\n")).collect();
    assert_eq!(listed, expected);
    let json = project.larder(["key", "list", "--json", "--namespace", "many"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3000);
    assert_eq!(json[2999]["name"], "key-2999");

    let deleting = ["key", "delete", "--prefix", "key-2", "--namespace", "many"];
    let said = project.larder(deleting).fails(1);
    assert_eq!(
        said,
        "error: 1000 keys of `many` with the prefix `key-2`: to delete them, say --yes\n"
    );
    let done = project.larder(deleting.into_iter().chain(["--yes"])).succeeds();
    assert_eq!(done, "deleted 1000 keys\n");
    let listed = project.larder(["key", "list", "--namespace", "many"]).succeeds();
    assert_eq!(listed.lines().count(), 2000);
}

#[test]
fn a_listing_has_the_keys_with_the_prefix_in_byte_order() {
    let project = project();
    for key in ["b", "a/2", "a/10", "ä", "a\nb"] {
        put(&project, key, "");
    }
    assert_eq!(project.larder(key!["list"]).succeeds(), "a\\nb\na/10\na/2\nb\nä\n");
    assert_eq!(project.larder(key!["list", "--prefix", "a/"]).succeeds(), "a/10\na/2\n");
    assert_eq!(project.larder(key!["list", "--prefix", "c"]).succeeds(), "");
    assert_eq!(project.larder(key!["list", "--prefix", "c", "--json"]).succeeds(), "[]\n");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let project = project();
    project.larder_reading(&vec![b'x'; 5_000_000], key!["put", "a", "-"]).succeeds();
    let mut command = project.command(key!["get", "a"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn a_missing_namespace_is_answered_with_those_that_there_are() {
    let project = Project::with_namespace("sessions");
    project.larder(["namespace", "create", "flags"]).succeeds();
    for arguments in [
        ["key", "get", "a", "--namespace", "sesions"].as_slice(),
        &["key", "put", "a", "b", "--namespace", "sesions"],
        &["key", "list", "--namespace", "sesions"],
    ] {
        let said = project.larder(arguments.iter().copied()).fails(1);
        assert_eq!(said, "error: no namespace `sesions`; there are: flags, sessions\n");
    }
}

#[test]
fn reading_creates_nothing() {
    let project = Project::new();
    for arguments in [
        key!["get", "a"].as_slice(),
        &key!["head", "a"],
        &key!["list"],
        &key!["delete", "a"],
        &key!["put", "a", "b"],
        &["namespace", "list"],
        &["check"],
        &["compact"],
    ] {
        let said = project.larder(arguments.iter().copied()).fails(1);
        assert!(said.starts_with("error: there is no store in .larder"), "{said}");
        assert_eq!(project.files().len(), 0);
    }
}

#[test]
fn every_limit_is_told_with_the_value() {
    let project = project();
    let said = |arguments: &[&str]| project.larder(arguments.iter().copied()).fails(1);
    let long = "k".repeat(513);
    for arguments in [
        key!["put", &long, "v"].as_slice(),
        &key!["get", &long],
        &key!["head", &long],
        &key!["delete", &long],
        &key!["list", "--prefix", &long],
    ] {
        assert_eq!(said(arguments), "error: the key has 513 bytes; at most 512 are allowed\n");
    }
    assert_eq!(said(&key!["put", "", "v"]), "error: a key cannot be empty\n");
    assert_eq!(said(&key!["put", "..", "v"]), "error: \"..\" is not allowed as a key\n");
    let metadata = format!("\"{}\"", "m".repeat(1023));
    assert_eq!(
        said(&key!["put", "a", "v", "--metadata", &metadata]),
        "error: the metadata has 1025 bytes; at most 1024 are allowed\n"
    );
    let not_json = said(&key!["put", "a", "v", "--metadata", "{"]);
    assert!(not_json.starts_with("error: the metadata is not JSON: "), "{not_json}");

    project.larder_reading(&vec![0; 26_214_400], key!["put", "a", "-"]).succeeds();
    let said = project.larder_reading(&vec![0; 26_214_401], key!["put", "a", "-"]).fails(1);
    assert!(said.contains("at most 26214400 are allowed"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_value_without_end_fails_at_the_limit() {
    let project = project();
    let said = project.larder(key!["put", "a", "--path", "/dev/zero"]).fails(1);
    assert!(said.contains("at most 26214400 are allowed"), "{said}");
    project.larder(key!["get", "a"]).fails(1);
}

#[test]
fn a_binding_shows_the_keys_as_the_component_sees_them() {
    let project = Project::new();
    project.write(
        "larder.toml",
        "[[kv_namespaces]]\nbinding = \"USERS\"\nnamespace = \"all\"\nprefix = \"users/\"\n",
    );
    let said = project.larder(["key", "get", "ada", "--binding", "USERS"]).fails(1);
    assert!(said.contains("there is no store in .larder"), "{said}");
    // What the config binds may be given its first keys before it is first served.
    project.larder(["key", "put", "ada", "1", "--binding", "USERS"]).succeeds();
    assert_eq!(project.larder(["key", "list", "--binding", "USERS"]).succeeds(), "ada\n");
    assert_eq!(project.larder(["key", "list", "--namespace", "all"]).succeeds(), "users/ada\n");
    let said = project.larder(["key", "list", "--binding", "USER"]).fails(1);
    assert_eq!(said, "error: no binding `USER`; there are: USERS\n");
}

#[test]
fn a_binding_without_a_config_is_told_how_to_go_on() {
    let project = project();
    let said = project.larder(["key", "list", "--binding", "USERS"]).fails(1);
    assert!(said.contains("say --namespace TITLE"), "{said}");
}

#[test]
fn the_store_is_hidden_from_version_control() {
    let project = project();
    assert_eq!(fs::read_to_string(project.path(".larder/.gitignore")).unwrap(), "*\n");
}
