//! Key-value namespaces on disk: values with TTL, metadata and versions, listing by prefix, bulk
//! reads, counters and atomic commits. What Workers KV is to a Worker, for a Rust program.
//!
//! ```
//! use larder_store::{Larder, ListOptions, PutOptions};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), larder_store::Error> {
//! # let directory = tempfile::tempdir().unwrap();
//! let larder = Larder::open(directory.path())?;
//! let sessions = larder.blocking().open_or_create("sessions")?.blocking();
//!
//! let options = PutOptions::new().ttl(Duration::from_secs(1800)).metadata(r#"{"user":1}"#);
//! sessions.put_with("session:abc", "…", options)?;
//! let page = sessions.list(&ListOptions::prefix("session:"))?;
//! assert_eq!(page.keys[0].name, "session:abc");
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! - [`Larder`] is an open store, [`Namespace`] a handle on one namespace of it: all operations,
//!   async, and with `blocking()` for code that does not await.
//! - [`limits`] has every limit, [`Expiration`] the arithmetic of TTLs, [`Clock`] the time.
//! - [`engine`] is the seam below: an ordered map with atomic writes, in memory
//!   ([`engine::memory`]) or on disk ([`engine::redb`]).
//!
//! The semantics in prose are in `wit/README.md` of the repository, the format on disk in the
//! README of this crate.

#![deny(missing_docs)]

mod blocking;
mod clock;
mod commit;
pub mod engine;
mod entry;
mod error;
mod expiration;
mod key;
mod larder;
pub mod limits;
mod list;
mod namespace;
mod namespaces;
mod pieces;
mod quota;
mod write;

pub use blocking::{BlockingLarder, BlockingNamespace, BlockingReader, BlockingWriter};
pub use clock::{Clock, ManualClock, SystemClock};
pub use commit::{
    Check, CommitOutcome, Counter, DeleteOutcome, Operation, PutOptions, WriteOutcome,
};
pub use entry::{Entry, Head, KeyInfo, Version};
pub use error::{Error, ErrorKind, Result, Subject};
pub use expiration::{Expiration, UnixMillis};
pub use larder::{Durability, Larder, NamespaceInfo, Options};
pub use list::{DeletedPage, ListOptions, ListPage};
pub use namespace::Namespace;
pub use namespaces::is_namespace_id;
pub use pieces::{Reader, Writer};
pub use quota::Quota;
pub use write::Condition;
