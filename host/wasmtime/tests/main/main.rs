//! The binding as a guest meets it.

mod grants;
mod hooks;
mod limits;
mod linkers;
mod probe;
