//! Guests in each language, as their authors have them: sources in, answers out, through the real
//! command.
//!
//! A harness of its own, so that what cannot run without a language's toolchain is reported as
//! ignored.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod c;
mod copy;
mod http;
mod javascript;
mod node;
#[expect(dead_code, reason = "it is shared with tests/cli, which needs more of it")]
#[path = "../cli/project.rs"]
mod project;
mod python;
mod quickjs;
mod requests;
mod seeds;
#[expect(dead_code, reason = "it is shared with tests/cli, which needs more of it")]
#[path = "../cli/server.rs"]
mod server;
mod templates;
#[path = "../cli/tour.rs"]
mod tour;
mod workers_kv;
mod wrangler;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = [
        c::tests(),
        javascript::tests(),
        node::tests(),
        python::tests(),
        quickjs::tests(),
        requests::tests(),
        seeds::tests(),
        templates::tests(),
        workers_kv::tests(),
        wrangler::tests(),
    ];
    let tests = tests.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}
