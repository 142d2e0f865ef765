//! The contract of `larder:kv` as code: small cases, one behaviour each, which every way to a
//! namespace has to pass.
//!
//! A [`Subject`] is such a way: an engine behind `larder-store`, a guest component of some
//! language behind `larder-wasmtime`. A test file names one and says how a fresh one is made, and
//! gets a `#[test]` for every case (or the list of them, [`CASES`], for a harness of its own):
//!
//! ```
//! use larder_conformance::{START_MS, StoreSubject, conformance_tests};
//! use larder_store::{ManualClock, Options};
//! use std::sync::Arc;
//!
//! conformance_tests!(memory, || {
//!     let clock = Arc::new(ManualClock::new(START_MS));
//!     StoreSubject::new(Options::new().clock(clock.clone()).in_memory(), clock, ())
//! });
//! # fn main() {}
//! ```
//!
//! To add a case, write the function in `cases/<topic>.rs` and its name in `cases.rs`: without the
//! name it is dead code, which this crate refuses to compile.

#![deny(dead_code)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case fails by a panic, and nothing but tests uses this crate"
)]

pub mod cases;
mod error;
mod store_subject;
mod subject;

pub use cases::{CASES, Case};
pub use error::{Error, Limited};
pub use store_subject::StoreSubject;
pub use subject::{
    Counter, Entry, KeyInfo, MAIN, Page, PieceReader, PieceWriter, START_MS, START_SECONDS, Subject,
};

/// A result as a subject gives it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A module of that name with a `#[test]` for every case. `$fresh` makes a subject on an empty
/// namespace, whose clock stands at [`START_MS`].
#[macro_export]
macro_rules! conformance_tests {
    ($subject:ident, $fresh:expr) => {
        mod $subject {
            #[allow(unused_imports, reason = "for the names that the expression uses")]
            use super::*;

            fn fresh() -> impl $crate::Subject {
                ($fresh)()
            }

            $crate::test_every_case!();
        }
    };
}
