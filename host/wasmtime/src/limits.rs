//! What one guest may take of its host at a time.

use crate::bindings as wit;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one guest may take of its host at a time, all its instances together unless it says "each".
/// Set with [`KvGrantsBuilder::limits`](crate::KvGrantsBuilder::limits); what all guests may take
/// together is for the embedder to add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvLimits {
    /// Writes that are under way or wait for their turn; beyond that a guest is told
    /// `too-many-requests`. 256 by default.
    pub writes: u32,
    /// Bytes of keys, values and metadata that these hold in the host's memory; further writes wait
    /// before they are copied out of the guest's, in their order. A write that is larger than this
    /// waits until it is alone. 32 MiB by default.
    pub write_bytes: u64,
    /// Bytes of values that have been read and are on their way into the guest's memory, where its
    /// own allocator is to find room for them and may take its time; further reads wait. Only
    /// answers of more than 64 KiB count. One that is larger than this waits until it is alone.
    /// 64 MiB by default.
    pub read_bytes: u64,
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
            read_bytes: 64 << 20,
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
    write_bytes: Bounded,
    read_bytes: Bounded,
    pieces: Arc<Semaphore>,
}

/// Bytes of which so many may be taken at a time.
#[derive(Debug)]
struct Bounded {
    /// In units of [`UNIT_BYTES`].
    free: Arc<Semaphore>,
    all: u32,
}

const UNIT_BYTES: u64 = 1024;

/// Answers up to this size are on their way into the guest's memory without being counted.
const UNCOUNTED_BYTES: usize = 64 << 10;

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

/// The room that what was read takes until it is in the guest's memory.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct OnItsWay {
    permit: Option<Arc<OwnedSemaphorePermit>>,
    bytes: usize,
}

/// A value, and the room that it takes as long as it is there.
struct Counted {
    value: Bytes,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.value
    }
}

impl OnItsWay {
    /// Whether so many bytes may be on their way.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        bytes <= self.bytes.max(UNCOUNTED_BYTES)
    }

    /// The value, which takes the room until it is dropped.
    pub(crate) fn counted(&self, value: Bytes) -> Bytes {
        match &self.permit {
            Some(permit) => Bytes::from_owner(Counted { value, _permit: permit.clone() }),
            None => value,
        }
    }
}

fn semaphore(permits: u32) -> Arc<Semaphore> {
    let permits = usize::try_from(permits).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

impl Bounded {
    fn new(bytes: u64) -> Self {
        let all = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX).max(1);
        Self { free: semaphore(all), all }
    }

    /// What is more than all there is takes all there is.
    fn units(&self, bytes: usize) -> u32 {
        let units = u32::try_from(bytes as u64 / UNIT_BYTES).unwrap_or(u32::MAX);
        units.saturating_add(1).min(self.all)
    }

    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, wit::Error> {
        let taken = self.free.clone().acquire_many_owned(self.units(bytes)).await;
        taken.map_err(|_| wit::Error::Unavailable)
    }

    fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        self.free.clone().try_acquire_many_owned(self.units(bytes)).ok()
    }
}

impl Room {
    pub(crate) fn new(limits: KvLimits) -> Self {
        Self {
            limits,
            writes: semaphore(limits.writes),
            write_bytes: Bounded::new(limits.write_bytes),
            read_bytes: Bounded::new(limits.read_bytes),
            pieces: semaphore(limits.pieces),
        }
    }

    /// Waits until a write of so many bytes may be copied out of the guest's memory.
    pub(crate) async fn turn(&self, bytes: usize) -> Result<Turn, wit::Error> {
        let too_many = |_| wit::Error::TooManyRequests(RETRY_MS);
        let write = self.writes.clone().try_acquire_owned().map_err(too_many)?;
        Ok(Turn { _write: write, _bytes: self.write_bytes.take(bytes).await? })
    }

    /// Room for so many bytes that have been read, if there is some now.
    pub(crate) fn on_its_way(&self, bytes: usize) -> Option<OnItsWay> {
        let permit = self.read_bytes.try_take(bytes)?;
        Some(OnItsWay { permit: Some(Arc::new(permit)), bytes })
    }

    /// Waits for room for so many bytes that are to be read.
    pub(crate) async fn wait_to_read(&self, bytes: usize) -> Result<OnItsWay, wit::Error> {
        let permit = self.read_bytes.take(bytes).await?;
        Ok(OnItsWay { permit: Some(Arc::new(permit)), bytes })
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
