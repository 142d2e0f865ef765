//! Guests' code outside of a component, tested as its authors test it, on a store that is open for
//! tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use larder_server::{Bindings, ForTests, Server};
use larder_store::{Clock as _, ManualClock, Options, SystemClock};
use larder_test_guests::toolchain;
use libtest_mimic::Arguments;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::{env, fs};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PYTHON: &[(&str, fn())] = &[
    ("tests_of_several_processes_take_turns", tests_of_several_processes_take_turns),
    ("without_a_store_a_call_says_how_to_have_one", without_a_store_a_call_says_how),
];

fn main() -> ExitCode {
    let python = toolchain::python_off_wasm();
    let trials = PYTHON.iter().map(|(name, run)| python.trial(format!("python::{name}"), *run));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A copy of a project of the repository, with a `.venv` that has Flask and pytest.
fn copy_of(directory: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(root().join(directory)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let venv = copy.path().join(".venv");
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(root().join("examples/sessions-python/requirements-test.txt")));
    copy
}

/// The exit code of a shell's command in that directory, beside a new store with those bindings, and
/// what it printed.
fn run(directory: &Path, bindings: &[&str], command: &str) -> (Option<i32>, String) {
    let runtime = Runtime::new().unwrap();
    let clock = Arc::new(ManualClock::new(SystemClock.now_ms()));
    let larder = Options::new().clock(clock.clone()).in_memory();
    let granted = Bindings::default();
    granted.replace(bindings.iter().map(|name| {
        ((*name).to_owned(), larder.blocking().create_namespace(name).unwrap(), false)
    }));
    let tests = ForTests::new(clock, Arc::new(|_| Box::pin(async { Ok(()) })));
    let socket = directory.join("socket");
    let _entered = runtime.enter();
    let server = Server::new(&larder).bindings(granted).for_tests(tests);
    let listening = server.listen_at(&socket).unwrap();
    let environment = larder_build::python::test_environment(directory, &|_| {});
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(directory).env("LARDER_SOCKET", listening.path());
    let output = shell.envs(runtime.block_on(environment).unwrap()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn tests_of_several_processes_take_turns() {
    let project = copy_of("tests/guests/tested-python");
    let pytest = "python -W error -m pytest --quiet";
    let both = format!("{pytest} & first=$!; {pytest} && wait $first");
    let (code, said) = run(project.path(), &["KV"], &both);
    assert_eq!((code, said.matches("22 passed").count()), (Some(0), 2), "{said}");
}

fn without_a_store_a_call_says_how() {
    let directory = tempfile::tempdir().unwrap();
    let call = |socket: &str| {
        let mut python = Command::new("python3");
        python.args(["-c", "import larder_guest as l; l.Namespace('KV').get('k')"]);
        python.env("PYTHONPATH", root().join("guest/python/src"));
        let output = python.env("LARDER_SOCKET", socket).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = call("");
    assert!(said.contains("run under `larder test`, which sets it"), "{said}");
    let absent = directory.path().join("socket").display().to_string();
    let said = call(&absent);
    assert!(said.contains(&absent) && said.contains("No such file or directory"), "{said}");
}
