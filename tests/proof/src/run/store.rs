//! The stores that a case may run on.

use crate::operation::{BEGIN_MS, Case};
use larder_store::{BlockingLarder, Durability, Larder, ManualClock, Options, Result};
use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What a store is made of.
#[derive(Clone, Debug)]
pub enum Engine {
    /// The engine in memory.
    Memory,
    /// The engine on disk, on a disk that is memory.
    Disk,
    /// The engine on disk, in this directory, which is new.
    Directory(PathBuf),
}

/// A store that can be closed and opened again, unless it is only in memory.
pub(super) struct Store {
    place: Place,
    relaxed: bool,
    cached: bool,
    clock: Arc<ManualClock>,
    larder: Larder,
}

enum Place {
    Memory,
    Disk(Disk),
    Directory(PathBuf),
}

impl Store {
    pub(super) fn open(engine: Engine, case: &Case) -> Result<Self> {
        let place = match engine {
            Engine::Memory => Place::Memory,
            Engine::Disk => Place::Disk(Disk::default()),
            Engine::Directory(path) => Place::Directory(path),
        };
        let clock = Arc::new(ManualClock::new(BEGIN_MS));
        let larder = place.open(options(case.relaxed, case.cached, &clock))?;
        Ok(Self { place, relaxed: case.relaxed, cached: case.cached, clock, larder })
    }

    /// Opens the store again, which nobody has open.
    pub(super) fn open_again(&mut self) -> Result<()> {
        self.larder = self.place.open(options(self.relaxed, self.cached, &self.clock))?;
        Ok(())
    }

    /// Whether what it holds is still there when it is opened again.
    pub(super) fn persists(&self) -> bool {
        !matches!(self.place, Place::Memory)
    }

    pub(super) fn larder(&self) -> BlockingLarder {
        self.larder.blocking()
    }

    pub(super) fn clock(&self) -> &ManualClock {
        &self.clock
    }
}

fn options(relaxed: bool, cached: bool, clock: &Arc<ManualClock>) -> Options {
    let durability = if relaxed { Durability::Relaxed } else { Durability::Full };
    let cache_bytes = if cached { 4 << 20 } else { 0 };
    Options::new().durability(durability).cache_bytes(cache_bytes).clock(clock.clone())
}

impl Place {
    fn open(&self, options: Options) -> Result<Larder> {
        match self {
            Self::Memory => Ok(options.in_memory()),
            Self::Disk(disk) => {
                let disk = disk.clone();
                options.open_on(move || Ok(disk.clone()))
            }
            Self::Directory(path) => options.open(path),
        }
    }
}

/// A disk that is memory, and lasts as long as anybody has it.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<InMemoryBackend>);

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}
