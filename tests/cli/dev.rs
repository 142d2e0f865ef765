//! `larder dev`: building, serving, and doing both again.

use crate::project::Project;
use crate::server::{Server, eventually};
use larder_test_guests::component;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A project whose build puts together what the sources say: `good` is the guest, anything else
/// is not.
fn project() -> Project {
    let project = Project::new();
    let guest = component("tests/guests/http");
    project.write("guest.wasm", fs::read(guest).unwrap());
    project.write("src/what", "good");
    project.write(
        "larder.toml",
        r#"
        component = "out/app.wasm"
        vars = { SAYS = "1" }

        [build]
        command = """
        mkdir -p out
        case $(cat src/what) in
            good) cp guest.wasm out/app.wasm ;;
            garbage) echo garbage > out/app.wasm ;;
            *) echo "error[E0]: $(cat src/what) is not good" >&2; exit 1 ;;
        esac
        """
        watch = ["src"]

        [[kv_namespaces]]
        binding = "KV"
        "#,
    );
    project
}

fn environment(server: &Server) -> String {
    server.get("/environment").body
}

#[test]
fn it_builds_and_serves_and_says_what_and_where() {
    let project = project();
    let server = Server::start(&project, ["dev"]);
    assert_eq!(server.get("/").body, "hello");
    server.says(&["built out/app.wasm, ", "iB, in "]);
    server.says(&["store .larder"]);
    server
        .says(&["binding KV: namespace KV, 0 keys, just created; list them with: larder key list"]);
    server.says(&["method=GET", "path=/", "status=200"]);
    assert!(project.path(".larder/.gitignore").exists());
}

#[test]
fn a_failed_build_keeps_the_old_one_serving_and_shows_the_compilers_message() {
    let project = project();
    let server = Server::start(&project, ["dev"]);
    project.write("src/what", "this");
    server.says(&["error[E0]: this is not good"]);
    server.says(&["error: the build failed (exit status: 1)"]);
    assert_eq!(server.get("/").body, "hello");
    project.write("src/what", "garbage");
    server.says(&["out/app.wasm is no WebAssembly component"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn a_build_that_fails_at_first_is_waited_for() {
    let project = project();
    project.write("src/what", "this");
    let server = Server::start(&project, ["dev"]);
    let answer = server.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("has not been built yet"), "{answer:?}");
    project.write("src/what", "good");
    eventually(
        || (server.get("/").body == "hello").then_some(()),
        || format!("{:#?}", server.log()),
    );
}

#[test]
fn a_change_of_the_config_is_taken_up() {
    let project = project();
    let server = Server::start(&project, ["dev"]);
    assert_eq!(environment(&server), "SAYS=1\n");
    let config = fs::read_to_string(project.path("larder.toml")).unwrap();
    let changed = config.replace("SAYS = \"1\"", "SAYS = \"2\"").replace("\"KV\"", "\"CACHE\"");
    project.write("larder.toml", changed);
    server.says(&["binding CACHE: namespace CACHE, 0 keys, just created"]);
    eventually(|| (environment(&server) == "SAYS=2\n").then_some(()), || environment(&server));
    project.write("larder.toml", "nonsense");
    server.says(&["error: larder.toml:1:9: "]);
    assert_eq!(environment(&server), "SAYS=2\n");
    project.write("larder.toml", config);
    eventually(|| (environment(&server) == "SAYS=1\n").then_some(()), || environment(&server));
}

#[test]
fn a_watched_directory_may_hold_what_is_no_source() {
    let project = project();
    let config = fs::read_to_string(project.path("larder.toml")).unwrap();
    project.write("larder.toml", config.replace("[\"src\"]", "[\".\"]"));
    fs::create_dir(project.path("out")).unwrap();
    let server = Server::start(&project, ["dev"]);
    assert_eq!(server.get("/put/a").body, "put");
    sleep(Duration::from_millis(500));
    let builds = || server.log().iter().filter(|line| line.starts_with("built ")).count();
    assert_eq!(builds(), 1, "neither the build nor the store is a change: {:#?}", server.log());
    project.write("src/more", "");
    eventually(|| (builds() == 2).then_some(()), || format!("{:#?}", server.log()));
}

#[test]
fn a_missing_rust_target_is_added() {
    let project = project();
    let config = fs::read_to_string(project.path("larder.toml")).unwrap();
    let config = config.replace("out/", "out/wasm32-wasip2/");
    project.write("larder.toml", config.replace("mkdir -p out", "mkdir -p out/wasm32-wasip2"));
    // One that has no target yet.
    project.write("bin/rustup", "#!/bin/sh\n[ \"$2\" = list ] || echo \"$@\" > added\n");
    let rustup = project.path("bin/rustup");
    fs::set_permissions(rustup, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = project.command(["dev", "--addr", "127.0.0.1:0"]);
    command.env("PATH", path);
    let server = Server::spawn(command);
    assert_eq!(server.get("/").body, "hello");
    server.says(&["adding the Rust target: rustup target add wasm32-wasip2"]);
    assert_eq!(fs::read_to_string(project.path("added")).unwrap(), "target add wasm32-wasip2\n");
}

#[test]
fn a_500_shows_the_trap_and_the_panic_message() {
    let server = Server::start(&project(), ["dev"]);
    let answer = server.get("/panic");
    assert_eq!(answer.status, 500);
    assert!(answer.body.starts_with("500: the component trapped\n"), "{answer:?}");
    assert!(answer.body.contains("wasm trap: "), "{answer:?}");
    assert!(answer.body.contains("the guest's own words"), "{answer:?}");
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn it_works_from_elsewhere_and_stops_with_nothing_lost() {
    let project = project();
    fs::create_dir(project.path("elsewhere")).unwrap();
    let server = Server::start(&project, ["-C", "elsewhere", "dev", ".."]);
    assert_eq!(server.get("/put/a").body, "put");
    let asked = Instant::now();
    server.signal("-INT");
    assert_eq!(server.ended().0, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "nothing is in flight to wait for");
    assert_eq!(project.larder(["key", "list", "--binding", "KV"]).succeeds(), "a\n");
}

#[test]
fn a_project_without_a_config_is_told_how_to_go_on() {
    let project = Project::new();
    let said = project.larder(["dev"]).fails(1);
    assert!(said.starts_with("error: there is no larder.toml, wrangler.json, "), "{said}");
    let said = project.larder(["dev", "missing"]).fails(1);
    assert!(said.starts_with("error: cannot work in missing: "), "{said}");
}

#[test]
fn the_example_is_built_by_cargo() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let project = Project::new();
    let example = format!("{root}/examples/sessions");
    let server = Server::start(&project, ["dev", &example, "--in-memory"]);
    server.says(&["built ", "sessions.wasm"]);
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_reload_leaves_no_less_room_to_those_in_flight() {
    let project = project();
    let server = Server::start(&project, ["dev", "--in-memory"]);
    let address = server.url("").trim_start_matches("http://").to_owned();
    let sleepers = (0..256).map(|_| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(b"GET /sleep/4000 HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        stream
    });
    let sleepers: Vec<_> = sleepers.collect();
    sleep(Duration::from_secs(1));
    project.write("src/other", "changed");
    let loads = || server.log().iter().filter(|line| line.contains(", loaded in ")).count();
    eventually(|| (loads() == 2).then_some(()), || format!("no reload: {:#?}", server.log()));
    assert_eq!(server.get("/").body, "hello");
    drop(sleepers);
}
