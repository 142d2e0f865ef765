//! The binding as a guest meets it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod grants;
mod hooks;
mod limits;
mod linkers;
mod probe;
