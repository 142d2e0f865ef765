//! Python: programs as their authors write them, built by the command or by what it builds with.

use crate::copy::copy_of;
use crate::project::Project;
use crate::server::{Answer, Server};
use larder_build::{Main, World};
use larder_test_guests::{project, toolchain};
use libtest_mimic::Trial;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The tests, by name.
const TESTS: &[(&str, fn())] = &[
    ("a_request_is_as_wsgi_has_it", a_request_is_as_wsgi_has_it),
    ("an_answer_is_as_the_application_says", an_answer_is_as_the_application_says),
    ("an_exception_is_a_page_and_a_traceback", an_exception_is_a_page_and_a_traceback),
    ("an_answer_that_breaks_off_is_not_taken_for_whole", an_answer_that_breaks_off),
    ("a_framework_routes", a_framework_routes),
    ("functions_import_what_the_build_saw", functions_import_what_the_build_saw),
    ("no_two_instances_draw_the_same_numbers", no_two_instances_draw_the_same_numbers),
    ("bad_input_is_an_error_and_the_instance_lives_on", bad_input_is_an_error),
    ("a_command_has_arguments_and_an_exit_code", a_command_has_arguments_and_an_exit_code),
    ("what_cannot_be_imported_is_told_with_its_line", what_cannot_be_imported),
    ("a_main_that_is_none_is_told_what_to_write", a_main_that_is_none),
    ("the_sessions_example_keeps_sessions", the_sessions_example_keeps_sessions),
    ("the_sessions_example_limits_and_flags", the_sessions_example_limits_and_flags),
];

/// Those that run a guest's code outside of a component.
const TESTS_OFF_WASM: &[(&str, fn())] =
    &[("the_sessions_example_is_tested_without_waiting", the_sessions_example_is_tested)];

pub fn tests() -> Vec<Trial> {
    let suites = [(toolchain::python(), TESTS), (toolchain::python_off_wasm(), TESTS_OFF_WASM)];
    let trials = suites.iter().flat_map(|(toolchain, tests)| {
        tests.iter().map(|(name, run)| toolchain.trial(format!("python::{name}"), *run))
    });
    trials.collect()
}

fn component(directory: &str) -> PathBuf {
    let main = Main::Python { module: "app".into(), callable: Some("app".into()) };
    project(directory, main, World::Http)
}

fn serve(project: &Project, directory: &str, flags: &[&str]) -> Server {
    let component = component(directory);
    let serve = ["serve", component.to_str().unwrap(), "--in-memory"];
    Server::start(project, [&serve, flags].concat())
}

