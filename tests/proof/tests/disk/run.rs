//! A store on a simulated disk, and what it is to hold.

use super::ask::{Told, ask, told};
use super::expected::{Answer, Expected, Predicted, Seen, Versions};
use super::see::see;
use super::steps::{Alone, Draw, Round, Step};
use bytes::Bytes;
use fastrand::Rng;
use larder_proof::disk::SimulatedDisk;
use larder_proof::stepped::{Asked, SteppedClock};
use larder_store::engine::CheckReport;
use larder_store::{
    Durability, Error, Larder, Namespace, Operation, Options, PutOptions, Version, Writer,
};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What had been answered at a moment, in numbers of steps.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub answered: usize,
    /// How many had been asked for.
    pub asked: usize,
    /// How many were to be durable whatever the durability of the store.
    pub flushed: usize,
}

/// A store from one opening to its end.
pub struct Run {
    pub clock: Arc<SteppedClock>,
    pub disk: SimulatedDisk,
    pub larder: Larder,
    durability: Durability,
    handles: BTreeMap<String, Namespace>,
    writer: Option<(String, String, Bytes, Writer)>,
    /// What the store holds after each step, beginning with none.
    pub states: Vec<Expected>,
    pub versions: Versions,
    given: HashSet<Version>,
    /// The number of the first step is this.
    pub first: u64,
    /// By the numbers that moments are marked with, the first of which is 1.
    marks: Vec<Mark>,
    flushed: usize,
    /// How many steps were answered by an error of the disk.
    pub failures: u64,
    /// The disk has failed, does all again, and the store has been seen to answer.
    is_well: bool,
}

/// Opens the store on a disk.
pub fn open(
    disk: &SimulatedDisk,
    clock: &Arc<SteppedClock>,
    durability: Durability,
) -> Result<Larder, Error> {
    let disk = disk.clone();
    let options = Options::new().durability(durability).cache_bytes(1 << 20).clock(clock.clone());
    options.open_on(move || disk.open())
}

impl Run {
    /// A store that holds `expected`, of which these versions are known.
    pub fn new(
        larder: Larder,
        (disk, clock, durability): (SimulatedDisk, Arc<SteppedClock>, Durability),
        (expected, versions, first): (Expected, Versions, u64),
    ) -> Self {
        let mut run = Self {
            clock,
            disk,
            larder,
            durability,
            handles: BTreeMap::new(),
            writer: None,
            states: vec![expected],
            given: versions.values().copied().collect(),
            versions,
            first,
            marks: Vec::new(),
            flushed: 0,
            failures: 0,
            is_well: false,
        };
        run.mark(0, 0);
        run.settle();
        run
    }

    /// Says what moments from now on are to hold.
    fn mark(&mut self, answered: usize, asked: usize) {
        self.marks.push(Mark { answered, asked, flushed: self.flushed });
        self.disk.mark(self.marks.len() as u64);
    }

    /// What may be found after a loss of power at a moment so marked, and which versions have been
    /// told by then.
    pub fn candidates(&self, mark: u64) -> (Vec<Expected>, Versions) {
        let Mark { answered, asked, flushed } = self.marks[mark as usize - 1];
        let surely = if self.durability == Durability::Full { answered } else { flushed };
        let states = self.states[surely..=asked.min(self.answered())].to_vec();
        let told = self.first + answered as u64;
        let versions = self.versions.iter().filter(|(by, _)| **by < told);
        (states, versions.map(|(by, version)| (*by, *version)).collect())
    }

    pub fn expected(&self) -> &Expected {
        &self.states[self.states.len() - 1]
    }

    fn answered(&self) -> usize {
        self.states.len() - 1
    }

    fn number(&self) -> u64 {
        self.first + self.answered() as u64
    }

    /// Draws rounds and has them done.
    pub fn rounds(&mut self, rng: &mut Rng, large: bool, rounds: usize) {
        for _ in 0..rounds {
            let (expected, versions, number) = (self.expected(), &self.versions, self.number());
            let round = Draw { rng, large, expected, versions, number }.round();
            self.round(round);
        }
    }

    pub fn round(&mut self, round: Round) {
        let failures = self.failures;
        match round {
            Round::Together(steps) => self.together(steps),
            Round::Alone(alone) => self.alone(alone),
        }
        if self.failures > failures || self.disk.has_failed() {
            self.settle();
        }
    }

