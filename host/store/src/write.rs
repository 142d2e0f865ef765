//! What a write does: conditions, counters and expirations, evaluated here for every engine.

use crate::engine::{Rows, Staged};
use crate::key::Row;
use crate::{Error, Expiration, Head, Result, UnixMillis, Version};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

/// What must hold of a key for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The key does not exist.
    Absent,
    /// The key exists.
    Present,
    /// The key exists and this write made it what it is.
    Version(Version),
}

impl Condition {
    fn holds(self, found: Option<Version>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Present => found.is_some(),
            Self::Version(version) => found == Some(version),
        }
    }
}

/// The bytes that a put brings: in memory, or handed on earlier in pieces.
#[derive(Debug)]
pub enum Value {
    /// The value itself.
    Bytes(Bytes),
    /// What a [`PieceWriter`](crate::engine::PieceWriter) of the same engine has staged.
    Staged(Staged),
}

impl Value {
    /// Bytes of the value.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Staged(staged) => staged.size,
        }
    }
}

/// One change that a write makes.
#[derive(Debug)]
pub(crate) enum RowOperation {
    Put { row: Row, value: Value, metadata: Option<Arc<str>>, expiration: Option<Expiration> },
    Delete { row: Row },
    Increment { row: Row, delta: i64, expiration: Option<Expiration> },
    Expire { row: Row, expiration: Option<Expiration> },
}

/// What one change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The key was written.
    Put,
    /// Whether there was a key to delete.
    Deleted(bool),
    /// The counter after the increment.
    Counted {
        /// Its value.
        value: i64,
        /// When it stops existing.
        expiration: Option<UnixMillis>,
    },
    /// Whether there was a key to change the expiration of.
    Expired(bool),
}

/// What a whole write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every operation happened, under this version.
    Written {
        /// The version of every key written.
        version: Version,
        /// What each operation came to, in order.
        done: Vec<Done>,
    },
    /// A check did not hold, so none happened.
    Conflict {
        /// The index of the first check that did not hold.
        check: usize,
        /// The version found instead; `None` when the key is absent.
        found: Option<Version>,
    },
}

/// A change of one row, for an engine to make. Whatever the row held before is gone with it.
#[derive(Debug)]
pub enum Change {
    /// The row holds this from now on.
    Put {
        /// The row.
        row: Row,
        /// What is kept beside the value.
        head: Head,
        /// The value.
        value: Value,
    },
    /// The row has another head from now on; its value stays.
    Touch {
        /// The row.
        row: Row,
        /// What is kept beside the value.
        head: Head,
    },
    /// The row is gone from now on.
    Remove {
        /// The row.
        row: Row,
    },
}

impl Change {
    fn row(&self) -> &Row {
        match self {
            Self::Put { row, .. } | Self::Touch { row, .. } | Self::Remove { row } => row,
        }
    }
}

/// Checks and operations that happen together or not at all, all in one namespace.
#[derive(Debug, Default)]
pub struct Write {
    pub(crate) checks: Vec<(Row, Condition)>,
    pub(crate) operations: Vec<RowOperation>,
}

/// What a write came to, and the changes that make it so.
#[derive(Debug)]
pub struct Evaluated {
    /// The answer for the caller, once the changes are committed.
    pub outcome: Outcome,
    /// The changes, in order, each row at most once; none after a conflict.
    pub changes: Vec<Change>,
}

impl Write {
    pub(crate) fn of(operation: RowOperation) -> Self {
        Self { checks: Vec::new(), operations: vec![operation] }
    }

    pub(crate) fn when(mut self, row: Row, condition: Option<Condition>) -> Self {
        self.checks.extend(condition.map(|condition| (row, condition)));
        self
    }

