//! `larder test`: a project's tests, against a store whose time they set.
#![cfg(unix)]

use crate::project::Project;
use larder_test_guests::component;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const CONFIG: &str = "[[kv_namespaces]]\nbinding = \"KV\"\n";

/// Runs a shell script under `larder test`, in which `larder` is the command.
fn test(project: &Project, script: &str) -> (Option<i32>, String, String) {
    let script = format!("larder() {{ {} \"$@\"; }}; {script}", env!("CARGO_BIN_EXE_larder"));
    project.larder(["test", "--", "sh", "-c", &script]).ended()
}

/// A request to the store's socket, as a shell's word.
fn ask(path: &str, body: &str) -> String {
    format!(
        "curl -sS --fail-with-body --unix-socket $LARDER_SOCKET -H 'content-type: application/json' \
         --data '{body}' http://larder/larder/v1/{path}"
    )
}

#[test]
fn the_tests_exit_code_is_the_commands() {
    let project = Project::new();
    project.write("larder.toml", CONFIG);
    assert_eq!(test(&project, "exit 0").0, Some(0));
    assert_eq!(test(&project, "exit 7").0, Some(7));
    assert_eq!(test(&project, "kill -KILL $$").0, Some(137));
    let (code, _, said) = project.larder(["test", "--", "no-such-command"]).ended();
    assert_eq!(code, Some(1));
    assert!(said.contains("cannot run `no-such-command`"), "{said}");
}

#[test]
fn a_key_expires_when_the_tests_say_so() {
    let project = Project::new();
    project.write("larder.toml", CONFIG);
    let advance = |by| ask("clock", &format!("{{\"advance_ms\":{by}}}"));
    let script = format!(
        "larder key put a 1 --binding KV --ttl 5 && {} >/dev/null && larder key get a --binding KV \
         && echo && {} >/dev/null && larder key get a --binding KV",
        advance(4999),
        advance(1)
    );
    let (code, printed, said) = test(&project, &script);
    assert_eq!((code, printed.as_str()), (Some(1), "1\n"), "{said}");
    assert!(said.ends_with("error: no key `a` in `KV`\n"), "{said}");
}

