//! Guests in JavaScript and TypeScript: what `larder` makes of their sources, and what they can do
//! wrong.

mod mistakes;

use crate::copy::copy_of;
use crate::http::{Origin, send};
use crate::project::Project;
use crate::requests::reusing;
use crate::server::{Server, eventually};
use crate::tour;
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

macro_rules! trials {
    ($toolchain:ident: $($test:ident,)*) => {
        vec![$($toolchain.trial(concat!("javascript::", stringify!($test)), $test)),*]
    };
}

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::javascript();
    let mistakes = mistakes::TESTS
        .iter()
        .map(|(name, test)| toolchain.trial(format!("javascript::{name}"), *test));
    let mut tests = trials! { toolchain:
        dev_runs_a_worker,
        a_component_runs_a_worker_without_its_config,
        a_component_whose_instances_are_reused_runs_a_worker,
        an_edit_is_served_and_a_mistake_is_not,
        what_is_doubtful_is_said_and_served,
        a_file_that_appears_beside_the_others_is_a_change,
        what_is_as_it_was_is_not_built_again,
        a_project_without_packages_installs_none,
        an_installation_that_is_cut_short_leaves_nothing,
        a_fetch_that_is_not_allowed_says_how_to_allow_it,
        a_package_that_does_without_node_is_bundled,
        without_node_it_says_what_to_install,
        an_instance_for_several_requests_asks_for_a_build,
        the_tour_of_the_typescript_sessions_runs_as_written,
        the_tour_of_the_hono_example_runs_as_written,
        the_examples_and_the_seeds_have_their_types,
    };
    tests.extend(mistakes);
    tests
}

fn dev(project: &Project, args: &[&str]) -> Server {
    Server::start(project, ["dev", "--in-memory"].into_iter().chain(args.iter().copied()))
}

/// A project whose main module is that text.
pub fn worker(source: &str) -> Project {
    let project = Project::new();
    project.write("larder.toml", "main = \"src/worker.js\"\n");
    project.write("src/worker.js", source);
    project
}

fn dev_runs_a_worker() {
    let project = copy_of("tests/guests/worker-js");
    let server = dev(&project, &[]);
    assert_runs(&server);
    let thrown = server.get("/throws");
    let words = "Uncaught RangeError: of a page\n    at fail (src/failing.ts:6:9)\n";
    assert!(thrown.body.starts_with(words), "its author sees it: {}", thrown.body);
}

fn a_component_runs_a_worker_without_its_config() {
    static BUILT: OnceLock<Project> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let project = copy_of("tests/guests/worker-js");
        let (code, printed, said) = project.larder(["build", "-o", "out/app.wasm"]).ended();
        assert_eq!((code, printed.as_str()), (Some(0), ""), "{said}");
        assert!(said.contains("built out/app.wasm, "), "{said}");
        project
    });
    let component = fs::read(built.path("out/app.wasm")).unwrap();
    let tools = b"larder/js-";
    let found = component.windows(tools.len()).any(|bytes| bytes == tools);
    assert!(!found, "the component does not say where it was built");
    let project = Project::new();
    project.write("app.wasm", component);
    let bound = ["--kv", "KV", "--kv", "VALUES", "--var", "GREETING=hello"];
    let args = ["serve", "--in-memory", "app.wasm"].into_iter().chain(bound);
    let server = Server::start(&project, args);
    assert_runs(&server);
    let thrown = server.get("/throws");
    assert_eq!(thrown.body, "Internal Server Error\n", "the client is anybody");
}

fn a_component_whose_instances_are_reused_runs_a_worker() {
    let project = copy_of("tests/guests/worker-js");
    reusing(&project, 1000);
    assert_eq!(project.larder(["build"]).ended().0, Some(0));
    assert_runs(&Server::start(&project, ["serve", "--in-memory"]));
}

