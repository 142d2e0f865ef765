//! What a store is to whoever uses it: namespaces, each a map of keys in byte order, and a clock.
//! Written from `wit/README.md`, and from nothing of the store but its public types.
//!
//! What the contract leaves open is open here too: a key that has expired may have been freed, and
//! so may or may not come back when the clock is set back. It is then
//! [in doubt](Model::has_doubts), until somebody looks.

#![expect(clippy::indexing_slicing, reason = "a namespace is never taken out, and a rig may panic")]

mod keys;
mod legal;

pub use keys::{After, Listed, NOT_WRITTEN};

use larder_store::{Entry, ErrorKind, Quota, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What an operation must answer: this, or an error of one of these kinds.
pub type Verdict<T> = Result<T, Vec<ErrorKind>>;

/// A store.
#[derive(Debug, Default)]
pub struct Model {
    now: u64,
    spaces: Vec<Space>,
}

/// A namespace, also after it has been deleted.
#[derive(Debug, Default)]
struct Space {
    title: String,
    id: String,
    is_deleted: bool,
    quota: Quota,
    rows: Rows,
}

/// What a namespace holds, by the whole key.
type Rows = BTreeMap<String, Row>;

#[derive(Clone, Debug)]
struct Row {
    entry: Entry,
    /// It may have been freed since it expired.
    in_doubt: bool,
}

impl Row {
    fn is_live(&self, now: u64) -> bool {
        self.entry.head.expiration.is_none_or(|at| at > UnixMillis::new(now))
    }

    fn bytes(&self, key: &str) -> u64 {
        let metadata = self.entry.head.metadata.as_ref().map_or(0, |text| text.len());
        (key.len() + metadata + self.entry.value.len()) as u64
    }
}

/// What a handle is on: a namespace, and a prefix of its keys.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which namespace, of all that there ever were.
    pub space: usize,
    /// With what its keys begin.
    pub scope: String,
}

/// How many keys and bytes there may be.
#[derive(Debug)]
pub struct Counts {
    /// Keys.
    pub keys: RangeInclusive<u64>,
    /// Bytes of keys, metadata and values.
    pub bytes: RangeInclusive<u64>,
    /// Bytes of values alone.
    pub value_bytes: RangeInclusive<u64>,
}

/// Keys that may be freed; those that are expired and deleted count as either.
#[derive(Debug, Default)]
pub struct Garbage {
    /// Those that are expired.
    pub expired: u64,
    /// Those of namespaces that are deleted.
    pub deleted: u64,
    /// All of them.
    pub all: u64,
}

impl Model {
    /// An empty store at this time, Unix time in milliseconds.
    pub fn new(now_ms: u64) -> Self {
        Self { now: now_ms, spaces: Vec::new() }
    }

    /// The clock is set, forward or back.
    pub fn set_clock(&mut self, now_ms: u64) {
        let now = self.now;
        for row in self.spaces.iter_mut().flat_map(|space| space.rows.values_mut()) {
            row.in_doubt |= !row.is_live(now);
        }
        self.now = now_ms;
    }

    /// Whether the clock has brought back keys that may have been freed, in this namespace.
    pub fn has_doubts(&self, space: usize) -> bool {
        let space = &self.spaces[space];
        let in_doubt = |row: &Row| row.in_doubt && row.is_live(self.now);
        !space.is_deleted && space.rows.values().any(in_doubt)
    }

    /// The keys of a namespace were looked at, and these are there.
    pub fn settle(&mut self, space: usize, found: &BTreeSet<String>) {
        let now = self.now;
        self.spaces[space].rows.retain(|key, row| {
            let settled = row.in_doubt && row.is_live(now);
            row.in_doubt &= !settled;
            !settled || found.contains(key)
        });
    }

    /// Everything that is expired or deleted is freed: at most so many keys.
    pub fn sweep(&mut self) -> Garbage {
        let (now, mut garbage) = (self.now, Garbage::default());
        for space in &mut self.spaces {
            let is_deleted = space.is_deleted;
            space.rows.retain(|_, row| {
                let is_expired = !row.is_live(now);
                garbage.expired += u64::from(is_expired);
                garbage.deleted += u64::from(is_deleted);
                garbage.all += u64::from(is_expired || is_deleted);
                !is_expired && !is_deleted
            });
        }
        garbage
    }

