//! A disk in memory that fails when it is told to and loses its power at any moment.
//!
//! What it promises is what disks promise: what was written before a sync that succeeded is there
//! after a loss of power. Of what was written since, each part may be there or not, in any order.

mod image;

pub use image::Image;

use fastrand::Rng;
use redb::StorageBackend;
use std::fmt;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The disk. Its clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    live: Image,
    durable: Image,
    /// What `durable` has not of `live`, in its order.
    unsynced: Vec<Change>,
    /// How many operations there have been.
    operations: u64,
    /// Which of them fail.
    failing: Range<u64>,
    fault: Fault,
    /// How large the file may be, unless it may grow for ever.
    capacity: Option<u64>,
    moments_wanted: Vec<u64>,
    moments: Vec<Moment>,
    mark: u64,
    /// The file that has been written and not closed.
    in_use: Option<u64>,
    misuse: Option<String>,
}

/// A change of the file, as it was asked for.
#[derive(Clone)]
enum Change {
    Write { offset: u64, data: Arc<[u8]> },
    Length(u64),
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, and the error is EIO.
    #[default]
    Refused,
    /// What writes answers ENOSPC, the rest EIO; nothing is done.
    Full,
    /// A write does its first half, and then it and everything else is as [`Fault::Refused`].
    Short,
    /// As [`Fault::Refused`]; and when it is a sync, what was written since the last is shown and
    /// never comes to the disk, as some systems have it.
    Forgotten,
}

/// The disk as it was at one moment, when it may have lost its power.
#[derive(Clone)]
pub struct Moment {
    /// What was [marked](SimulatedDisk::mark) last.
    pub mark: u64,
    durable: Image,
    unsynced: Vec<Change>,
}

impl SimulatedDisk {
    /// A disk that holds `image`, all of it durable.
    pub fn new(image: Image) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.lock();
            state.durable = image.clone();
            state.live = image;
        }
        disk
    }

    /// Opens its one file.
    pub fn open(&self) -> io::Result<File> {
        static FILES: AtomicU64 = AtomicU64::new(1);
        self.lock().begin(false)?;
        Ok(File { disk: self.clone(), id: FILES.fetch_add(1, Ordering::Relaxed) })
    }

    /// Lets the `first` operation from now on, counted from 1, and those after it fail, so many
    /// `times`.
    pub fn fail(&self, first: u64, times: u64, fault: Fault) {
        let mut state = self.lock();
        let first = state.operations + first;
        (state.failing, state.fault) = (first..first.saturating_add(times), fault);
    }

    /// How many operations are still to fail, or to be done before they do; none when the fault is
    /// over.
    pub fn is_to_fail(&self) -> bool {
        let state = self.lock();
        state.operations + 1 < state.failing.end
    }

    /// Ends a fault.
    pub fn heal(&self) {
        self.lock().failing = 0..0;
    }

    /// Whether the fault has come yet.
    pub fn has_failed(&self) -> bool {
        let state = self.lock();
        !state.failing.is_empty() && state.operations >= state.failing.start
    }

    /// Lets the file take at most so many bytes of the disk, which are those of pages that were
    /// written and are not all zero.
    pub fn limit(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// Bytes that the file takes of the disk.
    pub fn bytes_taken(&self) -> u64 {
        self.lock().live.bytes_taken()
    }

    /// How many operations there have been.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Keeps the moments before these operations from now on, counted from 1.
    pub fn keep_moments(&self, operations: impl IntoIterator<Item = u64>) {
        let mut state = self.lock();
        let now = state.operations;
        state.moments_wanted = operations.into_iter().map(|operation| now + operation).collect();
    }

    /// The moments that were to be kept and have come.
    pub fn take_moments(&self) -> Vec<Moment> {
        std::mem::take(&mut self.lock().moments)
    }

    /// Now as a moment.
    pub fn moment(&self) -> Moment {
        self.lock().moment()
    }

    /// What moments carry from now on: how much of what was written has been answered.
    pub fn mark(&self, mark: u64) {
        self.lock().mark = mark;
    }

    /// What redb was seen to do that no file bears: to go on with one that is closed, or to have
    /// two at once.
    pub fn misuse(&self) -> Option<String> {
        self.lock().misuse.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Begins an operation, or fails it.
    fn begin(&mut self, writes: bool) -> io::Result<()> {
        self.operations += 1;
        if self.moments_wanted.contains(&self.operations) {
            let moment = self.moment();
            self.moments.push(moment);
        }
        if !self.failing.contains(&self.operations) {
            return Ok(());
        }
        Err(match self.fault {
            Fault::Full if writes => ErrorKind::StorageFull.into(),
            _ => io::Error::other("the simulated disk failed"),
        })
    }

    fn moment(&self) -> Moment {
        let Self { mark, durable, unsynced, .. } = self;
        Moment { mark: *mark, durable: durable.clone(), unsynced: unsynced.clone() }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.unsynced.push(change);
    }

    fn misused(&mut self, what: &str) {
        self.misuse.get_or_insert_with(|| what.to_owned());
    }
}

impl Change {
    fn apply(&self, image: &mut Image) {
        match self {
            Self::Write { offset, data } => image.write(*offset, data),
            Self::Length(bytes) => image.set_len(*bytes),
        }
    }
}

impl Moment {
    /// What is on the disk when the power has come back.
    pub fn lose_power(&self, rng: &mut Rng) -> Image {
        // Whole writes, pages, or sectors: each is there or not, whatever was written before or
        // after it. Where a place was written twice, it may so be as any of the writes left it.
        let unit = *[usize::MAX, 4096, 512].get(rng.usize(..3)).unwrap_or(&512);
        let kept_of_8 = *[0, 1, 4, 7, 8].get(rng.usize(..5)).unwrap_or(&4);
        let mut image = self.durable.clone();
        let mut lengths = vec![image.len()];
        for change in &self.unsynced {
            match change {
                Change::Write { offset, data } => {
                    let mut at = *offset;
                    for part in data.chunks(unit) {
                        if rng.u8(..8) < kept_of_8 {
                            image.write(at, part);
                        }
                        at += part.len() as u64;
                    }
                }
                Change::Length(bytes) => {
                    lengths.push(*bytes);
                    if *bytes < image.len() && rng.bool() {
                        image.set_len(*bytes);
                    }
                }
            }
        }
        // Which length the file has is told by another part of the disk than what it holds.
        image.set_len(lengths.get(rng.usize(..lengths.len())).copied().unwrap_or_default());
        image
    }

    /// What the file holds while the power stays on.
    pub fn keep_power(&self) -> Image {
        let mut image = self.durable.clone();
        self.unsynced.iter().for_each(|change| change.apply(&mut image));
        image
    }
}

/// The file of a disk, as one opening of it.
pub struct File {
    disk: SimulatedDisk,
    id: u64,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("id", &self.id).finish_non_exhaustive()
    }
}

