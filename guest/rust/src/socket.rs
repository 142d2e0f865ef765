//! What the bindings are off Wasm: the contract's functions and resources over the socket of a
//! store, so that a guest's code runs in its own tests.
//!
//! The names and the shapes are those that `wit-bindgen` makes, and the types are its own. Nothing
//! is judged here: limits, TTLs and order are the store's, which answers.

mod ask;
mod connection;
mod namespace;
mod pieces;
mod refusal;
mod store;
mod wire;

pub(crate) use crate::bindings::larder::kv::store::{
    Check, CommitOutcome, Committed, Condition, Counter, DeleteOutcome, Entry, Error, Expiration,
    ExpireOperation, IncrementOperation, KeyInfo, ListOptions, ListPage, Operation, PutOperation,
    PutOptions, Quota, SizeLimit, Subject, WriteOutcome,
};
pub(crate) use namespace::Namespace;
pub(crate) use pieces::{Reader, Writer};
pub(crate) use store::{Clock, Store, store};

/// The names that are bound; none where no store answers, which [`Namespace::open`] then says.
pub(crate) fn bindings() -> Vec<String> {
    store().and_then(Store::bindings).unwrap_or_default()
}