    /// Steps that are asked for at once: the first makes a batch, and the others the next, which
    /// gathers meanwhile.
    fn together(&mut self, steps: Vec<Step>) {
        let until = self.answered() + steps.len();
        self.mark(self.answered(), until);
        let clock = self.clock.clone();
        let (larder, handles) = (self.larder.clone(), self.handles.clone());
        let asked = steps.iter().map(|step| Asked::new(ask(&larder, &handles, step)));
        let mut asked: Vec<_> = asked.collect();
        clock.hold_next();
        let (first, others) = asked.split_at_mut(1);
        clock.run(first);
        for other in others {
            other.poll(&clock);
        }
        clock.hold_next();
        clock.run(first);
        if first[0].poll(&clock) {
            self.mark(self.answered() + 1, until);
        }
        clock.release();
        clock.run(&mut asked);
        let results = asked.iter_mut().map(|one| one.take().unwrap()).collect::<Vec<_>>();
        drop(asked);
        let results = steps.into_iter().zip(results).collect();
        self.tell(results);
    }

    /// Compares answers with what they were to be. Of those whose outcome is unknown, the first of
    /// them have happened or none: the store does them in their order.
    fn tell(&mut self, results: Vec<(Step, Result<Told, Error>)>) {
        let unknown = |error: &Error| matches!(error, Error::OutcomeUnknown { .. });
        let unknowns = results.iter().filter(|(_, told)| told.as_ref().is_err_and(unknown)).count();
        let (now_ms, first) = (self.now_ms(), self.number());
        let mut candidates = Vec::new();
        let mut reasons = Vec::new();
        for happened in (0..=unknowns).rev() {
            let mut left = happened;
            let mut states = vec![self.expected().clone()];
            let mut refuted = None;
            for (number, (step, told)) in (first..).zip(&results) {
                let mut state = states[states.len() - 1].clone();
                match told {
                    Err(error) if unknown(error) => {
                        self.expect_failure(error);
                        if left > 0 {
                            left -= 1;
                            state.apply(step, number, now_ms, &self.versions);
                        }
                    }
                    Err(error) => self.expect_failure(error),
                    Ok(told) => {
                        let predicted = state.apply(step, number, now_ms, &self.versions);
                        if let Some(reason) = self.refuted(&predicted, told) {
                            refuted.get_or_insert(format!("{step:?}: {reason}"));
                        }
                    }
                }
                states.push(state);
            }
            match refuted {
                None => candidates.push(states),
                Some(reason) => reasons.push(reason),
            }
        }
        assert!(!candidates.is_empty(), "answers that cannot be: {reasons:#?}");
        for (number, (step, told)) in (first..).zip(results) {
            match told {
                Ok(told) => self.note(number, &step, told),
                Err(_) => self.failures += 1,
            }
        }
        let mut candidates = candidates.into_iter();
        let mut states = candidates.next().unwrap();
        if unknowns > 0 {
            let seen = self.see_at_last();
            let all: Vec<_> = std::iter::once(states).chain(candidates).collect();
            let fits = |states: &Vec<Expected>| self.compare(&states[states.len() - 1], &seen);
            let differences: Vec<_> = all.iter().map(|states| fits(states).err()).collect();
            let found = differences.iter().position(Option::is_none);
            let found =
                found.unwrap_or_else(|| panic!("neither before nor after: {differences:?}"));
            states = all.into_iter().nth(found).unwrap();
        }
        self.states.extend(states.into_iter().skip(1));
        self.mark(self.answered(), self.answered());
    }

    fn refuted(&self, predicted: &Predicted, told: &Told) -> Option<String> {
        if predicted.answer != told.answer {
            return Some(format!("{:?}, and not {:?}", told.answer, predicted.answer));
        }
        let found = predicted.found.and_then(|by| self.versions.get(&by));
        if found.is_some_and(|found| Some(*found) != told.found) {
            return Some(format!("a conflict with {:?}, and not {found:?}", told.found));
        }
        None
    }

    fn note(&mut self, number: u64, step: &Step, told: Told) {
        let of_namespaces = !matches!(step, Step::Write { .. } | Step::Commit { .. });
        if of_namespaces && told.answer == Answer::Done {
            self.flushed = (number - self.first) as usize + 1;
        }
        if let Some(version) = told.version {
            assert!(self.given.insert(version), "{version:?} was given twice, now to {step:?}");
            self.versions.insert(number, version);
        }
        if let Some(created) = told.created {
            self.handles.insert(created.id().to_owned(), created);
        }
    }

    fn alone(&mut self, alone: Alone) {
        let (clock, larder) = (self.clock.clone(), self.larder.clone());
        let result = match alone {
            Alone::Wait { ms } => return clock.advance(ms),
            Alone::Begin { id, key, value } => {
                drop(self.writer.take());
                let Some(namespace) = self.handles.get(&id) else { return };
                let Ok(mut writer) = namespace.open_writer(&key, PutOptions::new()) else { return };
                let half = value.len() * 2 / 3;
                let written = clock.wait(writer.write(&value[..half]));
                self.writer = Some((id, key, value, writer));
                written
            }
            Alone::Finish => return self.finish(),
            Alone::Sweep => clock.wait(larder.sweep()).map(drop),
            Alone::Compact => clock.wait(larder.compact()).map(drop),
            Alone::Check => {
                self.check();
                Ok(())
            }
            Alone::Flush => clock.wait(larder.flush()).inspect(|()| {
                self.flushed = self.answered();
                self.mark(self.answered(), self.answered());
            }),
        };
        if let Err(error) = result {
            self.expect_failure(&error);
            self.failures += 1;
        }
    }

