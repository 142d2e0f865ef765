//! Guests in JavaScript, as their authors have them: sources in, HTTP out, through the real command.
//!
//! A harness of its own, so that what cannot run on a machine without Node.js is reported as ignored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod copy;
mod http;
#[expect(dead_code, reason = "it is shared with tests/cli, which needs more of it")]
#[path = "../cli/project.rs"]
mod project;
mod seeds;
#[expect(dead_code, reason = "it is shared with tests/cli, which needs more of it")]
#[path = "../cli/server.rs"]
mod server;
mod workers_kv;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = [seeds::tests(), workers_kv::tests()].into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}
