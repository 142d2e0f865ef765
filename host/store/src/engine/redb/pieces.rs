//! Large values in pieces: who reads which blob, and blobs that are being written.

use super::current::Current;
use super::guard::Result;
use super::snapshot::Opened;
use super::worker::{Job, Request, Worker};
use crate::Head;
use crate::engine::{PieceReader, PieceWriter, Reply, Row, Staged, Value};
use crate::limits::PIECE_BYTES;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many readers have each blob open. One that is open is not freed, and no transaction needs
/// to be held for it, which would let the file grow.
#[derive(Default)]
pub(super) struct Readers(Mutex<HashMap<u64, usize>>);

impl Readers {
    pub(super) fn has(&self, blob: u64) -> bool {
        self.lock().contains_key(&blob)
    }

    fn leave(&self, blob: u64) {
        let mut open = self.lock();
        if let Some(count) = open.get_mut(&blob) {
            *count -= 1;
            if *count == 0 {
                open.remove(&blob);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a row's value. The snapshot is taken under the lock: a blob is freed only when a
    /// snapshot without it has been published and then, under the lock, nobody has it open.
    pub(super) fn open(
        &self,
        current: &Current,
        row: &Row,
        worker: &Worker,
    ) -> Result<Option<(Head, Box<dyn PieceReader>)>> {
        let mut open = self.lock();
        let Some((head, opened)) = current.read(|snapshot| snapshot.open(row))? else {
            return Ok(None);
        };
        let reader: Box<dyn PieceReader> = match opened {
            Opened::Value(value) => Box::new(value),
            Opened::Blob(blob) => {
                *open.entry(blob).or_default() += 1;
                Box::new(BlobReader { blob, worker: worker.clone(), last: Mutex::default() })
            }
        };
        Ok(Some((head, reader)))
    }
}

/// A reader of a blob. It keeps the piece it last read, since small reads follow one another.
struct BlobReader {
    blob: u64,
    worker: Worker,
    last: Mutex<Option<(u32, Bytes)>>,
}

impl BlobReader {
    fn piece(&self, number: u32) -> Result<Bytes> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, piece)) = &*last
            && *last == number
        {
            return Ok(piece.clone());
        }
        let piece =
            self.worker.shared.current.read(|snapshot| snapshot.piece(self.blob, number))?;
        *last = Some((number, piece.clone()));
        Ok(piece)
    }
}

impl PieceReader for BlobReader {
    fn read(&self, offset: u64, max: usize) -> Reply<'_, Bytes> {
        let number = u32::try_from(offset / PIECE_BYTES as u64).unwrap_or(u32::MAX);
        Reply::Ready(self.worker.told(self.piece(number)).map(|piece| {
            let start = ((offset % PIECE_BYTES as u64) as usize).min(piece.len());
            let end = start.saturating_add(max).min(piece.len());
            piece.slice(start..end)
        }))
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        self.worker.shared.readers.leave(self.blob);
    }
}

/// A blob that is being written; dropped before a row has it, it is given up.
pub(super) struct BlobWriter {
    blob: Abandoned,
    pieces: u32,
    size: u64,
}

struct Abandoned {
    blob: u64,
    worker: Worker,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.worker.submit_unasked(Job::Request(Request::Discard { blob: self.blob }));
    }
}

impl BlobWriter {
    pub(super) fn new(blob: u64, worker: Worker) -> Self {
        Self { blob: Abandoned { blob, worker }, pieces: 0, size: 0 }
    }
}

impl PieceWriter for BlobWriter {
    fn append(&mut self, piece: Bytes) -> Reply<'_, ()> {
        let (blob, number) = (self.blob.blob, self.pieces);
        self.pieces += 1;
        self.size += piece.len() as u64;
        let bytes = piece.len() as u64;
        self.blob
            .worker
            .submit(bytes, move |reply| Job::Request(Request::Stage { blob, number, piece, reply }))
    }

    fn finish(self: Box<Self>) -> Reply<'static, Value> {
        let (id, size) = (self.blob.blob, self.size);
        Reply::Ready(Ok(Value::Staged(Staged { id, size, guard: Box::new(self.blob) })))
    }
}
