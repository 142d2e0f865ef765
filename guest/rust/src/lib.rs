#![doc = include_str!("../README.md")]
//!
//! ## What is where
//!
//! - [`Namespace`] has the operations, [`Put`] what a put may say, [`Commit`] several keys in one step.
//! - [`Namespace::keys`] and [`Namespace::entries`] iterate over any number of keys.
//! - [`Reader`] and [`Writer`] move large values in pieces, by the traits of `std::io`.
//! - [`Error`] is why something did not happen. A lost race is none: it is an outcome such as
//!   [`WriteOutcome::Conflict`].
//! - [`testing`], which a component does not have, sets the time and empties the namespaces in tests.
#![deny(missing_docs)]

mod commit;
mod entry;
mod error;
mod expiration;
mod iterate;
mod list;
mod namespace;
mod put;
mod reader;
#[cfg(not(target_family = "wasm"))]
mod socket;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod writer;

pub use commit::{Commit, CommitOutcome};
pub use entry::{Counter, Entry, KeyInfo, Version};
pub use error::{Error, Quota, Result, Subject};
pub use expiration::Expiration;
pub use iterate::{Entries, Keys};
pub use list::{List, ListPage};
pub use namespace::Namespace;
pub use put::{Condition, DeleteOutcome, Put, WriteOutcome};
pub use reader::Reader;
pub use writer::Writer;

/// The names that [`Namespace::open`] knows, in order. Off Wasm there are none while no store
/// answers; [`Namespace::open`] says why.
pub fn bindings() -> Vec<String> {
    bindings::store::bindings()
}

mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "larder:kv/imports",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
    #[cfg(not(target_family = "wasm"))]
    pub(crate) use crate::socket as store;
    #[cfg(target_family = "wasm")]
    pub(crate) use larder::kv::store;
}
