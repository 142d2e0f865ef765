//! `larder export` and `import`: keys with their values out of a store and in again.

use crate::project::{Project, Ran};
use crate::server::{Server, eventually};
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

const NOW_MS: u64 = 1_700_000_000_000;
const CLOCK: [&str; 2] = ["--clock", "clock"];
const VALUE_BYTES_MAX: usize = 26_214_400;

/// It succeeded and said this much, in the last line.
#[track_caller]
pub fn said(ran: Ran) -> String {
    let (code, output, said) = ran.ended();
    assert_eq!((code, output.as_str()), (Some(0), ""), "{said}");
    said.lines().last().unwrap_or_default().to_owned()
}

/// A store with whatever a store can hold.
fn everything(project: &Project) {
    project.write("clock", NOW_MS.to_string());
    project.larder([&["namespace", "create", "all \"of\" it"], &CLOCK[..]].concat()).succeeds();
    let put = |key: &str, value: &[u8], flags: &[&str]| {
        let to = ["--namespace", "all \"of\" it"];
        let arguments = [&["key", "put", key, "-"], &to[..], &CLOCK, flags].concat();
        project.larder_reading(value, arguments).succeeds();
    };
    put("text", "é\u{2028}\n{\"a\":\"b\"}".as_bytes(), &[]);
    put("empty", b"", &[]);
    put("bytes", &(0..=255).collect::<Vec<u8>>(), &["--metadata", " {\"b\": 1,\n \"a\":1e3}"]);
    put("control", &[1; 1000], &["--metadata", "null"]);
    put("é \" \\ \n \u{1}/%2F?#", b"odd", &["--metadata", "\"\\u00e9\""]);
    put("soon", b"1", &["--ttl", "1500ms"]);
    put("gone", b"1", &["--ttl", "1ms"]);
    put("pieces", &(0..=255).cycle().take(1_000_001).collect::<Vec<u8>>(), &["--ttl", "1h"]);
    put("largest", &vec![b'"'; VALUE_BYTES_MAX], &["--metadata", "[1]"]);
    project.write("clock", (NOW_MS + 1).to_string());
}

/// Everything about every key, and the values.
fn contents(project: &Project, target: &[&str]) -> Vec<(String, Vec<u8>)> {
    let listed = project.larder([&["key", "list", "--json"], target].concat()).succeeds();
    let keys: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let contents = keys.into_iter().map(|mut key| {
        key.as_object_mut().unwrap().remove("version").unwrap();
        let name = key.get("name").unwrap().as_str().unwrap().to_owned();
        let value = project.larder([&["key", "get", &name], target].concat());
        (key.to_string(), value.succeeds_with_bytes())
    });
    contents.collect()
}

/// `larder serve` of the project, which has the store open.
pub fn serve(project: &Project, flags: &[&str]) -> Server {
    let probe = larder_test_guests::component("tests/guests/http");
    Server::start(project, [&["serve", probe.to_str().unwrap()], flags].concat())
}

