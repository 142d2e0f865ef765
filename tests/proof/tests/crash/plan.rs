//! What each life of the writing process is to be, and when it ends: all of it follows from a seed.

use crate::action::WRITERS;
use crate::report::{Long, Report};
use larder_store::Durability;
use larder_store::engine::redb::RELAXED_WINDOW_MS;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tells the writing process what to do.
pub const LIFE: &str = "LARDER_CRASH_LIFE";
/// Where its store lies.
pub const ROOT: &str = "LARDER_CRASH_ROOT";

/// What goes on beside the writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing.
    Alone,
    /// Now and then a sweep, a flush, a check, a compaction.
    Steady,
    /// One compaction after another.
    Compacting,
    /// Backups.
    BackingUp,
    /// The writers pause, until the file has been made ready for a quick opening.
    Pausing,
}

const LOADS: [Load; 5] =
    [Load::Alone, Load::Steady, Load::Compacting, Load::BackingUp, Load::Pausing];

/// When the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after it was started.
    After(Duration),
    /// So long after it has begun what its load is about, for the `nth` time.
    Within { nth: usize, after: Duration },
}

/// One life of the writing process.
#[derive(Clone, Debug)]
pub struct Life {
    pub seed: u64,
    pub store: PathBuf,
    pub durability: Durability,
    pub load: Load,
    /// Whether namespaces are made and deleted, each of which is durable and all before it.
    pub namespaces: bool,
    /// How many actions of each writer the store holds already.
    pub done: [u64; WRITERS + 1],
}

impl Life {
    /// The `number`-th life of a store, and its end.
    pub fn plan(root: &Path, seed: u64, number: u64, done: [u64; WRITERS + 1]) -> (Self, Moment) {
        let mut rng = fastrand::Rng::with_seed(seed ^ (number << 32));
        let relaxed = rng.u8(..3) == 0;
        let load = match rng.u8(..10) {
            part if part < 3 || (relaxed && part < 6) => Load::Alone,
            ..5 => Load::Steady,
            5..7 => Load::Compacting,
            7..9 => Load::BackingUp,
            _ => Load::Pausing,
        };
        // Every third kills the opening itself, which is a recovery.
        let moment = if number.is_multiple_of(3) {
            Moment::After(Duration::from_millis(rng.u64(..80)))
        } else {
            match load {
                // Within the first window of a relaxed store, little is durable.
                Load::Alone if relaxed && rng.bool() => Moment::Within {
                    nth: 1,
                    after: Duration::from_millis(rng.u64(..RELAXED_WINDOW_MS)),
                },
                Load::Alone | Load::Steady => {
                    Moment::After(Duration::from_millis(rng.u64(80..1_200)))
                }
                Load::Pausing => {
                    Moment::Within { nth: 1, after: Duration::from_millis(rng.u64(1_000..1_350)) }
                }
                Load::Compacting => Moment::Within {
                    nth: rng.usize(1..4),
                    after: Duration::from_micros(rng.u64(..80_000)),
                },
                Load::BackingUp => Moment::Within {
                    nth: rng.usize(1..3),
                    after: Duration::from_millis(rng.u64(..400)),
                },
            }
        };
        let durability = if relaxed { Durability::Relaxed } else { Durability::Full };
        let namespaces = !relaxed || rng.u8(..3) == 0;
        let life = Self { seed, store: root.join("store"), durability, load, namespaces, done };
        (life, moment)
    }

    /// The directory of the n-th backup.
    pub fn backup(&self, n: u32) -> PathBuf {
        self.store.with_file_name(format!("backup-{n}"))
    }

    /// Whether what was said is what the moment waits for.
    pub fn awaits(&self, report: &Report) -> bool {
        matches!(
            (self.load, report),
            (Load::Compacting, Report::Begun(Long::Compaction))
                | (Load::BackingUp, Report::Begun(Long::Backup(_)))
                | (Load::Alone | Load::Pausing, Report::Opened)
        )
    }

    /// In words for [`LIFE`].
    pub fn to_text(&self) -> String {
        let load = LOADS.iter().position(|load| *load == self.load).unwrap();
        let relaxed = u8::from(self.durability == Durability::Relaxed);
        let mut text = format!("{} {load} {relaxed} {}", self.seed, u8::from(self.namespaces));
        for done in self.done {
            text.push_str(&format!(" {done}"));
        }
        text
    }

    pub fn from_text(text: &str, root: &Path) -> Self {
        let numbers: Vec<u64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
        let [seed, load, relaxed, namespaces, done @ ..] = numbers.as_slice() else {
            panic!("{LIFE} has too few numbers: {text}");
        };
        Self {
            seed: *seed,
            store: root.join("store"),
            durability: if *relaxed == 1 { Durability::Relaxed } else { Durability::Full },
            load: LOADS[*load as usize],
            namespaces: *namespaces == 1,
            done: done.try_into().unwrap(),
        }
    }
}
