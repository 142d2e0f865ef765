//! What a namespace is and what each operation does to it, one after another, by `wit/README.md`.

use crate::history::{Answer, Asked, Condition, Event, KEYS, Key, Seen, Write, Written};

/// By how much a step sets the clock forward, in milliseconds.
pub const STEP_MS: u64 = 10;

/// A namespace, and the clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub clock_ms: u64,
    keys: [Option<Cell>; KEYS],
    deleted: bool,
}

/// A key that was written; expired or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cell {
    text: String,
    /// None of a write that was not answered, until a read tells.
    version: Option<u64>,
    expiration_ms: Option<u64>,
}

impl Cell {
    /// The same cell when it can be what was seen.
    fn seen_as(&self, seen: &Seen) -> Option<Self> {
        let text = seen.text.as_ref().is_none_or(|text| *text == self.text);
        let version = self.version.is_none_or(|version| version == seen.version);
        (text && version && self.expiration_ms == seen.expiration_ms)
            .then(|| Self { version: Some(seen.version), ..self.clone() })
    }
}

impl State {
    pub fn new(clock_ms: u64) -> Self {
        Self { clock_ms, keys: Default::default(), deleted: false }
    }

    /// Every state that there can be after the event; none when it cannot happen now. Its time is
    /// one that the clock has shown since it began, and not later than now: time does not run ahead
    /// of the state that it is asked of.
    pub fn after(&self, event: &Event) -> Vec<Self> {
        if let Asked::Step = event.asked {
            return vec![Self { clock_ms: self.clock_ms + STEP_MS, ..self.clone() }];
        }
        if self.deleted {
            let refused = matches!(event.answer, Some(Answer::Gone) | None);
            return refused.then(|| self.clone()).into_iter().collect();
        }
        let times = (event.clock_ms..=self.clock_ms).rev().step_by(STEP_MS as usize);
        let mut states: Vec<Self> = Vec::new();
        for state in times.filter_map(|now| self.after_at(event, now)) {
            if !states.contains(&state) {
                states.push(state);
            }
        }
        states
    }

    fn after_at(&self, event: &Event, now: u64) -> Option<Self> {
        let mut state = self.clone();
        let answer = event.answer.as_ref();
        let fits = match (&event.asked, answer) {
            (Asked::DeleteNamespace, Some(Answer::Done) | None) => {
                state.deleted = true;
                true
            }
            (Asked::Read(keys), Some(Answer::Read(seen))) => {
                keys.iter().zip(seen).all(|(key, seen)| state.reads(*key, seen.as_ref(), now))
            }
            (Asked::List, Some(Answer::Read(seen))) => {
                (0..KEYS).zip(seen).all(|(key, seen)| state.reads(key, seen.as_ref(), now))
            }
            (Asked::Write { checks, writes }, answer) => {
                return state.write(checks, writes, answer, now);
            }
            _ => false,
        };
        fits.then_some(state)
    }

    fn live(&self, key: Key, now: u64) -> Option<&Cell> {
        let cell = self.keys[key].as_ref()?;
        cell.expiration_ms.is_none_or(|at| at > now).then_some(cell)
    }

    /// Whether a key can be what was seen of it; then it is.
    fn reads(&mut self, key: Key, seen: Option<&Seen>, now: u64) -> bool {
        match (self.live(key, now), seen) {
            (None, None) => true,
            (Some(cell), Some(seen)) => match cell.seen_as(seen) {
                Some(cell) => {
                    self.keys[key] = Some(cell);
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    /// Whether the version of a key can be what was found; then it is.
    fn finds(&mut self, key: Key, found: Option<u64>, now: u64) -> bool {
        let Some(cell) = self.live(key, now) else { return found.is_none() };
        let fits = found.is_some() && (cell.version.is_none() || cell.version == found);
        if fits && let Some(cell) = &mut self.keys[key] {
            cell.version = found;
        }
        fits
    }

    fn write(
        mut self,
        checks: &[(Key, Condition)],
        writes: &[Write],
        answer: Option<&Answer>,
        now: u64,
    ) -> Option<Self> {
        let failed = checks.iter().position(|(key, condition)| {
            let found = self.live(*key, now).map(|cell| cell.version);
            !match condition {
                Condition::Absent => found.is_none(),
                Condition::Present => found.is_some(),
                Condition::Version(version) => found == Some(Some(*version)),
            }
        });
        if let Some(failed) = failed {
            let fits = match answer {
                None => true,
                Some(Answer::Conflict { check, found }) => {
                    *check == failed
                        && found.is_none_or(|found| self.finds(checks[failed].0, found, now))
                }
                _ => false,
            };
            return fits.then_some(self);
        }
        let version = match answer {
            Some(Answer::Written { version, .. }) => *version,
            _ => None,
        };
        let mut state = self.clone();
        let written: Option<Vec<Written>> =
            writes.iter().map(|write| state.write_one(write, version, now)).collect();
        match (written, answer) {
            (None, None | Some(Answer::NotACounter)) => Some(self),
            (Some(_), None) => Some(state),
            (Some(written), Some(Answer::Written { came_to, .. })) => (came_to.len()
                == written.len()
                && came_to.iter().zip(&written).all(|(told, is)| told.fits(is)))
            .then_some(state),
            _ => None,
        }
    }

    /// Does one write, and says what it came to; none when it is refused.
    fn write_one(&mut self, write: &Write, version: Option<u64>, now: u64) -> Option<Written> {
        let expires = |ttl: Option<u64>| ttl.map(|ttl| now + ttl);
        match write {
            Write::Put { key, text, ttl_ms } => {
                let text = text.clone();
                self.keys[*key] = Some(Cell { text, version, expiration_ms: expires(*ttl_ms) });
                Some(Written::Put)
            }
            Write::Delete { key } => {
                let existed = self.live(*key, now).is_some();
                self.keys[*key] = None;
                Some(Written::Deleted(Some(existed)))
            }
            Write::Increment { key, delta, ttl_ms } => {
                let (count, expiration_ms) = match self.live(*key, now) {
                    None => (0, expires(*ttl_ms)),
                    Some(cell) => (cell.text.parse().ok()?, cell.expiration_ms),
                };
                let count: i64 = count + delta;
                self.keys[*key] = Some(Cell { text: count.to_string(), version, expiration_ms });
                Some(Written::Counted { count, expiration_ms: Some(expiration_ms) })
            }
            Write::Expire { key, ttl_ms } => {
                let existed = self.live(*key, now).is_some();
                if let Some(cell) = self.keys[*key].as_mut().filter(|_| existed) {
                    (cell.version, cell.expiration_ms) = (version, expires(*ttl_ms));
                }
                Some(Written::Expired(Some(existed)))
            }
        }
    }
}