    /// Bytes of rows, values and metadata, by which an engine bounds its queue and its batches.
    pub fn bytes(&self) -> u64 {
        let checks = self.checks.iter().map(|(row, _)| row.as_bytes().len() as u64);
        let operations = self.operations.iter().map(|operation| match operation {
            RowOperation::Put { row, value: Value::Bytes(value), metadata, .. } => {
                let metadata = metadata.as_ref().map_or(0, |metadata| metadata.len());
                (row.as_bytes().len() + metadata + value.len()) as u64
            }
            RowOperation::Put { row, .. }
            | RowOperation::Delete { row }
            | RowOperation::Increment { row, .. }
            | RowOperation::Expire { row, .. } => row.as_bytes().len() as u64,
        });
        checks.chain(operations).sum()
    }

    /// What was staged of the values that the write puts.
    pub(crate) fn staged(&self) -> impl Iterator<Item = u64> {
        self.operations.iter().filter_map(|operation| match operation {
            RowOperation::Put { value: Value::Staged(staged), .. } => Some(staged.id),
            _ => None,
        })
    }

    /// Whether the write may need more room than it frees.
    pub fn brings_values(&self) -> bool {
        self.operations.iter().any(|operation| {
            matches!(operation, RowOperation::Put { .. } | RowOperation::Increment { .. })
        })
    }

    /// The namespace that the write is for.
    pub fn namespace(&self) -> crate::key::NamespaceNumber {
        let operation = self.operations.first().map(|operation| match operation {
            RowOperation::Put { row, .. }
            | RowOperation::Delete { row }
            | RowOperation::Increment { row, .. }
            | RowOperation::Expire { row, .. } => row.namespace(),
        });
        operation.unwrap_or_default()
    }

    /// Decides what the write does, from what the engine's transaction holds now. An error or a
    /// conflict changes nothing; `version` names the write if it happens.
    pub fn evaluate(self, rows: &dyn Rows, now: UnixMillis, version: Version) -> Result<Evaluated> {
        for (check, (row, condition)) in self.checks.iter().enumerate() {
            let head = rows.head(row)?.filter(|head| head.is_live(now));
            let found = head.map(|head| head.version);
            if !condition.holds(found) {
                let outcome = Outcome::Conflict { check, found };
                return Ok(Evaluated { outcome, changes: Vec::new() });
            }
        }
        let mut evaluation = Evaluation {
            rows,
            now,
            version,
            changes: Vec::with_capacity(self.operations.len()),
            changed: HashMap::new(),
            remember: self.operations.len() > 1,
        };
        let mut done = Vec::with_capacity(self.operations.len());
        for operation in self.operations {
            done.push(evaluation.operate(operation)?);
        }
        let outcome = Outcome::Written { version, done };
        let changes = evaluation.changes.into_iter().flatten().collect();
        Ok(Evaluated { outcome, changes })
    }
}

/// A write half evaluated: what the engine's transaction holds, under what the operations before
/// have changed.
struct Evaluation<'a> {
    rows: &'a dyn Rows,
    now: UnixMillis,
    version: Version,
    changes: Vec<Option<Change>>,
    changed: HashMap<Row, usize>,
    remember: bool,
}