/// The test guest.
fn wsgi() -> Server {
    let flags = ["--kv", "KV", "--var", "GREETING=hi"];
    serve(&Project::new(), "tests/guests/wsgi-python", &flags)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn a_request_is_as_wsgi_has_it() {
    let server = wsgi();
    let headers = [("Cookie", "a=1"), ("X_Client", "2"), ("X-Client", "3")];
    let environ = json(&server.get_with("/environ?a=%20b", &headers));
    for (name, value) in [
        ("REQUEST_METHOD", "GET"),
        ("SCRIPT_NAME", ""),
        ("PATH_INFO", "/environ"),
        ("QUERY_STRING", "a=%20b"),
        ("SERVER_NAME", "127.0.0.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("HTTP_COOKIE", "a=1"),
        ("HTTP_X_CLIENT", "3"),
        ("wsgi.url_scheme", "http"),
        ("var", "hi"),
    ] {
        assert_eq!(environ[name], value, "{name} in {environ}");
    }
    let body = "é".repeat(300_000);
    let echoed = server.post("/echo", &body);
    assert!(echoed.status == 201 && echoed.body == body);
}

fn an_answer_is_as_the_application_says() {
    let server = wsgi();
    let answer = ureq::head(server.url("/length")).call().unwrap();
    assert_eq!(answer.headers()["content-length"], "5", "the length of the body that GET has");
    let answer = ureq::post(server.url("/echo")).send("body").unwrap();
    let values: Vec<_> = answer.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(server.get("/length").body, "hello");
    assert!(!server.log().iter().any(|line| line.contains("Traceback")), "{:#?}", server.log());
}

fn an_exception_is_a_page_and_a_traceback() {
    let server = wsgi();
    for (path, words) in [
        ("/raises", "RuntimeError: on purpose"),
        ("/exits", "SystemExit: 3"),
        ("/hop", "ValueError: not all of these headers may be set"),
        ("/nothing-started", "RuntimeError: the application did not call start_response"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, &*answer.body), (500, "Internal Server Error\n"), "{path}");
        server.says(&[words]);
    }
    server.says(&["  File \"app.py\", line ", "in app"]);
    server.says(&["    raise RuntimeError(\"on purpose\")"]);
}

fn an_answer_that_breaks_off() {
    let server = wsgi();
    for path in ["/late", "/wrong-length"] {
        let read = ureq::get(server.url(path)).call();
        let read = read.and_then(|mut answer| answer.body_mut().read_to_string());
        assert!(read.is_err(), "{path}: {read:?}");
    }
    server.says(&["RuntimeError: too late"]);
    server.says(&["RuntimeError: the answer is not what its headers say"]);
}

fn a_framework_routes() {
    let server = wsgi();
    assert_eq!(server.get("/bottle/ada?greeting=hi").body, "hello ada, hi\n");
    assert_eq!(server.get("/nowhere").status, 404);
}

fn functions_import_what_the_build_saw() {
    assert_eq!(wsgi().get("/lazy").body, "(0.0, 1.0, 1) 2026");
}

fn no_two_instances_draw_the_same_numbers() {
    let server = wsgi();
    assert_ne!(server.get("/random").body, server.get("/random").body);
}

/// What a call is refused with.
const REFUSED: &[(&str, &str)] = &[
    ("key-int", "TypeError: key is to be str, not int"),
    ("key-none", "TypeError: key is to be str, not NoneType"),
    ("keys-one", "TypeError: keys is to be several keys, not str"),
    ("value-dict", "TypeError: value is to be bytes or str, not dict"),
    ("version-float", "TypeError: version is to be int, not float"),
    ("delta-65-bits", "OverflowError: delta does not fit in 64 bits"),
    ("ttl-text", "TypeError: ttl is to be seconds or a timedelta, not str"),
    ("ttl-negative", "larder_guest.InvalidArgument: a ttl of 0 is not allowed; the least is 1"),
    ("ttl-nan", "larder_guest.InvalidArgument: ttl is not a number"),
    ("ttl-and-expiration", "TypeError: ttl and expiration exclude each other"),
    ("two-conditions", "TypeError: if_absent, if_present and if_version exclude each other"),
    ("unknown-option", "TypeError: put_options() got an unexpected keyword argument 'tll'."),
    ("expire-unsaid", "TypeError: say when: a ttl, an expiration, or None for never"),
    ("metadata-set", "TypeError: Object of type set is not JSON serializable"),
    ("json-nan", "ValueError: Out of range float values are not JSON compliant"),
    ("limit-0", "larder_guest.InvalidArgument: the limit of a listing is 1 to 1000, not 0"),
    ("check-empty", "TypeError: a check is to say if_absent, if_present or if_version"),
    ("commit-text", "TypeError: a commit takes no str"),
    ("mode", "ValueError: mode is to be \"rb\" or \"wb\", not 'a'"),
    ("no-such-key", "larder_guest.NoSuchKey: there is no key \"nothing\""),
    ("surrogate-key", "larder_guest.InvalidArgument: key has a lone surrogate at index 1"),
    ("surrogate-value", "larder_guest.InvalidArgument: value has a lone surrogate at index 0"),
    ("surrogate-metadata", "larder_guest.InvalidArgument: metadata has a lone surrogate"),
    ("surrogate-prefix", "larder_guest.InvalidArgument: prefix has a lone surrogate at index 0"),
    ("key-513", "larder_guest.TooLarge: the key has 513 bytes; at most 512 are allowed"),
    ("value-26214401", "larder_guest.TooLarge: the value has 26214401 bytes"),
    ("binding", "larder_guest.NoSuchBinding: no namespace is bound as \"NOPE\"; bound are: KV"),
    ("closed-file", "ValueError: I/O operation on closed file"),
    ("closed-reader", "ValueError: read of closed file"),
    ("half-written", "OSError: the source broke off"),
    ("half-written-as-text", "OSError: the source broke off"),
    ("half-written-and-closed", "OSError: the source broke off"),
    ("never-closed", "nothing"),
    ("too-much-in-pieces", "larder_guest.TooLarge: the value has 27000000 bytes"),
];

fn bad_input_is_an_error() {
    let server = wsgi();
    for (case, words) in REFUSED {
        let answer = json(&server.get(&format!("/refused/{case}")));
        let said = answer[0].as_str().unwrap();
        assert!(said.starts_with(words), "{case}: {said}");
        assert_eq!(answer[1], true, "{case}: the namespace answers afterwards");
        assert_eq!(answer[2], true, "{case}: nothing is stored of what was written half");
    }
}

const COMMAND: &str = r#"
import os, sys
from larder_guest import Namespace

counters = Namespace("COUNTERS")

def main():
    if sys.argv[1] == "exit":
        sys.exit(int(sys.argv[2]))
    if sys.argv[1] == "raise":
        raise RuntimeError("on purpose")
    if sys.argv[1] == "return":
        return int(sys.argv[2])
    print(os.environ["GREETING"], counters.increment(sys.argv[1]).value)
"#;

fn a_command_has_arguments_and_an_exit_code() {
    let project = Project::new();
    project.write("count.py", COMMAND);
    project.write("larder.toml", "main = \"count:main\"\nworld = \"command\"\n");
    let (code, _, said) = project.larder(["build", "-o", "count.wasm"]).ended();
    assert_eq!(code, Some(0), "{said}");
    let run = |args: &[&str]| {
        let run = ["run", "count.wasm", "--in-memory", "--kv", "COUNTERS", "--var", "GREETING=hi"];
        project.larder([&run[..], &["--"], args].concat())
    };
    assert_eq!(run(&["apples"]).succeeds(), "hi 1\n");
    assert_eq!(run(&["exit", "0"]).succeeds(), "");
    assert_eq!(run(&["exit", "7"]).fails(7), "");
    assert_eq!(run(&["return", "9"]).fails(9), "");
    let said = run(&["raise"]).fails(1);
    assert!(said.contains("File \"count.py\", line 11, in main"), "{said}");
    assert!(said.contains("RuntimeError: on purpose"), "{said}");
}

fn what_cannot_be_imported() {
    let project = Project::new();
    project.write("larder.toml", "main = \"app:app\"\n");
    let build = || project.larder(["build"]).fails(1);

    project.write("app.py", "import json\nimport no_such_module\n");
    let said = build();
    assert!(said.contains("File \"app.py\", line 2"), "{said}");
    assert!(said.contains("ModuleNotFoundError: No module named 'no_such_module'"), "{said}");
    assert!(said.contains("requirements.txt"), "{said}");

    project.write("app.py", "x = 1\ndef app(:\n");
    let said = build();
    assert!(said.contains("File \"app.py\", line 2"), "{said}");
    assert!(said.contains("SyntaxError"), "{said}");

    project.write("app.py", "from larder_guest import Namespace\nNamespace('KV').get('k')\n");
    let said = build();
    assert!(said.contains("File \"app.py\", line 2"), "{said}");
    assert!(said.contains("while the component is built"), "{said}");
}

fn a_main_that_is_none() {
    let project = Project::new();
    let build = |main: &str| {
        project.write("larder.toml", format!("main = {main:?}\n"));
        project.larder(["build"]).fails(1)
    };
    project.write("app.py", "");
    assert!(build("app.py").contains("such as \"app:app\""));
    assert!(build("application:app").contains("there is no module application of Python"));
    assert!(build("app").contains("write \"app:app\", for example"));
}

const SESSIONS: [&str; 6] =
    ["--kv", "SESSIONS=sessions", "--kv", "FLAGS=flags", "--kv", "LIMITS=limits"];

fn the_sessions_example_keeps_sessions() {
    let project = Project::new();
    project.write("clock", "1700000000000");
    let flags = [&SESSIONS[..], &["--clock", "clock", "--var", "SESSION_TTL=10"]].concat();
    let server = serve(&project, "examples/sessions-python", &flags);
    let login = server.post("/login", r#"{"user":"ada"}"#);
    assert_eq!(login.status, 201, "{login:?}");
    let cookie = login.cookie.unwrap();
    let session = || server.get_with("/session", &[("cookie", &cookie)]);
    assert_eq!(session().body, "{\"user\":\"ada\",\"ttl\":10,\"created\":1700000000}\n");
    project.write("clock", "1700000009999");
    assert_eq!(session().status, 200, "used in time, so its time begins anew");
    let id = cookie.strip_prefix("session=").unwrap().get(..8).unwrap();
    let listed = format!("[{{\"session\":\"{id}\",\"user\":\"ada\",\"expiration\":1700000020}}]\n");
    assert_eq!(server.get("/sessions").body, listed);
    project.write("clock", "1700000019999");
    assert_eq!(session().status, 401);
    assert_eq!(server.get("/sessions").body, "[]\n");
    assert_eq!(server.post("/login", "user=").status, 400);
}

fn the_sessions_example_limits_and_flags() {
    let project = Project::new();
    let flags = [&SESSIONS[..], &["--var", "RATE_LIMIT=2"]].concat();
    let server = serve(&project, "examples/sessions-python", &flags);
    assert_eq!(server.put("/flags/a%20b", "[\"é\"]").body, "[\"é\"]\n");
    assert_eq!(server.get("/flags").body, "{\"a b\":[\"é\"]}\n");
    assert_eq!(server.get("/flags/a%20b").body, "[\"é\"]\n");
    assert_eq!(server.get("/flags/none").status, 404);
    assert_eq!(server.put("/flags/x", "no JSON").status, 400);
    assert_eq!(server.put(&format!("/flags/{}", "k".repeat(513)), "true").status, 413);
    let statuses = [(); 3].map(|()| server.get("/limited").status);
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(server.post("/flags", "").status, 405);
}

fn the_sessions_example_is_tested() {
    let project = copy_of("examples/sessions-python");
    let venv = project.path(".venv");
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(project.path("requirements-test.txt")));
    let (code, printed, said) = project.larder(["test"]).ended();
    assert_eq!(code, Some(0), "{printed}{said}");
    assert!(printed.contains("3 passed"), "{printed}");
}
