//! Values read and written in pieces.

use crate::engine::{PieceReader, PieceWriter, Usage, Value};
use crate::key::Row;
use crate::larder::Shared;
use crate::limits::PIECE_BYTES;
use crate::{Error, Head, KeyInfo, Namespace, PutOptions, Result, Version, WriteOutcome, entry};
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A value read in pieces. It keeps the value it was opened on, also when that is replaced,
/// deleted or expires meanwhile.
#[derive(Clone)]
pub struct Reader {
    info: KeyInfo,
    pieces: Arc<dyn PieceReader>,
    _kept: Option<Arc<KeptOpen>>,
}

impl Reader {
    pub(crate) fn new(info: KeyInfo, pieces: Box<dyn PieceReader>, kept: Option<KeptOpen>) -> Self {
        Self { info, pieces: pieces.into(), _kept: kept.map(Arc::new) }
    }

    /// The key as it was when the reader was opened.
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// At least one byte and at most `max` from `offset`; empty only at the end of the value.
    pub async fn read(&self, offset: u64, max: usize) -> Result<Bytes> {
        if max == 0 {
            return Err(Error::ReadZero);
        }
        if offset >= self.info.head.size {
            return Ok(Bytes::new());
        }
        self.pieces.read(offset, max).wait().await
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("info", &self.info).finish_non_exhaustive()
    }
}

/// The values of a namespace that readers keep on disk, each with its size and how many readers.
///
/// What is live fits into the quota, so that more than that can only be open when some of it has been
/// replaced, and is nowhere counted but here.
#[derive(Debug, Default)]
pub(crate) struct OpenValues(Mutex<HashMap<Opened, (u64, usize)>>);

/// A value, told from what was and will be under its key.
type Opened = (Row, Version);

/// A value that is counted as long as its reader is there.
pub(crate) struct KeptOpen {
    shared: Arc<Shared>,
    opened: Opened,
}

impl OpenValues {
    fn lock(&self) -> MutexGuard<'_, HashMap<Opened, (u64, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    /// Counts a value as open; one at a time always may be, whatever its size.
    pub(crate) async fn keep_open(&self, row: Row, head: &Head) -> Result<Option<KeptOpen>> {
        // Whoever opens a smaller one has a copy of it.
        if head.size <= PIECE_BYTES as u64 {
            return Ok(None);
        }
        let quota = self.record().await?.quota;
        let opened = (row, head.version);
        let mut values = self.shared.open_values.lock();
        if !values.is_empty() && !values.contains_key(&opened) {
            let open: u64 = values.values().map(|(size, _)| size).sum();
            let to = Usage { keys: 0, bytes: open + head.size };
            quota.expect_room(Usage::default(), to)?;
        }
        values.entry(opened.clone()).or_insert((head.size, 0)).1 += 1;
        Ok(Some(KeptOpen { shared: self.shared.clone(), opened }))
    }
}

impl Drop for KeptOpen {
    fn drop(&mut self) {
        let mut values = self.shared.open_values.lock();
        if let Some((_, readers)) = values.get_mut(&self.opened) {
            *readers -= 1;
            if *readers == 0 {
                values.remove(&self.opened);
            }
        }
    }
}

/// A value written in pieces. Only [`Writer::finish`] makes it visible; a dropped writer leaves no
/// trace. After an error it can only be dropped. It holds at most about half a megabyte in memory.
pub struct Writer {
    namespace: Namespace,
    row: Row,
    options: PutOptions,
    gathered: BytesMut,
    staged: Option<Box<dyn PieceWriter>>,
    unfinished: Unfinished,
    size: u64,
    failed: Option<Error>,
}

impl Writer {
    pub(crate) fn new(namespace: Namespace, row: Row, options: PutOptions) -> Self {
        let gathered = BytesMut::new();
        let unfinished = Unfinished { shared: namespace.shared.clone(), bytes: 0 };
        Self { namespace, row, options, gathered, staged: None, unfinished, size: 0, failed: None }
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds to the end of the value, which has at most 26,214,400 bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        // Until the write is through, the writer counts as failed: a dropped future would leave
        // nobody to say how far it got.
        self.failed = Some(Error::Unsupported { what: "go on with a write that was broken off" });
        let result = self.gather(chunk).await;
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// Makes what was written the key's value, if the condition holds.
    pub async fn finish(self) -> Result<WriteOutcome> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let value = match self.staged {
            None => Value::Bytes(self.gathered.freeze()),
            Some(mut staged) => {
                if !self.gathered.is_empty() {
                    staged.append(self.gathered.freeze()).wait().await?;
                }
                staged.finish().wait().await?
            }
        };
        self.namespace.put_value(self.row, value, self.options).await
    }

    async fn gather(&mut self, mut chunk: &[u8]) -> Result<()> {
        let size = self.size + chunk.len() as u64;
        entry::validate_size(size)?;
        self.size = size;
        while !chunk.is_empty() {
            if self.gathered.len() == PIECE_BYTES {
                self.hand_on().await?;
            }
            let room = (PIECE_BYTES - self.gathered.len()).min(chunk.len());
            let (fits, rest) = chunk.split_at(room);
            self.gathered.extend_from_slice(fits);
            chunk = rest;
        }
        Ok(())
    }

    async fn hand_on(&mut self) -> Result<()> {
        self.unfinished.add(self.gathered.len() as u64);
        let unfinished = self.unfinished.of_all();
        self.namespace.record().await?.quota.expect_room(Usage::default(), unfinished)?;
        let staged = match &mut self.staged {
            Some(staged) => staged,
            none => none.insert(self.namespace.engine.stage()?),
        };
        staged.append(self.gathered.split().freeze()).wait().await
    }
}

/// What a writer has handed on and not finished, counted with that of the namespace's others.
struct Unfinished {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Unfinished {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.shared.unfinished_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn of_all(&self) -> Usage {
        Usage { keys: 0, bytes: self.shared.unfinished_bytes.load(Ordering::Relaxed) }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.shared.unfinished_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("row", &self.row)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