impl Evaluation<'_> {
    fn operate(&mut self, operation: RowOperation) -> Result<Done> {
        let version = self.version;
        match operation {
            RowOperation::Put { row, value, metadata, expiration } => {
                let size = value.size();
                let expiration = self.resolve(expiration)?;
                let head = Head { version, expiration, metadata, size };
                self.change(Change::Put { row, head, value });
                Ok(Done::Put)
            }
            RowOperation::Delete { row } => {
                let existed = match self.head(&row) {
                    // What cannot be read any more can still be deleted.
                    Err(Error::Corrupt { .. }) => true,
                    head => head?.is_some(),
                };
                self.change(Change::Remove { row });
                Ok(Done::Deleted(existed))
            }
            RowOperation::Increment { row, delta, expiration } => {
                self.increment(row, delta, expiration)
            }
            RowOperation::Expire { row, expiration } => {
                let expiration = self.resolve(expiration)?;
                let Some(head) = self.head(&row)? else { return Ok(Done::Expired(false)) };
                self.touch(row, Head { version, expiration, ..head });
                Ok(Done::Expired(true))
            }
        }
    }

    fn increment(&mut self, row: Row, delta: i64, expiration: Option<Expiration>) -> Result<Done> {
        let begins = self.resolve(expiration)?;
        let (value, metadata, expiration) = match self.head(&row)? {
            None => (0, None, begins),
            Some(head) => (self.counter(&row, &head)?, head.metadata, head.expiration),
        };
        let sum = value.checked_add(delta).ok_or(Error::CounterOverflow { value, delta })?;
        let text = Bytes::from(sum.to_string());
        let head = Head { version: self.version, expiration, metadata, size: text.len() as u64 };
        self.change(Change::Put { row, head, value: Value::Bytes(text) });
        Ok(Done::Counted { value: sum, expiration })
    }

    fn resolve(&self, expiration: Option<Expiration>) -> Result<Option<UnixMillis>> {
        expiration.map(|expiration| expiration.resolve(self.now)).transpose()
    }

    /// The head of a key as the operations before left it.
    fn head(&self, row: &Row) -> Result<Option<Head>> {
        let head = match self.pending(row) {
            Some(Change::Put { head, .. } | Change::Touch { head, .. }) => Some(head.clone()),
            Some(Change::Remove { .. }) => None,
            None => self.rows.head(row)?,
        };
        Ok(head.filter(|head| head.is_live(self.now)))
    }

    /// The value of a counter that exists.
    fn counter(&self, row: &Row, head: &Head) -> Result<i64> {
        if head.size > COUNTER_BYTES_MAX {
            return Err(Error::NotACounter);
        }
        let stored;
        let text = match self.pending(row) {
            Some(Change::Put { value: Value::Bytes(value), .. }) => value,
            Some(Change::Put { value: Value::Staged(_), .. }) => return Err(Error::NotACounter),
            _ => {
                stored = self.rows.value(row)?.ok_or_else(|| Error::corrupt("a value is gone"))?;
                &stored
            }
        };
        parse_counter(text).ok_or(Error::NotACounter)
    }

    fn pending(&self, row: &Row) -> Option<&Change> {
        self.changes.get(*self.changed.get(row)?)?.as_ref()
    }

    /// Replaces whatever the write has done to the row so far.
    fn change(&mut self, change: Change) {
        if self.remember
            && let Some(earlier) = self.changed.insert(change.row().clone(), self.changes.len())
            && let Some(earlier) = self.changes.get_mut(earlier)
        {
            *earlier = None;
        }
        self.changes.push(Some(change));
    }

    /// Changes the head alone, of a row that the write itself may have put.
    fn touch(&mut self, row: Row, to: Head) {
        let pending = self.changed.get(&row).and_then(|at| self.changes.get_mut(*at)?.as_mut());
        match pending {
            Some(Change::Put { head, .. } | Change::Touch { head, .. }) => *head = to,
            _ => self.change(Change::Touch { row, head: to }),
        }
    }
}

/// The longest counter: `-9223372036854775808`.
const COUNTER_BYTES_MAX: u64 = 20;

/// Reads `-?(0|[1-9][0-9]*)` that fits in 64 bits: what an increment writes, and nothing else.
fn parse_counter(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text || text == "-0").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_canonical_decimal_text() {
        for (text, value) in [("0", 0), ("-0", 0), ("-7", -7), ("9223372036854775807", i64::MAX)] {
            assert_eq!(parse_counter(text.as_bytes()), Some(value), "{text}");
        }
        for text in
            ["", "+1", "01", " 1", "1 ", "1.0", "-", "--1", "9223372036854775808", "\u{661}"]
        {
            assert_eq!(parse_counter(text.as_bytes()), None, "{text}");
        }
    }
}