    /// An error is one of the disk, and none comes when the disk is well again and has been read.
    fn expect_failure(&self, error: &Error) {
        expect_of_the_disk(error);
        assert!(!self.is_well, "the disk does all again, and the store does not: {error}");
    }

    /// The end of a writer in pieces, which is a put like others.
    fn finish(&mut self) {
        let Some((id, key, value, mut writer)) = self.writer.take() else { return };
        self.mark(self.answered(), self.answered() + 1);
        let half = value.len() * 2 / 3;
        let finished = self.clock.wait(async {
            writer.write(&value[half..]).await?;
            writer.finish().await
        });
        let operation = Operation::Put { key, value, expiration: None, metadata: None };
        let step = Step::Write { id, operation, condition: None };
        self.tell(vec![(step, told(finished.map(Told::from)))]);
    }

    /// There is no damage; what cannot be read for now is none.
    pub fn check(&self) {
        let checked = || self.clock.wait(self.larder.check());
        let sound = |report: &CheckReport| report.damage.is_empty();
        if self.disk.has_failed() && !checked().as_ref().is_ok_and(sound) {
            self.see_at_last();
        }
        let report = checked().unwrap();
        assert!(sound(&report), "{:?}", report.damage);
    }

    /// The store holds what it should, and shows it as soon as the disk does.
    pub fn settle(&mut self) {
        let is_over = self.disk.has_failed() && !self.disk.is_to_fail();
        let seen = self.see_at_last();
        let learnt = self.compare(self.expected(), &seen).unwrap_or_else(|difference| {
            panic!("after {} steps: {difference}", self.answered());
        });
        self.given.extend(learnt.values());
        self.versions.extend(learnt);
        self.expect_deleted_handles_to_say_so();
        self.is_well = is_over;
        for id in seen.keys() {
            // The disk may be failing again.
            if let Ok(Some(found)) = self.clock.wait(self.larder.namespace_by_id(id)) {
                self.handles.entry(id.clone()).or_insert(found);
            }
        }
    }

    fn expect_deleted_handles_to_say_so(&self) {
        for (id, namespace) in &self.handles {
            if !self.expected().namespaces.contains_key(id) {
                let got = self.clock.wait(namespace.get("k0"));
                assert_eq!(got, Err(Error::NamespaceDeleted), "{id}");
            }
        }
    }

    fn compare(&self, state: &Expected, seen: &Seen) -> Result<Versions, String> {
        state.compare(seen, self.now_ms(), &self.versions, &self.given)
    }

    /// What the store shows, once it shows anything: reads are answered rightly or not at all.
    fn see_at_last(&self) -> Seen {
        // One who reads after the fault may meet what it has left, and has the file opened anew.
        let mut after = 0;
        loop {
            let was_to_fail = self.disk.is_to_fail();
            match see(&self.clock, &self.larder) {
                Ok(seen) => return seen,
                Err(error) => {
                    expect_of_the_disk(&error);
                    after += u32::from(!was_to_fail);
                    assert!(after <= 2, "the disk does all again, and the store does not: {error}");
                }
            }
            if let Err(error) = self.write_nothing() {
                expect_of_the_disk(&error);
            }
        }
    }

    /// A write that changes nothing: who writes to a store that is down has it opened anew.
    fn write_nothing(&self) -> Result<(), Error> {
        if let Some(namespace) = self.handles.values().find(|namespace| !namespace.is_deleted()) {
            return self.clock.wait(namespace.delete("nothing")).map(drop);
        }
        let (id, contents) = self.expected().namespaces.iter().next().unwrap();
        match self.clock.wait(self.larder.create_namespace_with_id(&contents.title, id)) {
            Err(Error::NamespaceExists { .. }) => Ok(()),
            result => result.map(|created| panic!("{created:?} was there already")),
        }
    }

    fn now_ms(&self) -> u64 {
        larder_store::Clock::now_ms(&*self.clock)
    }

    /// Closes the store; whether all it had answered was made durable.
    pub fn close(self) -> (SimulatedDisk, Result<(), Error>) {
        let closed = self.clock.wait(self.larder.close());
        drop((self.handles, self.writer, self.larder));
        assert_eq!(self.disk.misuse(), None);
        (self.disk, closed)
    }
}

/// What a disk that fails may make a store say.
#[track_caller]
pub fn expect_of_the_disk(error: &Error) {
    let may =
        matches!(error, Error::Io { .. } | Error::OutcomeUnknown { .. } | Error::StoreFull { .. });
    assert!(may, "{error:?}");
}
