//! A store that is open: every command reaches it through the socket of whoever has it.
#![cfg(unix)]

use crate::project::{Project, Ran};
use crate::server::Server;
use bytes::Bytes;
use larder_store::{Larder, Operation, SystemClock};
use larder_test_guests::component;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

/// A server that has the store of the project open.
fn serve(project: &Project, flags: &[&str]) -> Server {
    let probe = component("tests/guests/http");
    let serve = ["serve", probe.to_str().unwrap(), "--kv", "KV=n"];
    Server::start(project, [&serve, flags].concat())
}

/// What each command of management answers, one after the other, on one store.
fn answers(project: &Project, flags: &[&str]) -> Vec<(Option<i32>, String, String)> {
    let big = vec![7; 3 << 20];
    project.write("pairs.json", r#"[{"key":"b","value":"/w==","base64":true,"metadata":[1]}]"#);
    project.write("keys.json", r#"["b",{"name":"k"},"none"]"#);
    let run = |input: &[u8], command: &[&str]| {
        project.larder_reading(input, [command, flags].concat()).ended()
    };
    let n = |command: &[&str]| run(b"", &[command, &["--namespace", "n"]].concat());
    let mut answers = vec![
        n(&["key", "put", "a", "1", "--metadata", r#"{"é":"ü"}"#, "--expiration", "4102444800"]),
        n(&["key", "put", "a/b", "--", "-5"]),
        n(&["key", "put", "é 100%?#+&=", "odd"]),
        run(b"", &["namespace", "quota", "n", "--keys", "1", "--bytes", "1GiB"]),
        n(&["key", "put", "beyond", "v"]),
        run(b"", &["namespace", "quota", "n", "--keys", "none", "--bytes", "none"]),
        n(&["key", "put", "..", "x"]),
        n(&["key", "put", "x", "v", "--ttl", "0"]),
        n(&["key", "put", "x", "v", "--metadata", "{"]),
        run(&big, &["key", "put", "big", "-", "--namespace", "n"]),
        run(&vec![0; 26_214_401], &["key", "put", "huge", "-", "--namespace", "n"]),
        n(&["key", "get", "a"]),
        n(&["key", "get", "é 100%?#+&="]),
        n(&["key", "get", "missing"]),
        n(&["key", "get", &"k".repeat(513)]),
        n(&["key", "list"]),
        n(&["key", "list", "--prefix", "a"]),
        n(&["key", "expire", "a", "--never"]),
        n(&["key", "expire", "missing", "--never"]),
        n(&["key", "delete", "a"]),
        n(&["key", "delete", "a"]),
        n(&["key", "delete", "--prefix", "a"]),
        n(&["key", "delete", "--prefix", "a", "--yes"]),
        n(&["key", "head", &"k".repeat(513)]),
        run(b"", &["key", "get", "a", "--namespace", "nowhere"]),
        run(b"", &["kv", "key", "put", "k", "v", "--namespace-id", "n1", "--ttl", "0"]),
        run(b"", &["kv", "key", "put", "k", "v", "--namespace-id", "n1"]),
        run(b"", &["kv", "key", "get", "k", "--namespace-id", "n1", "--text"]),
        run(b"", &["kv", "key", "list", "--namespace-id", "n1"]),
        run(b"", &["kv", "bulk", "put", "pairs.json", "--namespace-id", "n1"]),
        run(b"", &["kv", "bulk", "get", "keys.json", "--namespace-id", "n1"]),
        run(b"", &["kv", "bulk", "delete", "keys.json", "--namespace-id", "n1", "-f"]),
        run(b"", &["kv", "namespace", "delete", "--namespace-id", "n1", "-y"]),
        run(b"", &["kv", "key", "list", "--namespace-id", "n1"]),
        run(b"", &["namespace", "rename", "n", "m"]),
        run(b"", &["namespace", "rename", "m", "n"]),
        run(b"", &["namespace", "rename", "nowhere", "m"]),
        run(b"", &["namespace", "rename", "n", ""]),
        run(b"", &["namespace", "create", "n"]),
        run(b"", &["namespace", "delete", "n"]),
        run(b"", &["check"]),
    ];
    // Ids and versions are not the same twice.
    let created = run(b"", &["namespace", "create", "other"]);
    assert_eq!((created.0, created.1.len()), (Some(0), 33), "{created:?}");
    answers.push(run(b"", &["namespace", "delete", "other", "--yes"]));
    let listed = run(b"", &["namespace", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.1).unwrap();
    let of_it = |name: &str| listed.pointer(&format!("/0/{name}")).unwrap().to_string();
    assert_eq!(of_it("title"), "\"n\"");
    answers.push((None, of_it("keys"), of_it("bytes")));
    let value =
        project.larder_reading(b"", [&["key", "get", "big", "--namespace", "n"], flags].concat());
    assert_eq!(value.succeeds_with_bytes(), big);
    answers
}

#[test]
fn every_command_answers_the_same_whether_the_store_is_open_or_not() {
    let free = Project::with_namespace("n");
    let expected = answers(&free, &[]);

    let served = Project::with_namespace("n");
    let _server = serve(&served, &[]);
    assert_eq!(answers(&served, &[]), expected);

    let in_memory = Project::new();
    let _server = serve(&in_memory, &["--in-memory", "--socket", "here"]);
    assert_eq!(answers(&in_memory, &["--socket", "here"]), expected);
}

#[test]
fn a_command_and_the_component_see_the_same_store() {
    let project = Project::new();
    let server = serve(&project, &[]);
    assert_eq!(server.get("/put/a").body, "put");
    let get = |key| project.larder(["key", "get", key, "--namespace", "n"]);
    assert_eq!(get("a").succeeds(), "value");
    project.larder(["key", "put", "b", "by a command", "--namespace", "n"]).succeeds();
    assert_eq!(server.get("/get/b").body, "by a command");
}

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let project = Project::new();
    let server = serve(&project, &[]);
    let found = fs::metadata(project.path(".larder/socket")).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    server.signal("-TERM");
    assert_eq!(server.ended().0, Some(0));
    assert!(!project.path(".larder/socket").exists());
}

#[test]
fn a_stale_socket_is_no_obstacle() {
    let project = Project::new();
    let server = serve(&project, &[]);
    server.get("/put/a");
    server.kill();
    assert!(project.path(".larder/socket").exists());
    let get = project.larder(["key", "get", "a", "--namespace", "n"]);
    assert_eq!(get.succeeds(), "value");
    assert!(!project.path(".larder/socket").exists());
    let _server = serve(&project, &[]);
    project.larder(["key", "get", "a", "--namespace", "n"]).succeeds();
}

#[test]
fn a_second_server_on_a_store_is_refused() {
    let project = Project::new();
    let _server = serve(&project, &[]);
    let probe = component("tests/guests/http");
    let said = project.larder(["serve", probe.to_str().unwrap(), "--addr", "127.0.0.1:0"]).fails(1);
    assert!(said.contains("is in use by process "), "{said}");
}

#[test]
fn where_the_path_is_too_long_for_a_socket_a_file_says_where_it_is() {
    let project = Project::new();
    let directory = "d".repeat(120);
    let server = serve(&project, &["--store", &directory]);
    let store = project.path(&directory);
    assert!(!store.join("socket").exists());
    let socket = fs::read_to_string(store.join("socket.path")).unwrap();
    let short = Path::new(&socket).parent().unwrap();
    assert_eq!(fs::metadata(short).unwrap().permissions().mode() & 0o777, 0o700);
    server.get("/put/a");
    let get = || project.larder(["key", "get", "a", "--namespace", "n", "--store", &directory]);
    assert_eq!(get().succeeds(), "value");
    server.kill();
    assert_eq!(get().succeeds(), "value");
    assert!(!short.exists(), "what a killed process left is removed");
    assert!(!store.join("socket.path").exists());
}

#[test]
fn an_owner_who_does_not_answer_is_named() {
    let project = Project::with_namespace("n");
    let larder = Larder::open(project.path(".larder")).unwrap();
    let this = format!("is in use by process {}", std::process::id());
    // Both wait for the owner, so they do it side by side.
    let commands: [&[&str]; 2] = [&["check"], &["key", "list", "--namespace", "n"]];
    std::thread::scope(|scope| {
        for command in commands {
            scope.spawn(|| {
                let said = project.larder(command.iter().copied()).fails(1);
                let of_the_socket = "does not answer on its socket";
                assert!(said.contains(&this) && said.contains(of_the_socket), "{said}");
            });
        }
    });
    drop(larder);
    project.larder(["key", "list", "--namespace", "n"]).succeeds();
}

#[test]
fn an_embedder_answers_by_one_line() {
    let project = Project::with_namespace("n");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let larder = Larder::open(project.path(".larder")).unwrap();
    let socket = runtime.block_on(async { larder_server::listen(&larder) }).unwrap();
    project.larder(["key", "put", "a", "1", "--namespace", "n"]).succeeds();
    let namespace = larder.blocking().namespace("n").unwrap().unwrap();
    assert_eq!(namespace.blocking().get("a").unwrap().as_deref(), Some(&b"1"[..]));
    runtime.block_on(socket.close());
    larder.blocking().close().unwrap();
    project.larder(["key", "get", "a", "--namespace", "n"]).succeeds();
}

/// A store with so many keys that a listing waits for its reader.
fn with_many_keys() -> Project {
    let project = Project::new();
    let larder = Larder::open(project.path(".larder")).unwrap().blocking();
    let namespace = larder.create_namespace("n").unwrap().blocking();
    for batch in 0..20 {
        let put = |number| Operation::Put {
            key: format!("{:0>100}", batch * 1000 + number),
            value: Bytes::new(),
            expiration: None,
            metadata: None,
        };
        let _ = namespace.commit(Vec::new(), (0..1000).map(put).collect()).unwrap();
    }
    larder.close().unwrap();
    project
}

/// A listing of which the first key has come.
fn listing(project: &Project) -> (Child, ChildStdout) {
    let mut list = project.command(["key", "list", "--namespace", "n"]);
    let mut list = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut printed = list.stdout.take().unwrap();
    printed.read_exact(&mut [0; 101]).unwrap();
    (list, printed)
}

#[test]
fn two_commands_at_a_time_share_a_store_that_nobody_serves() {
    let project = with_many_keys();
    let (list, mut printed) = listing(&project);
    let first = format!("{:0>100}", 0);
    project.larder(["key", "delete", &first, "--namespace", "n"]).succeeds();
    let said = project.larder(["key", "get", &first, "--namespace", "n"]).fails(1);
    assert!(said.contains("no key"), "{said}");
    let mut rest = Vec::new();
    printed.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), 101 * 19_999);
    Ran::of(list.wait_with_output().unwrap()).succeeds();
}

#[test]
fn commands_that_come_and_go_do_not_cut_each_other_off() {
    let project = Project::with_namespace("n");
    std::thread::scope(|threads| {
        for thread in 0..6 {
            let project = &project;
            threads.spawn(move || {
                for round in 0..8 {
                    let key = format!("{thread}-{round}");
                    let put = ["key", "put", &key, "1", "--namespace", "n"];
                    project.larder(put).succeeds();
                    project.larder(["key", "get", "missing", "--namespace", "n"]).fails(1);
                }
            });
        }
    });
    let listed = project.larder(["key", "list", "--namespace", "n"]).succeeds();
    assert_eq!(listed.lines().count(), 48);
}

#[test]
fn a_listing_goes_on_when_the_server_is_killed_that_it_began_with() {
    let project = with_many_keys();
    let server = serve(&project, &[]);
    let (list, mut printed) = listing(&project);
    server.kill();
    let mut rest = Vec::new();
    printed.read_to_end(&mut rest).unwrap();
    drop(printed);
    // It goes on by itself, since the store is free now.
    assert_eq!(rest.len(), 101 * 19_999);
    Ran::of(list.wait_with_output().unwrap()).succeeds();
}

#[test]
fn what_answers_and_is_no_larder_is_told() {
    let project = Project::new();
    let said = project.larder(["check", "--socket", "nowhere"]).fails(1);
    assert!(said.starts_with("error: cannot reach a store at the socket nowhere: "), "{said}");
    let other = UnixListener::bind(project.path("other")).unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
        // It is read to its end, so that the answer arrives.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let said = project.larder(["check", "--socket", "other"]).fails(1);
    assert!(said.starts_with("error: the answer is not a larder's: "), "{said}");
    answering.join().unwrap();
}

#[test]
fn a_clock_of_ones_own_is_for_a_store_of_ones_own() {
    let project = Project::with_namespace("n");
    let _server = serve(&project, &[]);
    use larder_store::Clock as _;
    project.write("clock", SystemClock.now_ms().to_string());
    let said = project.larder(["key", "list", "--namespace", "n", "--clock", "clock"]).fails(1);
    assert!(said.contains("--clock is for a store that nobody else has open"), "{said}");
}

#[test]
fn a_socket_that_is_in_use_is_left_to_its_owner() {
    let project = Project::new();
    project.write("file", "mine");
    let probe = component("tests/guests/http");
    let serve_at = |socket| {
        let serve = ["serve", probe.to_str().unwrap(), "--in-memory", "--socket", socket];
        project.larder([&serve[..], &["--addr", "127.0.0.1:0"]].concat())
    };
    let said = serve_at("file").fails(1);
    assert!(said.contains("cannot answer for the store on the socket file"), "{said}");
    assert_eq!(fs::read_to_string(project.path("file")).unwrap(), "mine");
    let _server = serve(&project, &["--in-memory", "--socket", "here"]);
    let said = serve_at("here").fails(1);
    assert!(said.contains("is in use"), "{said}");
}
