//! What is asked of a store, at random.

use super::expected::{Expected, Versions};
use bytes::Bytes;
use fastrand::Rng;
use larder_store::{Check, Condition, Expiration, Operation};

/// One thing that is asked for, with others at the same time.
#[derive(Clone, Debug)]
pub enum Step {
    /// A put, delete, expire or increment, by itself.
    Write { id: String, operation: Operation, condition: Option<Condition> },
    /// Several that happen together.
    Commit { id: String, checks: Vec<Check>, operations: Vec<Operation> },
    /// A new namespace.
    Create { id: String, title: String },
    /// Another title.
    Rename { title: String, new_title: String },
    /// The end of a namespace.
    Delete { title: String },
}

/// What is asked for while nothing else is.
#[derive(Clone, Debug)]
pub enum Alone {
    /// A writer in pieces begins; one that was open is dropped.
    Begin {
        id: String,
        key: String,
        value: Bytes,
    },
    /// It goes on to its end.
    Finish,
    Sweep,
    Flush,
    Compact,
    Check,
    Wait {
        ms: u64,
    },
}

/// What is asked for at once.
#[derive(Clone, Debug)]
pub enum Round {
    Together(Vec<Step>),
    Alone(Alone),
}

/// The id of the namespace that there is at first.
pub const FIRST: &str = "first";

/// Bytes in which each place is another's, so that a mixture is no value.
pub fn content(rng: &mut Rng, bytes: usize) -> Bytes {
    let mut state = rng.u64(..) | 1;
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        content.extend(state.to_le_bytes());
        state = state.wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(17);
    }
    content.truncate(bytes);
    content.into()
}

fn one_of<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())].clone()
}

fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(..n) == 0
}

/// Draws rounds; `large` has some values in pieces.
pub struct Draw<'a> {
    pub rng: &'a mut Rng,
    pub large: bool,
    pub expected: &'a Expected,
    pub versions: &'a Versions,
    /// The number of the first step, which names what is new.
    pub number: u64,
}

impl Draw<'_> {
    pub fn round(&mut self) -> Round {
        if one_in(self.rng, 4) {
            return Round::Alone(self.alone());
        }
        // A write first: it is what the store's writer is held at.
        let id = self.live_id();
        let mut steps = vec![self.write(id)];
        for _ in 0..self.rng.usize(..6) {
            let id = self.id();
            steps.push(self.write(id));
        }
        if one_in(self.rng, 4) {
            let step = self.namespaces();
            steps.insert(self.rng.usize(1..=steps.len()), step);
        }
        Round::Together(steps)
    }

    fn alone(&mut self) -> Alone {
        match self.rng.u32(..12) {
            0..=2 if self.large => {
                let bytes = self.rng.usize(520_000..1_200_000);
                let value = content(self.rng, bytes);
                Alone::Begin { id: self.id(), key: self.key(), value }
            }
            3..=4 if self.large => Alone::Finish,
            5 => Alone::Compact,
            6 | 7 => Alone::Flush,
            8 => Alone::Check,
            9 | 10 => Alone::Wait { ms: one_of(self.rng, &[1, 99, 100, 200]) },
            _ => Alone::Sweep,
        }
    }

    fn live_id(&mut self) -> String {
        let ids: Vec<&String> = self.expected.namespaces.keys().collect();
        one_of(self.rng, &ids).clone()
    }

    /// Also of the first namespace, which is soon deleted.
    fn id(&mut self) -> String {
        if one_in(self.rng, 10) { FIRST.into() } else { self.live_id() }
    }

    fn key(&mut self) -> String {
        format!("k{}", self.rng.u32(..12))
    }

    fn counter(&mut self) -> String {
        format!("count{}", self.rng.u32(..3))
    }

    fn expiration(&mut self) -> Option<Expiration> {
        one_in(self.rng, 3).then(|| Expiration::TtlMs(one_of(self.rng, &[1, 100, 200, 300])))
    }

    fn value(&mut self) -> Bytes {
        let bytes = match self.rng.u32(..20) {
            0..=11 => self.rng.usize(..200),
            12..=13 => self.rng.usize(1020..1030),
            14..=18 => self.rng.usize(2000..20_000),
            _ if self.large => self.rng.usize(519_990..700_000),
            _ => 0,
        };
        content(self.rng, bytes)
    }

    fn operation(&mut self) -> Operation {
        let key = self.key();
        match self.rng.u32(..10) {
            0..=4 => {
                let metadata = one_in(self.rng, 3).then(|| format!("{}", self.rng.u32(..)));
                Operation::Put { key, value: self.value(), expiration: self.expiration(), metadata }
            }
            5..=6 => Operation::Delete { key },
            7 => Operation::Expire { key, expiration: self.expiration() },
            _ => {
                let key = if one_in(self.rng, 10) { key } else { self.counter() };
                let delta = i64::from(self.rng.i32(-5..50));
                Operation::Increment { key, delta, expiration: self.expiration() }
            }
        }
    }

    fn condition(&mut self, id: &str, key: &str) -> Condition {
        let now = self.expected.namespaces.get(id).and_then(|of| of.keys.get(key));
        let version = now.and_then(|kept| self.versions.get(&kept.by)).copied();
        match (self.rng.u32(..4), version) {
            (0, _) => Condition::Absent,
            (1, _) => Condition::Present,
            (2, _) | (_, None) => {
                let version = self.versions.values().next().copied();
                version.map_or(Condition::Absent, Condition::Version)
            }
            (_, Some(version)) => Condition::Version(version),
        }
    }

    fn write(&mut self, id: String) -> Step {
        if !one_in(self.rng, 3) {
            let operation = self.operation();
            let may = matches!(operation, Operation::Put { .. } | Operation::Delete { .. });
            let conditional = may && one_in(self.rng, 4);
            let condition = conditional.then(|| self.condition(&id, operation.key()));
            // A delete can hang on a version alone.
            let condition = condition.filter(|condition| {
                matches!(operation, Operation::Put { .. })
                    || matches!(condition, Condition::Version(_))
            });
            return Step::Write { id, operation, condition };
        }
        let mut checks = Vec::new();
        if one_in(self.rng, 3) {
            let key = self.key();
            checks.push(Check { condition: self.condition(&id, &key), key });
        }
        let mut operations: Vec<_> = (0..self.rng.usize(1..5)).map(|_| self.operation()).collect();
        // What tells before from after, in the same commit as what it tells of.
        operations.push(Operation::Increment { key: "commits".into(), delta: 1, expiration: None });
        Step::Commit { id, checks, operations }
    }

    fn namespaces(&mut self) -> Step {
        let titles: Vec<_> = self.expected.namespaces.values().map(|of| of.title.clone()).collect();
        let title = one_of(self.rng, &titles);
        let new_title = format!("title {}", self.number);
        match self.rng.u32(..8) {
            0 => Step::Rename { new_title: one_of(self.rng, &titles), title },
            1 | 2 => Step::Rename { title, new_title },
            // One is always left to write to.
            3..=5 if titles.len() > 1 => Step::Delete { title },
            6 => Step::Create { id: format!("n{}", self.number), title },
            _ => Step::Create { id: format!("n{}", self.number), title: new_title },
        }
    }
}
