//! A process that is killed at any moment loses no write that it was answered and leaves none half
//! done: also when the moment lies in the recovery from the kill before, in a compaction or in a
//! backup. At `Durability::Relaxed` it loses the last of them and no more.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::indexing_slicing, reason = "writers are numbered")]
#![expect(clippy::print_stdout, reason = "seeds and figures are for whoever runs it")]

mod action;
mod inspection;
mod life;
mod model;
mod plan;
mod report;
mod round;
mod writing;

use plan::{LIFE, Life, ROOT};
use round::{Figures, Round};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// How many kills there are in all, 20 when it is not set.
const KILLS: &str = "LARDER_CRASH_KILLS";
/// The seed of the first store; that of the next is one more.
const SEED: &str = "LARDER_CRASH_SEED";
/// After so many kills it goes on with a new store.
const KILLS_OF_A_STORE: u64 = 20;

/// The process that is killed. Run as a test of its own it has nothing to do.
#[test]
fn the_writing_process() {
    let (Some(root), Ok(life)) = (std::env::var_os(ROOT), std::env::var(LIFE)) else { return };
    writing::write(&Life::from_text(&life, Path::new(&root)));
}

#[test]
fn a_kill_at_any_moment_loses_no_answered_write_and_leaves_none_half_done() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let kills: u64 = number(KILLS, KILLS_OF_A_STORE);
    let seed: u64 = number(SEED, fastrand::u64(..1 << 32));
    println!("seed {seed}, {kills} kills");
    let mut figures = Figures::default();
    for store in 0..kills.div_ceil(KILLS_OF_A_STORE) {
        let kills = (kills - store * KILLS_OF_A_STORE).min(KILLS_OF_A_STORE);
        run_store(seed + store, kills, &mut figures);
    }
    println!("{figures:#?}");
    assert!(figures.answered > 0, "no write was answered before a kill");
}

/// Kills the process so often over one store.
fn run_store(seed: u64, kills: u64, figures: &mut Figures) {
    let root = tempfile::tempdir().unwrap();
    let mut round = Round::new(root.path(), seed);
    for number in 0..kills {
        let result = catch_unwind(AssertUnwindSafe(|| round.kill(number, figures)));
        if let Err(panic) = result {
            println!(
                "kill {number} of seed {seed}; the store is kept in {}\n{SEED}={seed} {KILLS}={} \
                 cargo test -p larder-proof --test crash -- --nocapture",
                root.keep().display(),
                number + 1,
            );
            resume_unwind(panic);
        }
    }
    figures.versions += round.versions();
}
