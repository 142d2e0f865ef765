//! What one guest may take of its host at a time.

use crate::bindings as wit;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one guest may take of its host at a time, all its instances together unless it says "each".
/// Set with [`KvGrantsBuilder::limits`](crate::KvGrantsBuilder::limits); what all guests may take
/// together is for the embedder to add up.
///
/// Reads need no limit of their own: a value is on its way for as long as it is copied into the
/// guest's memory, so there are at most as many as there are threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvLimits {
    /// Writes that are under way or wait for their turn; beyond that a guest is told
    /// `too-many-requests`. 256 by default.
    pub writes: u32,
    /// Bytes of keys, values and metadata that these hold in the host's memory; further writes wait
    /// before they are copied out of the guest's, in their order. A write that is larger than this
    /// waits until it is alone. 32 MiB by default.
    pub write_bytes: u64,
    /// Readers and writers that are open; beyond that a guest is told `too-many-requests`. Each
    /// holds up to about half a megabyte. 256 by default.
    pub pieces: u32,
    /// Readers and writers that each instance may have open, likewise. 64 by default.
    pub pieces_each: u32,
    /// Handles on namespaces that each instance may have open, likewise. 1000 by default.
    pub namespaces_each: u32,
}

impl Default for KvLimits {
    fn default() -> Self {
        Self {
            writes: 256,
            write_bytes: 32 << 20,
            pieces: 256,
            pieces_each: 64,
            namespaces_each: 1000,
        }
    }
}

/// How long a guest is to wait, in milliseconds, when it has too many writes under way.
const RETRY_MS: u32 = 10;
/// Waiting makes no room for what the guest itself has open: it must drop something.
const DROP_SOMETHING: u32 = 0;

/// What the instances of one guest have taken of its limits.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) limits: KvLimits,
    writes: Arc<Semaphore>,
    /// In units of [`UNIT_BYTES`].
    write_bytes: Arc<Semaphore>,
    units: u32,
    pieces: Arc<Semaphore>,
}

const UNIT_BYTES: u64 = 1024;

/// A guest's turn to write; over when it is dropped.
#[must_use]
#[derive(Debug)]
pub(crate) struct Turn {
    _write: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// The room that a reader or writer in pieces takes while it is open.
#[derive(Debug)]
pub(crate) struct PieceRoom {
    _permit: OwnedSemaphorePermit,
}

impl Room {
    pub(crate) fn new(limits: KvLimits) -> Self {
        let units = u32::try_from(limits.write_bytes / UNIT_BYTES).unwrap_or(u32::MAX).max(1);
        let semaphore = |permits: u32| {
            let permits = usize::try_from(permits).unwrap_or(usize::MAX);
            Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
        };
        Self {
            limits,
            writes: semaphore(limits.writes),
            write_bytes: semaphore(units),
            units,
            pieces: semaphore(limits.pieces),
        }
    }

    /// Waits until a write of so many bytes may be copied out of the guest's memory.
    pub(crate) async fn turn(&self, bytes: usize) -> Result<Turn, wit::Error> {
        let too_many = |_| wit::Error::TooManyRequests(RETRY_MS);
        let write = self.writes.clone().try_acquire_owned().map_err(too_many)?;
        let units = u32::try_from(bytes as u64 / UNIT_BYTES).unwrap_or(u32::MAX);
        let units = units.saturating_add(1).min(self.units);
        let bytes = self.write_bytes.clone().acquire_many_owned(units).await;
        Ok(Turn { _write: write, _bytes: bytes.map_err(|_| wit::Error::Unavailable)? })
    }

    /// Room for another reader or writer in an instance that has so many.
    pub(crate) fn pieces(&self, open: u32) -> Result<PieceRoom, wit::Error> {
        let too_many = wit::Error::TooManyRequests(DROP_SOMETHING);
        if open >= self.limits.pieces_each {
            return Err(too_many);
        }
        let permit = self.pieces.clone().try_acquire_owned().map_err(|_| too_many)?;
        Ok(PieceRoom { _permit: permit })
    }

    /// Refuses another handle on a namespace in an instance that has so many.
    pub(crate) fn expect_namespace(&self, open: u32) -> Result<(), wit::Error> {
        match open < self.limits.namespaces_each {
            true => Ok(()),
            false => Err(wit::Error::TooManyRequests(DROP_SOMETHING)),
        }
    }
}
