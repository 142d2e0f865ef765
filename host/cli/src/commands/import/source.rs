//! Reading a file of records, ahead of whoever writes them and not further than a batch.

use super::{array, lines};
use crate::output;
use anyhow::{Context as _, Result};
use larder_server::IMPORT_RECORDS_MAX;
use larder_server::record::{Origin, Record};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tokio::sync::mpsc;

/// A batch is full with so many bytes, or as many records as a request takes.
const BATCH_BYTES: usize = 4 << 20;
/// How much of the file is read at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// What is found in a file, in its order.
pub enum Found {
    /// Whose the following records are.
    Origin(Place, Origin),
    Records(Batch),
    /// What is no record, and why.
    Bad(Place, String),
}

/// Records for one request.
#[derive(Default)]
pub struct Batch {
    /// Where each was found.
    pub places: Vec<Place>,
    pub lines: Vec<u8>,
}

/// Where in a file.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// By number from 1.
    Line(u64),
    /// Of an array, by number from 0, as wrangler counts.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Item(index) => write!(f, "item {index}"),
        }
    }
}

/// A file that is open.
pub struct Source {
    file: Box<dyn Read + Send>,
    /// How many there are, where that is known.
    pub bytes: Option<u64>,
}

/// What is read on a thread of its own.
pub struct Reading {
    found: mpsc::Receiver<Result<Found>>,
    tally: Arc<Tally>,
}

/// What has been read of a file, and how far it may be.
#[derive(Debug, Default)]
pub struct Tally {
    bytes: AtomicU64,
    bytes_max: AtomicU64,
}

impl Source {
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { file: Box::new(io::stdin()), bytes: None });
        }
        let open = || {
            // Opening a directory succeeds.
            let found = fs::metadata(path)?;
            if found.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            Ok((File::open(path)?, found.is_file().then_some(found.len())))
        };
        let (file, bytes) =
            open().with_context(|| format!("cannot read {}", output::path(path)))?;
        Ok(Self { file: Box::new(file), bytes })
    }

    /// Begins to read.
    pub fn read(self) -> Result<Reading> {
        let tally = Arc::<Tally>::default();
        tally.allow(u64::MAX);
        // One that is being written, one that waits, one that is being read: of records as large as
        // can be that is much.
        let (sender, found) = mpsc::channel(1);
        let reader = Tallied { inner: self.file, tally: Arc::clone(&tally) };
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        let mut sink = Sink { sender, batch: Batch::default() };
        let also = Arc::clone(&tally);
        thread::Builder::new().name("larder-import".into()).spawn(move || {
            if let Err(Stop::Failed(error)) = read(reader, &mut sink, &also) {
                // What stands before the failure counts.
                let _ = sink.flush().map(|()| sink.sender.blocking_send(Err(error)));
            }
        })?;
        Ok(Reading { found, tally })
    }
}

impl Reading {
    pub async fn next(&mut self) -> Option<Result<Found>> {
        self.found.recv().await
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.tally.bytes.load(Ordering::Relaxed)
    }
}

impl Tally {
    /// Lets so many more bytes be read.
    pub fn allow(&self, bytes: u64) {
        let read = self.bytes.load(Ordering::Relaxed);
        self.bytes_max.store(read.saturating_add(bytes), Ordering::Relaxed);
    }
}

struct Tallied {
    inner: Box<dyn Read + Send>,
    tally: Arc<Tally>,
}

impl Read for Tallied {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Tally { bytes, bytes_max } = &*self.tally;
        if bytes.load(Ordering::Relaxed) > bytes_max.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.inner.read(buffer)?;
        bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Why reading ends before the file does.
pub enum Stop {
    Failed(anyhow::Error),
    /// Nobody wants the rest.
    Unwanted,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(anyhow::Error::new(error).context("cannot read on"))
    }
}

fn read(mut reader: BufReader<Tallied>, sink: &mut Sink, tally: &Tally) -> Result<(), Stop> {
    let mut newlines = 0;
    let first = loop {
        let Some(byte) = reader.fill_buf()?.first().copied() else { return Ok(()) };
        if !byte.is_ascii_whitespace() {
            break byte;
        }
        newlines += u64::from(byte == b'\n');
        reader.consume(1);
    };
    match first {
        b'[' => array::read(reader, newlines, tally, sink)?,
        _ => lines::read(reader, newlines, sink)?,
    }
    sink.flush()
}

/// Where what is found goes.
pub struct Sink {
    sender: mpsc::Sender<Result<Found>>,
    batch: Batch,
}

impl Sink {
    pub fn record(&mut self, place: Place, record: &Record) -> Result<(), Stop> {
        record.write(&mut self.batch.lines);
        self.batch.places.push(place);
        let Batch { places, lines } = &self.batch;
        if places.len() == IMPORT_RECORDS_MAX || lines.len() >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// What is not a record, after those before it.
    pub fn other(&mut self, found: Found) -> Result<(), Stop> {
        self.flush()?;
        self.send(found)
    }

    fn flush(&mut self) -> Result<(), Stop> {
        match std::mem::take(&mut self.batch) {
            batch if batch.places.is_empty() => Ok(()),
            batch => self.send(Found::Records(batch)),
        }
    }

    fn send(&mut self, found: Found) -> Result<(), Stop> {
        self.sender.blocking_send(Ok(found)).map_err(|_| Stop::Unwanted)
    }
}
