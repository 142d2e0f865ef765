//! Every proxy guest, through wasmtime on an engine on disk: the whole contract, and what a guest
//! alone can see of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod convert;
mod grants;
mod guest;

use larder_conformance::conformance_tests;

/// All tests of one proxy guest, by the package that builds it.
macro_rules! proxy_tests {
    ($guest:ident, $package:literal) => {
        mod $guest {
            use super::*;

            conformance_tests!(contract, || guest::GuestSubject::fresh($package));
            crate::grants::grant_tests!($package);
        }
    };
}

proxy_tests!(rust, "tests/guests/proxy-rust");
