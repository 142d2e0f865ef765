//! A disk of the caller's own in the place of a directory: what a test gives that is the disk.

use ::redb::{Builder, Database, DatabaseError, StorageBackend};
use std::fmt;
use std::io;

type Open = dyn Fn(&Builder) -> Result<Database, DatabaseError> + Send + Sync;

/// Opens the store's one file wherever it lies.
pub(super) struct Disk {
    open: Box<Open>,
    bytes: Box<dyn Fn() -> io::Result<u64> + Send + Sync>,
}

impl Disk {
    pub(super) fn new<B: StorageBackend>(
        file: impl Fn() -> io::Result<B> + Clone + Send + Sync + 'static,
    ) -> Self {
        let again = file.clone();
        Self {
            open: Box::new(move |builder| builder.create_with_backend(file()?)),
            bytes: Box::new(move || again()?.len()),
        }
    }

    pub(super) fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        (self.open)(builder)
    }

    pub(super) fn bytes(&self) -> io::Result<u64> {
        (self.bytes)()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
