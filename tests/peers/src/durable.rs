//! Durable puts of 100 bytes: what the disk, redb, other engines and the store take for each.
//!
//! All write the same keys to the same disk in turns of a few milliseconds, so that what else goes
//! on there meets all of them; each figure is the median of the turns.

mod in_guests;
mod log;
mod peers;

use crate::guest::Guest;
use crate::measure::Measured;
use crate::report::Section;
use crate::{Extent, Plan};
use anyhow::Result;
use in_guests::InGuests;
use log::LogInFront;
use peers::{Disk, Fjall, Larder, OnAThread, REDB_ON_A_THREAD, RawRedb, Sqlite};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many keys there are before it is measured.
const KEYS: u64 = 10_000;
const VALUE_BYTES: usize = 100;
/// Puts in a turn, at least; a batch may be more.
const PUTS_OF_A_TURN: usize = 32;
/// Batches in a turn, at least.
const BATCHES_OF_A_TURN: usize = 16;

/// Which keys are put.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    /// Those that are there, uniformly.
    Overwritten,
    /// New ones, in no order.
    Fresh,
}

/// One put.
#[derive(Clone)]
struct Put {
    key: String,
    value: [u8; VALUE_BYTES],
}

/// What can write batches of puts so that each is on disk before the next.
trait Peer {
    fn name(&self) -> &'static str;
    /// What it is compared with, and how many times the time of that it may take.
    fn against(&self) -> &[(&'static str, Option<f64>)];
    /// Each batch has as many puts, and is on disk when it is done.
    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()>;
}

const ABOUT: &str = "\
A put of 100 bytes that is on disk when it is answered, alone and 64 at once, on the disk where this \
repository lies; times are of one put. *Raw redb* writes the rows that the store writes, one transaction \
and one sync a batch, in the calling thread. The guests are instances that put again and again, on two \
threads.";

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    let time = match plan.extent {
        Extent::Short => Duration::from_secs(6),
        Extent::Full | Extent::Long => Duration::from_secs(25),
    };
    let guest = Arc::new(Guest::pooled()?);
    let mut section = Section::new("Durable puts", ABOUT);
    for keys in [Keys::Overwritten, Keys::Fresh] {
        for writers in [1, 64] {
            measure(plan, &guest, &mut section, (keys, writers), time)?;
        }
    }
    Ok(vec![section])
}

fn measure(
    plan: &Plan,
    guest: &Arc<Guest>,
    section: &mut Section,
    (keys, writers): (Keys, usize),
    time: Duration,
) -> Result<()> {
    let directory = tempfile::tempdir_in(&plan.scratch)?;
    let path = directory.path();
    let mut peers: Vec<Box<dyn Peer>> = vec![
        Box::new(Disk::new(path)?),
        Box::new(RawRedb::new(&path.join("raw.redb"))?),
        Box::new(OnAThread::new(REDB_ON_A_THREAD, RawRedb::new(&path.join("thread.redb"))?)),
        Box::new(Larder::new(path)?),
        Box::new(InGuests::puts(path, guest, keys == Keys::Fresh)?),
        Box::new(InGuests::increments(path, guest, keys == Keys::Fresh)?),
        Box::new(LogInFront::new(path)?),
        Box::new(Fjall::new(path)?),
        Box::new(Sqlite::new(path)?),
    ];
    let mut source = Source { rng: fastrand::Rng::with_seed(7), fresh: KEYS };
    let first: Vec<Vec<Put>> = (0..KEYS / 500)
        .map(|batch| (0..500).map(|number| source.put(batch * 500 + number)).collect())
        .collect();
    for peer in &mut peers {
        peer.write(&first)?;
    }
    let mut turns = vec![Vec::new(); peers.len()];
    let begun = Instant::now();
    while turns[0].is_empty() || begun.elapsed() < time {
        let batches = source.turn(keys, writers);
        let puts = (batches.len() * writers) as f64;
        for (peer, turns) in peers.iter_mut().zip(&mut turns) {
            let begun = Instant::now();
            peer.write(&batches)?;
            turns.push(begun.elapsed().as_secs_f64() / puts);
        }
    }
    report(section, &peers, turns, keys, writers);
    Ok(())
}

fn report(
    section: &mut Section,
    peers: &[Box<dyn Peer>],
    turns: Vec<Vec<f64>>,
    keys: Keys,
    writers: usize,
) {
    let keys = match keys {
        Keys::Overwritten => "10 k keys overwritten",
        Keys::Fresh => "fresh keys",
    };
    let measured = peers.iter().zip(turns).map(|(peer, turns)| Measured::of(peer.name(), turns));
    let measured: Vec<_> = measured.collect();
    for (peer, ours) in peers.iter().zip(&measured) {
        for (against, goal) in peer.against() {
            if let Some(theirs) = measured.iter().find(|other| other.name == *against) {
                let what = format!("{}, {writers} at once, {keys}", peer.name());
                section.time(&what, ours, theirs, *goal);
            }
        }
    }
}

/// Where puts come from.
struct Source {
    rng: fastrand::Rng,
    /// The number of the next key that was never put.
    fresh: u64,
}

impl Source {
    fn turn(&mut self, keys: Keys, writers: usize) -> Vec<Vec<Put>> {
        let batches = (PUTS_OF_A_TURN / writers).max(BATCHES_OF_A_TURN);
        let mut put = || {
            let number = match keys {
                Keys::Overwritten => self.rng.u64(..KEYS),
                Keys::Fresh => {
                    self.fresh += 1;
                    self.fresh
                }
            };
            self.put(number)
        };
        (0..batches).map(|_| (0..writers).map(|_| put()).collect()).collect()
    }

    /// The keys of numbers that follow one another do not.
    fn put(&mut self, number: u64) -> Put {
        let mut value = [0; VALUE_BYTES];
        self.rng.fill(&mut value);
        Put { key: format!("key:{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)), value }
    }
}
