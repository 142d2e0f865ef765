//! A disk that loses its power: what was answered is there when it comes back.

use super::expected::{Expected, Versions};
use super::run::{Run, open};
use super::see::see;
use super::seeds::{Replay, seeds};
use super::steps::FIRST;
use fastrand::Rng;
use larder_proof::disk::{Image, SimulatedDisk};
use larder_proof::stepped::SteppedClock;
use larder_store::Durability;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

pub const NOW_MS: u64 = 1_750_000_000_000;

/// A store with one namespace and nothing in it, closed in order.
pub fn new_store() -> (Image, Expected) {
    static NEW: OnceLock<(Image, Expected)> = OnceLock::new();
    let make = || {
        let (disk, clock) = (SimulatedDisk::default(), SteppedClock::new(NOW_MS));
        let larder = open(&disk, &clock, Durability::Full).unwrap();
        clock.wait(larder.create_namespace_with_id("title", FIRST)).unwrap();
        clock.wait(larder.close()).unwrap();
        let mut expected = Expected::default();
        expected.namespaces.entry(FIRST.into()).or_default().title = "title".into();
        (disk.moment().keep_power(), expected)
    };
    NEW.get_or_init(make).clone()
}

/// What a disk may hold of a store.
#[derive(Clone)]
struct Found {
    states: Vec<Expected>,
    versions: Versions,
    /// The number of the next step.
    next: u64,
}

struct Lives<'a> {
    rng: &'a mut Rng,
    clock: Arc<SteppedClock>,
    durability: Durability,
    /// How many there have been.
    count: u64,
}

impl Lives<'_> {
    /// One life of the store, and those after each loss of power in it.
    fn live(&mut self, image: Image, found: Found, more: u32) {
        self.count += 1;
        let disk = SimulatedDisk::new(image);
        // The first moments are of the opening, and of the repair when that has to be.
        let pace = [4, 30, 200][self.rng.usize(..3)];
        let mut at = 0;
        let moments = (0..if more > 1 { 4 } else { more }).map(|_| {
            at += self.rng.u64(1..pace);
            at
        });
        disk.keep_moments(moments.collect::<Vec<_>>());
        let larder = open(&disk, &self.clock, self.durability).unwrap();
        let seen = see(&self.clock, &larder).unwrap();
        let given: HashSet<_> = found.versions.values().copied().collect();
        let now_ms = larder_store::Clock::now_ms(&*self.clock);
        let differences = found
            .states
            .iter()
            .map(|state| state.compare(&seen, now_ms, &found.versions, &given).err());
        let differences: Vec<_> = differences.collect();
        let fits = differences.iter().position(Option::is_none);
        let fits = fits.unwrap_or_else(|| panic!("nothing that it may hold: {differences:#?}"));
        let mut run = Run::new(
            larder,
            (disk, self.clock.clone(), self.durability),
            (found.states[fits].clone(), found.versions.clone(), found.next),
        );
        run.check();
        let (large, rounds) = (self.rng.u32(..4) == 0, self.rng.usize(1..6));
        run.rounds(self.rng, large, rounds);
        let next = found.next + 1000;
        let mut moments = run.disk.take_moments();
        let closes = self.rng.bool();
        if more > 0 && !closes {
            moments.push(run.disk.moment());
        }
        let of = |(states, versions)| Found { states, versions, next };
        let after: Vec<_> = moments
            .into_iter()
            .map(|moment| match moment.mark {
                0 => (moment, Found { next, ..found.clone() }),
                mark => (moment, of(run.candidates(mark))),
            })
            .collect();
        let last =
            Found { states: vec![run.expected().clone()], versions: run.versions.clone(), next };
        let (disk, closed) = run.close();
        closed.unwrap();
        if more > 0 && closes {
            let image = disk.moment().lose_power(self.rng);
            self.live(image, last, 0);
        }
        for (moment, found) in after {
            let image = moment.lose_power(self.rng);
            self.live(image, found, more - 1);
        }
    }
}

fn lose_power(test: &'static str, durability: Durability) {
    let mut count = 0;
    for seed in seeds(1000) {
        let _replay = Replay { test, seed, operation: None };
        let mut rng = Rng::with_seed(seed);
        let (image, expected) = new_store();
        let found = Found { states: vec![expected], versions: Versions::new(), next: 1 };
        let clock = SteppedClock::new(NOW_MS);
        let mut lives = Lives { rng: &mut rng, clock, durability, count: 0 };
        lives.live(image, found, 2);
        count += lives.count;
    }
    eprintln!("{count} lives");
}

#[test]
fn what_was_answered_survives_a_loss_of_power() {
    lose_power("what_was_answered_survives_a_loss_of_power", Durability::Full);
}

#[test]
fn at_relaxed_durability_a_loss_of_power_takes_the_last_writes_alone() {
    let test = "at_relaxed_durability_a_loss_of_power_takes_the_last_writes_alone";
    lose_power(test, Durability::Relaxed);
}
