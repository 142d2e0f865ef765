//! Every proxy guest on an engine on disk, through wasmtime or, off Wasm, over the socket of its
//! store: the whole contract, and what a guest alone can see of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod beside;
mod convert;
mod grants;
mod guest;
mod program;
mod state;

use guest::GuestSubject;
use larder_conformance::{CASES, Case};
use larder_test_guests::{PROXIES, Proxy};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = PROXIES.iter().filter(|proxy| proxy.conforms).flat_map(trials_of).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// All tests of one proxy guest.
fn trials_of(proxy: &'static Proxy) -> impl Iterator<Item = Trial> {
    let toolchain = (proxy.toolchain)();
    let case = |&(name, run): &'static Case| {
        let on_fresh = move || run(&GuestSubject::fresh(proxy));
        toolchain.trial(format!("{}::contract::{name}", proxy.language), on_fresh)
    };
    let grant = |&(name, run): &'static grants::Test| {
        toolchain.trial(format!("{}::grants::{name}", proxy.language), move || run(proxy))
    };
    let trials: Vec<Trial> =
        CASES.iter().map(case).chain(grants::TESTS.iter().map(grant)).collect();
    trials.into_iter()
}