    /// Every namespace that there ever was.
    pub fn spaces(&self) -> std::ops::Range<usize> {
        0..self.spaces.len()
    }

    /// Whether a namespace has been deleted.
    pub fn is_deleted(&self, space: usize) -> bool {
        self.spaces[space].is_deleted
    }

    /// The title and the id of a namespace.
    pub fn names(&self, space: usize) -> (&str, &str) {
        (&self.spaces[space].title, &self.spaces[space].id)
    }

    /// The namespaces that there are, in the order of their titles.
    pub fn namespaces(&self) -> Vec<usize> {
        let mut live: Vec<usize> =
            self.spaces().filter(|at| !self.spaces[*at].is_deleted).collect();
        live.sort_by_key(|at| &self.spaces[*at].title);
        live
    }

    /// The namespace of that title.
    pub fn by_title(&self, title: &str) -> Option<usize> {
        self.spaces().find(|at| !self.is_deleted(*at) && self.spaces[*at].title == title)
    }

    /// The namespace of that id.
    pub fn by_id(&self, id: &str) -> Option<usize> {
        self.spaces().find(|at| !self.is_deleted(*at) && self.spaces[*at].id == id)
    }

    /// A new namespace. `id` is the one that was asked for, or the one that the store chose.
    pub fn create(&mut self, title: &str, id: &str) -> Verdict<usize> {
        legal::refuse([legal::title(title), legal::id(id)])?;
        if self.by_title(title).or(self.by_id(id)).is_some() {
            return Err(vec![ErrorKind::NamespaceExists]);
        }
        let (title, id) = (title.to_owned(), id.to_owned());
        self.spaces.push(Space { title, id, ..Space::default() });
        Ok(self.spaces.len() - 1)
    }

    /// Another title for a namespace.
    pub fn rename(&mut self, from: &str, to: &str) -> Verdict<()> {
        let space = self.by_title(from);
        legal::refuse([legal::title(to), space.is_none().then_some(ErrorKind::NamespaceNotFound)])?;
        if self.by_title(to).is_some_and(|other| Some(other) != space) {
            return Err(vec![ErrorKind::NamespaceExists]);
        }
        if let Some(space) = space {
            self.spaces[space].title = to.to_owned();
        }
        Ok(())
    }

    /// What a namespace may hold from now on; the largest number is no limit.
    pub fn set_quota(&mut self, title: &str, quota: Quota) -> Verdict<()> {
        let space = self.by_title(title).ok_or(vec![ErrorKind::NamespaceNotFound])?;
        let limit = |limit: Option<u64>| limit.filter(|limit| *limit != u64::MAX);
        self.spaces[space].quota = Quota { keys: limit(quota.keys), bytes: limit(quota.bytes) };
        Ok(())
    }

    /// What a namespace may hold.
    pub fn quota(&self, space: usize) -> Quota {
        self.spaces[space].quota
    }

    /// The end of a namespace.
    pub fn delete_namespace(&mut self, title: &str) -> Verdict<()> {
        let space = self.by_title(title).ok_or(vec![ErrorKind::NamespaceNotFound])?;
        self.spaces[space].is_deleted = true;
        Ok(())
    }

    /// What a namespace may count: what is there, and perhaps what has expired.
    pub fn counts(&self, space: usize) -> Counts {
        self.count([&self.spaces[space]].into_iter())
    }

    /// What the store may hold: what is there, and perhaps what has expired or been deleted.
    pub fn all_counts(&self) -> Counts {
        self.count(self.spaces.iter())
    }

    fn count<'s>(&self, spaces: impl Iterator<Item = &'s Space>) -> Counts {
        let (mut least, mut most) = ([0; 3], [0; 3]);
        for space in spaces {
            for (key, row) in &space.rows {
                let counted = [1, row.bytes(key), row.entry.value.len() as u64];
                add(&mut most, counted);
                if !space.is_deleted && row.is_live(self.now) {
                    add(&mut least, counted);
                }
            }
        }
        let [keys, bytes, value_bytes] = std::array::from_fn(|at| least[at]..=most[at]);
        Counts { keys, bytes, value_bytes }
    }
}

fn add(sum: &mut [u64; 3], counted: [u64; 3]) {
    for (sum, counted) in sum.iter_mut().zip(counted) {
        *sum += counted;
    }
}
