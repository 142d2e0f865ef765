#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! - [`listen`] and [`Server`]: a store and what it answers; [`socket`]: where.
//! - [`wire`]: what requests and answers are made of; [`record`]: the lines of exports and imports.
//! - [`client`]: the other end, for tools.
#![deny(missing_docs)]

#[cfg(unix)]
mod answering;
mod backup;
mod bindings;
pub mod client;
mod export;
mod failure;
mod handles;
mod import;
mod operations;
mod owner;
pub mod record;
mod rest;
mod routes;
pub mod socket;
mod target;
mod testing;
mod values;
pub mod wire;

pub use backup::Copied;
pub use bindings::Bindings;
pub use failure::ErrorBody;
pub use import::{IMPORT_RECORDS_MAX, Imported};
pub use operations::{DeletedBatch, Page};
pub use owner::{About, Checked, CompactedFile, Now};
pub use socket::Listening;
pub use testing::{ForTests, Seed};

use axum::Router;
use handles::Handles;
use larder_store::Larder;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Answers on the socket in the directory of a store until the answer is dropped or closed. To be
/// called within a tokio runtime.
///
/// # Errors
///
/// When the store is in memory: [`Server::listen_at`] says where. When there can be no socket.
pub fn listen(larder: &Larder) -> io::Result<Listening> {
    Server::new(larder).listen()
}

/// What is answered for a store.
#[derive(Clone, Debug)]
pub struct Server {
    larder: Larder,
    bindings: Bindings,
    tests: Option<ForTests>,
}

/// What the handlers of requests share.
pub(crate) struct Shared {
    larder: Larder,
    bindings: Bindings,
    tests: Option<ForTests>,
    handles: Handles,
}

impl Server {
    /// Everything that a store's owner may do, and no bindings.
    pub fn new(larder: &Larder) -> Self {
        Self { larder: larder.clone(), bindings: Bindings::default(), tests: None }
    }

    /// Also what a guest may do who was granted `bindings`.
    pub fn bindings(self, bindings: Bindings) -> Self {
        Self { bindings, ..self }
    }

    /// Also what tests may do.
    pub fn for_tests(self, tests: ForTests) -> Self {
        Self { tests: Some(tests), ..self }
    }

    /// The routes, to be served in another way or called directly.
    pub fn router(self) -> Router {
        let Self { larder, bindings, tests } = self;
        routes::router(Arc::new(Shared { larder, bindings, tests, handles: Handles::default() }))
    }

    /// As [`listen`].
    pub fn listen(self) -> io::Result<Listening> {
        let directory = self.larder.directory().ok_or_else(|| {
            let message =
                "a store in memory has no directory for its socket: say where it is to be";
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })?;
        Listening::in_directory(&directory, self.router())
    }

    /// Answers on a socket at `path`, where a socket that nobody answers on is replaced.
    pub fn listen_at(self, path: impl AsRef<Path>) -> io::Result<Listening> {
        Listening::at(path.as_ref(), self.router())
    }
}

#[cfg(test)]
mod transfer_tests;