/// What `tests/guests/worker-js` does, however it is served.
fn assert_runs(server: &Server) {
    assert_eq!(server.get("/").body, "awaited at the top");
    let environment = json!(["hello", "hello", ["GREETING", "KV", "VALUES"]]);
    assert_eq!(read(server, "/environment"), environment);
    assert_eq!(read(server, "/values"), json!([{ "b": [1] }, ["a"]]));
    assert_eq!(server.get("/short").body, "v", "the least TTL is the project's");
    let [one, other] = [read(server, "/random"), read(server, "/random")];
    for number in 0..3 {
        assert_ne!(one[number], other[number], "random differs from request to request");
    }
    assert_says(server);
    assert_says_anything(server);
    assert_carries(server);
    assert_eq!(read(server, "/streams"), json!(true));

    let asked = Instant::now();
    assert_eq!(server.get("/later").body, "answered");
    assert!(asked.elapsed() < Duration::from_millis(500), "the answer waits for nothing");
    server.says(&["Uncaught (in waitUntil) Error: it went wrong later"]);
    let done = || (server.get("/of-later").body == "done").then_some(());
    eventually(done, || format!("{:#?}", server.log()));
}

#[track_caller]
fn read(server: &Server, path: &str) -> Value {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{}\n{:#?}", answer.body, server.log());
    serde_json::from_str(&answer.body).unwrap()
}

/// What is thrown and what goes to the console stands in the terminal, with its place.
fn assert_says(server: &Server) {
    let thrown = [
        ("/throws", "Uncaught RangeError: of a page"),
        ("/throws-later", "Uncaught TypeError: later"),
        ("/throws-text", "Uncaught no error at all"),
        (
            "/no-response",
            "Uncaught TypeError: fetch() of the default export must return a Response",
        ),
    ];
    for (path, words) in thrown {
        assert_eq!(server.get(path).status, 500, "{path}");
        server.says(&[words]);
    }
    server.says(&["    at fail (src/failing.ts:6:9)"]);
    server.says(&["    at ", "/throws-later", "(src/worker.ts:63:11)"]);
    server.says(&["caused by Error: its cause"]);

    assert_eq!(server.get("/console").body, "said");
    for words in ["log { a: [1] } 2 null undefined", "info", "warn", "debug"] {
        server.says(&[words]);
    }
    server.says(&["error Error: as a value"]);
    server.says(&["    at ", "/console", "(src/worker.ts:72:28)"]);
}

/// Whatever is thrown.
fn assert_says_anything(server: &Server) {
    let thrown = [
        ("symbol", "Uncaught Symbol(a symbol)"),
        ("nothing", "Uncaught something that cannot be shown"),
        ("object", "Uncaught {\"code\":7,\"bytes\":\"10\"}"),
        ("cause", "caused by {\"tag\":\"too-large\"}"),
        ("several", "caused by Error: one of them"),
        ("circle", "Uncaught Error: a circle"),
        ("hidden", "Uncaught something that cannot be shown"),
    ];
    for (what, words) in thrown {
        let answer = server.get(&format!("/throws-thing?what={what}"));
        assert_eq!(answer.status, 500, "{what}");
        assert_ne!(answer.body, "", "{what}");
        server.says(&[words]);
    }
    assert_eq!(server.get("/read-response").status, 500);
    server.says(&["TypeError: the body of the returned Response has been read already"]);
}

/// Large bodies come whole, and a stream comes piece by piece.
fn assert_carries(server: &Server) {
    let body = vec![7; 5 << 20];
    let answer = send(("POST", &server.url("/length")), &[], body);
    assert_eq!(answer.json(), 5 << 20);

    let address = server.url("");
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut first = None;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        match line.as_str() {
            "first" => first = Some(Instant::now()),
            "second" => {
                let between = first.unwrap().elapsed();
                assert!(between > Duration::from_secs(1), "{between:?}");
                return;
            }
            _ => {}
        }
    }
    panic!("the stream did not come to its end");
}