impl File {
    /// The disk, for an operation on what the file holds.
    fn used(&self) -> MutexGuard<'_, State> {
        let mut state = self.disk.lock();
        match state.in_use {
            None => state.in_use = Some(self.id),
            Some(id) if id == self.id => {}
            Some(id) if id < self.id => state.misused("the file was opened twice"),
            Some(_) => state.misused("a file that was given up was gone on with"),
        }
        state
    }
}

impl StorageBackend for File {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.lock();
        state.begin(false)?;
        Ok(state.live.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        // A read may be under way when its file is given up.
        let mut state = self.disk.lock();
        state.begin(false)?;
        if offset + out.len() as u64 > state.live.len() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        state.live.read(offset, out);
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.used();
        state.begin(true)?;
        state.change(Change::Length(bytes));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.used();
        let begun = state.begin(true);
        if begun.is_err() && state.fault == Fault::Forgotten {
            state.unsynced.clear();
        }
        begun?;
        let unsynced = std::mem::take(&mut state.unsynced);
        unsynced.iter().for_each(|change| change.apply(&mut state.durable));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.used();
        let write = |data: &[u8]| Change::Write { offset, data: data.into() };
        if let Err(error) = state.begin(true) {
            if state.fault == Fault::Short {
                let (half, _) = data.split_at(data.len() / 2);
                state.change(write(half));
            }
            return Err(error);
        }
        if let Some(capacity) = state.capacity
            && state.live.bytes_taken() + state.live.bytes_new(offset, data.len()) > capacity
        {
            return Err(ErrorKind::StorageFull.into());
        }
        state.change(write(data));
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        if state.in_use == Some(self.id) {
            state.in_use = None;
        }
        Ok(())
    }
}