#[test]
fn everything_comes_back_as_it_was() {
    let project = Project::new();
    everything(&project);
    let target = ["--namespace", "all \"of\" it", "--clock", "clock"];
    let before = contents(&project, &target);
    assert_eq!(before.len(), 8, "`gone` has expired");
    let out = said(project.larder(["export", "all.ndjson", "--clock", "clock"]));
    assert!(out.starts_with("exported 8 keys, "), "{out}");
    let restored = ["--store", "other", "--clock", "clock"];
    let out = said(project.larder([&["import", "all.ndjson"], &restored[..]].concat()));
    assert!(out.starts_with("imported 8 keys; read "), "{out}");
    let target = [&["--namespace", "all \"of\" it"], &restored[..]].concat();
    assert_eq!(contents(&project, &target), before);
    let namespaces = |flags: &[&str]| {
        let listed = project.larder([&["namespace", "list", "--json"], flags].concat()).succeeds();
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        (listed[0]["title"].clone(), listed[0]["id"].clone())
    };
    assert_eq!(namespaces(&restored), namespaces(&CLOCK));
    // To the millisecond.
    project.write("clock", (NOW_MS + 1499).to_string());
    project.larder([&["key", "head", "soon"], &target[..]].concat()).succeeds();
    project.write("clock", (NOW_MS + 1500).to_string());
    project.larder([&["key", "head", "soon"], &target[..]].concat()).fails(1);
    // Byte for byte, which the JSON of `key list` does not show.
    let exported = project.larder([&["export", "-"], &restored[..]].concat()).ended().1;
    assert!(exported.contains(r#""metadata_text":" {\"b\": 1,\n \"a\":1e3}""#));
    assert!(exported.contains(r#""metadata":null"#));
    assert!(exported.contains(r#""metadata":"\u00e9""#));
}

#[test]
fn a_store_that_is_served_gives_and_takes_the_same() {
    let project = Project::new();
    everything(&project);
    said(project.larder(["export", "free.ndjson", "--clock", "clock"]));
    let server = serve(&project, &CLOCK);
    said(project.larder(["export", "live.ndjson"]));
    let read = |name: &str| fs::read(project.path(name)).unwrap();
    assert!(read("live.ndjson") == read("free.ndjson"));
    server.kill();
    let memory = ["--in-memory", "--socket", "socket", "--clock", "clock"];
    let _server = serve(&project, &memory);
    said(project.larder(["import", "live.ndjson", "--socket", "socket"]));
    said(project.larder(["export", "again.ndjson", "--socket", "socket"]));
    assert!(read("again.ndjson") == read("free.ndjson"));
}

#[test]
fn several_namespaces_and_what_is_asked_of_them() {
    let project = Project::with_namespace("a");
    project.larder(["namespace", "create", "b"]).succeeds();
    for (title, key) in [("a", "x/1"), ("a", "y/1"), ("b", "x/2")] {
        project.larder(["key", "put", key, title, "--namespace", title]).succeeds();
    }
    let exported = |arguments: &[&str]| {
        let (code, output, _) = project.larder([&["export", "-"], arguments].concat()).ended();
        assert_eq!(code, Some(0));
        output
    };
    let records = |output: &str| {
        output.lines().filter(|line| !line.starts_with("{\"namespace\"")).collect::<String>()
    };
    assert_eq!(exported(&[]).lines().count(), 5);
    let x1 = r#"{"key":"x/1","value":"a"}"#;
    let x2 = r#"{"key":"x/2","value":"b"}"#;
    assert_eq!(records(&exported(&["--prefix", "x/"])), [x1, x2].concat());
    assert_eq!(records(&exported(&["--prefix", "x/", "--namespace", "b"])), x2);
    // A binding shows its keys by other names, which are nobody else's.
    let config = "[[kv_namespaces]]\nbinding = \"B\"\nnamespace = \"a\"\nprefix = \"x/\"\n";
    project.write("larder.toml", config);
    assert_eq!(exported(&["--binding", "B"]), "{\"key\":\"1\",\"value\":\"a\"}\n");
    let refused = project.larder(["export", "-", "--format", "wrangler"]).fails(1);
    assert!(refused.contains("say --namespace TITLE or --binding NAME"), "{refused}");
    // What is of several goes to several, or nowhere.
    project.write("all", exported(&[]));
    let refused = project.larder(["import", "all", "--namespace", "a"]).fails(1);
    assert!(refused.contains("error: line 4: the file has keys of several"), "{refused}");
    project.larder(["namespace", "rename", "a", "c"]).succeeds();
    project.larder(["namespace", "delete", "b", "--yes"]).succeeds();
    project.larder(["namespace", "create", "b"]).succeeds();
    said(project.larder(["import", "all"]));
    assert_eq!(exported(&[]).lines().count(), 5, "by their ids, or else by their titles");
    let other = ["--store", "other", "--binding", "B"];
    project.write("one", "{\"key\":\"k\",\"value\":\"v\"}\n");
    said(project.larder([&["import", "one"], &other[..]].concat()));
    assert_eq!(project.larder([&["key", "get", "k"], &other[..]].concat()).succeeds(), "v");
    let refused = project.larder(["import", "one"]).fails(1);
    assert!(refused.contains("line 1: the file does not say whose key this is"), "{refused}");
}

#[test]
fn wranglers_files_are_read_and_written() {
    let project = Project::with_namespace("n");
    project.write("clock", NOW_MS.to_string());
    let with = ["--namespace", "n", "--clock", "clock"];
    project.write(
        "bulk.json",
        r#" [
            {"key": "text", "value": "a\nb", "metadata": {"a": [1]}, "unknown": true},
            {"key": "bytes", "value": "/wA=", "base64": true, "expiration": 1700000010},
            {"key": "ttl", "value": "", "expiration_ttl": 2, "expiration": 5, "metadata": null},
            {"key": "passed", "value": "", "expiration": 5}
        ]"#,
    );
    let out = said(project.larder([&["import", "bulk.json"], &with[..]].concat()));
    assert!(out.starts_with("imported 3 keys, left out 1 whose expiration has passed;"), "{out}");
    let get = |key: &str| project.larder([&["key", "get", key], &with[..]].concat());
    assert_eq!(get("bytes").succeeds_with_bytes(), b"\xff\0");
    let format = ["--format", "wrangler"];
    said(project.larder([&["export", "out.json"], &with[..], &format].concat()));
    let out = fs::read_to_string(project.path("out.json")).unwrap();
    assert_eq!(
        out,
        "[\n{\"key\":\"bytes\",\"value\":\"/wA=\",\"base64\":true,\"expiration\":1700000010},\n\
         {\"key\":\"text\",\"value\":\"a\\nb\",\"metadata\":{\"a\": [1]}},\n\
         {\"key\":\"ttl\",\"value\":\"\",\"expiration\":1700000002}\n]\n"
    );
    said(project.larder([&["import", "out.json"], &with[..]].concat()));
    let none = ["--prefix", "none"];
    let empty = project.larder([&["export", "-"], &with[..], &format, &none].concat());
    assert_eq!(empty.ended().1, "[]\n");
}

#[test]
fn a_server_that_is_killed_ends_an_import_and_an_export() {
    let project = Project::with_namespace("n");
    let server = serve(&project, &[]);
    let mut command = project.command(["import", "-", "--namespace", "n"]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let value = "v".repeat(100_000);
    let line = |n: usize| format!("{{\"key\":\"{n:05}\",\"value\":\"{value}\"}}\n");
    for n in 0..200 {
        input.write_all(line(n).as_bytes()).unwrap();
    }
    let begun = || {
        let listed = project.larder(["key", "list", "--namespace", "n"]).succeeds();
        (!listed.is_empty()).then_some(())
    };
    eventually(begun, || "no key was imported".into());
    server.kill();
    // It opens the store itself when it finds the owner gone between two requests, and fails when
    // it was in the middle of one.
    for n in 200..400 {
        if input.write_all(line(n).as_bytes()).is_err() {
            break;
        }
    }
    drop(input);
    let (code, _, said) = Ran::from(child.wait_with_output().unwrap()).ended();
    match code {
        Some(0) => assert!(said.contains("imported 400 keys"), "{said}"),
        _ => assert!(said.contains("error: the store's owner stopped answering"), "{said}"),
    }
    let server = serve(&project, &[]);
    let mut child = project
        .command(["export", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has begun, and waits for somebody to read on.
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 100]).unwrap();
    server.kill();
    let (code, _, said) = Ran::from(child.wait_with_output().unwrap()).ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: the store's owner stopped answering"), "{said}");
}

#[test]
fn a_file_is_there_when_it_is_whole() {
    let project = Project::with_namespace("n");
    project.write("file", "as it was");
    let files = project.files();
    let refused = project.larder(["export", "file", "--prefix", &"p".repeat(513)]).fails(1);
    assert!(refused.contains("the key has 513 bytes"), "{refused}");
    assert_eq!(project.files(), files);
    assert_eq!(fs::read(project.path("file")).unwrap(), b"as it was");
    let refused = project.larder(["export", "missing/file"]).fails(1);
    assert!(refused.contains("cannot write missing/file"), "{refused}");
    said(project.larder(["export", "file"]));
    assert!(fs::read(project.path("file")).unwrap().starts_with(b"{\"namespace\":"));
    said(project.larder(["export", "/dev/null"]));
}

#[test]
fn pipes_join_and_may_break() {
    let project = Project::with_namespace("n");
    let lines = (0..2000).map(|n| format!("{{\"key\":\"{n}\",\"value\":\"{n:0>1000}\"}}\n"));
    let lines: String = lines.collect();
    let ran = project.larder_reading(lines.as_bytes(), ["import", "-", "--namespace", "n"]);
    said(ran);
    let mut export = project.command(["export", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut import = project.command(["import", "-", "--store", "other"]);
    import.stdin(export.stdout.take().unwrap()).stderr(Stdio::null());
    assert!(import.status().unwrap().success());
    assert!(export.wait().unwrap().success());
    let listed = ["key", "list", "--namespace", "n", "--store", "other"];
    assert_eq!(project.larder(listed).succeeds().lines().count(), 2000);
    let mut export = project
        .command(["export", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(export.stdout.take());
    let (code, _, said) = Ran::from(export.wait_with_output().unwrap()).ended();
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let refused = project.larder(["import", "missing"]).fails(1);
    assert!(refused.contains("cannot read missing"), "{refused}");
}