fn an_edit_is_served_and_a_mistake_is_not() {
    let project = worker("export default { fetch: () => new Response('one') };\n");
    let server = dev(&project, &[]);
    assert_eq!(server.get("/").body, "one");
    project.write("src/worker.js", "export default {\n  fetch: () => new Response('two'\n};\n");
    server.says(&["src/worker.js:3:1: Expected \")\" but found \"}\""]);
    server.says(&["waiting for changes"]);
    assert_eq!(server.get("/").body, "one");
    project.write("src/worker.js", "export default { fetch: () => new Response('three') };\n");
    let served = || (server.get("/").body == "three").then_some(());
    eventually(served, || format!("{:#?}", server.log()));
}

fn what_is_doubtful_is_said_and_served() {
    let source = "export default { fetch: (r) => new Response(typeof r === 'nmber') };\n";
    let project = worker(source);
    let warning = "src/worker.js:1:58: warning: The \"typeof\" operator will never evaluate";
    let server = dev(&project, &[]);
    server.says(&[warning]);
    assert_eq!(server.get("/").body, "false");
    let (code, _, said) = project.larder(["build"]).ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(warning), "{said}");
}

fn a_file_that_appears_beside_the_others_is_a_change() {
    let project = Project::new();
    project.write("larder.toml", "main = \"worker.js\"\n");
    let source = "import { text } from './text.js';\n\
                  export default { fetch: () => new Response(text) };\n";
    project.write("worker.js", source);
    symlink("nowhere", project.path("a-link")).unwrap();
    let server = dev(&project, &[]);
    server.says(&["Could not resolve \"./text.js\""]);
    project.write("text.js", "export const text = 'there';\n");
    let served = || (server.get("/").body == "there").then_some(());
    eventually(served, || format!("{:#?}", server.log()));
}

/// What is built anew is never the same bytes.
fn what_is_as_it_was_is_not_built_again() {
    let project = worker("export default { fetch: () => new Response('kept') };\n");
    let build = || {
        let (code, _, said) = project.larder(["build", "-o", "app.wasm"]).ended();
        assert_eq!(code, Some(0), "{said}");
        fs::read(project.path("app.wasm")).unwrap()
    };
    let component = build();
    assert!(build() == component);
    project.write("larder.toml", "main = \"src/worker.js\"\nexpiration_ttl_min = 1\n");
    assert!(build() != component, "the settings are part of it");
}

fn a_project_without_packages_installs_none() {
    let project = worker("export default { fetch() {} };\n");
    project.write("package.json", r#"{ "type": "module" }"#);
    let (code, _, said) = project.larder(["build"]).ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("installing the project's packages"), "{said}");
    assert!(!project.path("package-lock.json").exists());
}

