//! The crate `larder-guest` off Wasm, over the socket of a store on disk: the whole contract, and
//! what a test's hand on the clock does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod convert;
mod host;
mod subject;
mod testing;

use larder_conformance::{CASES, Case};
use libtest_mimic::{Arguments, Trial};
use std::env;
use std::process::{Command, ExitCode};
use subject::NativeSubject;

/// Says that this is the process which runs the tests.
const INNER: &str = "LARDER_TEST_NATIVE";

/// The variable is read once in a process, so the tests run in one of their own that has it, one
/// after another, each with a server of its own behind the same socket.
fn main() -> ExitCode {
    if env::var_os(INNER).is_none() {
        return run_again();
    }
    let case = |&(name, run): &'static Case| {
        Trial::test(format!("contract::{name}"), move || {
            run(&NativeSubject::fresh());
            Ok(())
        })
    };
    let test = |&(name, run): &'static testing::Test| {
        Trial::test(format!("testing::{name}"), move || {
            run();
            Ok(())
        })
    };
    let trials = CASES.iter().map(case).chain(testing::TESTS.iter().map(test)).collect();
    let one_by_one = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&one_by_one, trials).exit_code()
}

fn run_again() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args(env::args_os().skip(1))
        .env(INNER, "1")
        .env("LARDER_SOCKET", directory.path().join("socket"))
        .status();
    if status.unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