#[test]
fn a_reset_begins_anew_also_for_what_a_step_back_would_bring_to_light() {
    let project = Project::new();
    project.write("larder.toml", CONFIG);
    let script = format!(
        "larder key put a 1 --binding KV && {past} && larder key put b 1 --binding KV --ttl 5 && \
         {now} && {reset} && larder key list --binding KV && {past} && larder key list --binding KV \
         && {reset} && {clock}",
        past = ask("clock", r#"{"now_ms":1000000}"#) + " >/dev/null",
        now = ask("clock", r#"{"advance_ms":5000}"#) + " >/dev/null",
        reset = ask("reset", "{}"),
        clock = "curl -sS --unix-socket $LARDER_SOCKET http://larder/larder/v1/clock",
    );
    let (code, printed, said) = test(&project, &script);
    assert_eq!(code, Some(0), "{said}");
    let now: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert!(now["now_ms"].as_u64().unwrap() > 1_700_000_000_000, "{printed}");
}

#[test]
fn nothing_is_left_and_the_projects_own_store_is_not_touched() {
    let project = Project::new();
    project.write("larder.toml", CONFIG);
    project.larder(["key", "put", "a", "mine", "--binding", "KV"]).succeeds();
    let before = project.files();
    let (code, printed, _) = test(&project, "larder key list --binding KV; echo $LARDER_SOCKET");
    assert_eq!(code, Some(0));
    assert!(!Path::new(printed.trim()).exists());
    assert_eq!(project.files(), before);
    assert_eq!(project.larder(["key", "get", "a", "--binding", "KV"]).succeeds(), "mine");
}

#[test]
fn the_component_is_served_where_there_is_one_and_sees_the_tests_store() {
    let project = Project::new();
    let probe = component("tests/guests/http");
    project.write("larder.toml", format!("component = {probe:?}\n{CONFIG}"));
    let script = "curl -sS $LARDER_URL/put/a && larder key get a --binding KV";
    let (code, printed, said) = test(&project, script);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(printed, "putvalue");

    project.write("larder.toml", CONFIG);
    let (code, printed, _) = test(&project, "echo url=$LARDER_URL");
    assert_eq!((code, printed.as_str()), (Some(0), "url=\n"));
}

#[test]
fn a_store_that_is_not_for_tests_refuses_their_requests() {
    let project = Project::new();
    project.write("larder.toml", CONFIG);
    let larder = larder_store::Larder::in_memory();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let socket = project.path("here");
    let _socket =
        runtime.block_on(async { larder_server::Server::new(&larder).listen_at(&socket) }).unwrap();
    for (path, body) in [("clock", r#"{"now_ms":1}"#), ("reset", "{}")] {
        let script = format!("LARDER_SOCKET={} ; {}", socket.display(), ask(path, body));
        let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
        let printed = String::from_utf8(ran.stdout).unwrap();
        assert!(printed.contains(r#""code":"unsupported""#), "{printed}");
    }
}

#[test]
fn without_a_project_or_a_way_to_test_it_that_is_said() {
    let project = Project::new();
    let said = project.larder(["test"]).fails(1);
    assert!(said.contains("there is no larder.toml"), "{said}");
    project.write("larder.toml", CONFIG);
    let said = project.larder(["test"]).fails(1);
    assert!(said.contains("say what runs its tests: larder test -- CMD"), "{said}");
}

#[test]
fn every_test_begins_with_the_seed() {
    let project = Project::new();
    project.write("larder.toml", format!("{CONFIG}seed = \"seed.json\"\n"));
    project.write("seed.json", r#"[{"key":"a","value":"seeded","expiration_ttl":60}]"#);
    let script = format!(
        "larder key get a --binding KV && larder key delete a --binding KV && {} && \
         larder key get a --binding KV && {} >/dev/null && larder key list --binding KV",
        ask("reset", "{}"),
        ask("clock", r#"{"advance_ms":60000}"#),
    );
    let (code, printed, said) = test(&project, &script);
    assert_eq!((code, printed.as_str()), (Some(0), "seededseeded"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_to_stop_reaches_the_tests() {
    for signal in ["-TERM", "-HUP"] {
        let project = Project::new();
        project.write("larder.toml", CONFIG);
        let script = "trap 'echo stopped; exit 5' TERM; echo begun; while :; do sleep 0.05; done";
        // Whoever runs these tests may ignore SIGHUP, as nohup does.
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP").arg(env!("CARGO_BIN_EXE_larder"));
        command.args(["test", "--", "sh", "-c", script]).current_dir(project.path(""));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(printed.next().unwrap().unwrap(), "begun");
        let kill = Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
        assert!(kill.success());
        assert_eq!(printed.next().unwrap().unwrap(), "stopped", "{signal}");
        assert_eq!(child.wait().unwrap().code(), Some(5), "{signal}");
    }
}

#[test]
fn the_tests_of_the_sessions_example_pass_without_waiting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let example = root.join("examples/sessions");
    // Its own config without the component, which other tests build and serve.
    let config = fs::read_to_string(example.join("larder.toml")).unwrap();
    let bindings = config.lines().skip_while(|line| !line.starts_with("vars"));
    let project = Project::new();
    project.write("larder.toml", bindings.collect::<Vec<_>>().join("\n"));
    let config = project.path("larder.toml");
    let mut command = project.command(["--config", config.to_str().unwrap()]);
    command.arg("-C").arg(&example).args(["test", "--", "cargo", "test", "--locked", "--quiet"]);
    let output = command.env("CARGO_TARGET_DIR", root.join("target/guests")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{printed}{said}");
    assert!(printed.contains("test result: ok. 3 passed"), "{printed}{said}");
}