/// By an npm that comes to no end.
fn an_installation_that_is_cut_short_leaves_nothing() {
    let project = worker("export default { fetch() {} };\n");
    // The tools themselves are there.
    assert_eq!(project.larder(["build"]).ended().0, Some(0));
    project.write("package.json", r#"{ "dependencies": { "hono": "4.13.19" } }"#);
    project.write("bin/npm", "#!/bin/sh\nmkdir -p node_modules/hono && exec sleep 100\n");
    let npm = project.path("bin/npm");
    fs::set_permissions(npm, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    let mut larder = project.command(["dev", "--in-memory", "--addr", "127.0.0.1:0"]);
    let mut larder = larder.env("PATH", path).spawn().unwrap();
    let modules = project.path("node_modules");
    let begun = || modules.join("hono").exists().then_some(());
    eventually(begun, || "npm has not begun".to_owned());
    let larder_id = larder.id().to_string();
    assert_succeeds(Command::new("kill").args(["-INT", &larder_id]));
    assert_eq!(larder.wait().unwrap().code(), Some(0));
    assert!(!modules.exists(), "it would pass for whole");
}

fn a_fetch_that_is_not_allowed_says_how_to_allow_it() {
    let origin = Origin::start("of the origin");
    let host = origin.addr.to_string();
    let project = copy_of("tests/guests/worker-js");
    let server = dev(&project, &[]);
    let fetch = || server.get(&format!("/fetch?url=http://{host}/"));
    let denied = fetch();
    assert_eq!(denied.status, 502, "{}", denied.body);
    assert!(denied.body.starts_with("TypeError: "), "{}", denied.body);
    server.says(&[&host, "was denied", &format!("allowed_outbound_hosts = [\"{host}\"]")]);
    assert!(origin.asked().is_empty());

    let config = fs::read_to_string(project.path("larder.toml")).unwrap();
    let allowing = format!("allowed_outbound_hosts = [\"{host}\"]\n{config}");
    project.write("larder.toml", allowing);
    let allowed = || (fetch().body == "of the origin").then_some(());
    eventually(allowed, || format!("{:#?}", server.log()));
}

/// One that says what a browser has instead, or tries and goes on.
fn a_package_that_does_without_node_is_bundled() {
    let project = worker("import p from 'p';\nexport default { fetch: () => Response.json(p) };\n");
    let manifest = r#"{ "main": "p.js", "browser": { "crypto": false } }"#;
    project.write("node_modules/p/package.json", manifest);
    let module = "const crypto = require('crypto');\nlet fs = 'none';\n\
        try { fs = require('fs'); } catch {}\nmodule.exports = [typeof crypto.randomBytes, fs];\n";
    project.write("node_modules/p/p.js", module);
    assert_eq!(read(&dev(&project, &[]), "/"), json!(["undefined", "none"]));
}

fn an_instance_for_several_requests_asks_for_a_build() {
    let project = worker("export default { fetch: () => new Response('one') };\n");
    assert_eq!(project.larder(["build", "-o", "app.wasm"]).ended().0, Some(0));
    let serve = ["serve", "app.wasm", "--in-memory", "--addr", "127.0.0.1:0"];
    let said = project.larder([&serve[..], &["--instance-reuse", "2"]].concat()).fails(1);
    let advice = "build it anew with `instance_reuse` in its config or with `larder build --instance-reuse 2`";
    assert!(said.contains(advice), "{said}");
    let build = ["build", "-o", "app.wasm", "--instance-reuse", "2"];
    assert_eq!(project.larder(build).ended().0, Some(0));
    let serve = ["serve", "app.wasm", "--in-memory", "--instance-reuse", "9"];
    assert_eq!(Server::start(&project, serve).get("/").body, "one");
}

fn without_node_it_says_what_to_install() {
    let project = worker("export default { fetch() {} };\n");
    let mut larder = project.command(["build"]);
    larder.env("PATH", project.path("none")).env("XDG_CACHE_HOME", project.path("cache"));
    let output = larder.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let words =
        "error: node is missing: JavaScript guests are built by Node.js 20 or newer with npm";
    assert!(said.starts_with(words), "{said}");
}

fn the_tour_of_the_typescript_sessions_runs_as_written() {
    let project = copy_of("examples/sessions-ts");
    let readme = fs::read_to_string(project.path("README.md")).unwrap();
    tour::assert_runs(&readme, &dev(&project, &[]));
}

fn the_tour_of_the_hono_example_runs_as_written() {
    let project = copy_of("examples/workers-hono");
    let readme = fs::read_to_string(project.path("README.md")).unwrap();
    tour::assert_runs(&readme, &dev(&project, &[]));
}

/// By the commands of the README of `sessions-ts`, whose compiler then looks at the others too.
fn the_examples_and_the_seeds_have_their_types() {
    let project = copy_of("examples/sessions-ts");
    let (code, _, said) = project.larder(["types"]).ended();
    assert_eq!(code, Some(0), "{said}");
    assert_succeeds(Command::new("npm").arg("ci").current_dir(project.path("")));
    assert_succeeds(Command::new("npm").args(["run", "check"]).current_dir(project.path("")));

    let compiler = project.path("node_modules/.bin/tsc");
    let hono = copy_of("examples/workers-hono");
    let (code, _, said) = hono.larder(["types"]).ended();
    assert_eq!(code, Some(0), "{said}");
    assert_succeeds(Command::new("npm").arg("ci").current_dir(hono.path("")));
    assert_succeeds(Command::new(&compiler).current_dir(hono.path("")));
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/seeds");
    assert_succeeds(Command::new(&compiler).current_dir(seeds));
}

#[track_caller]
fn assert_succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
