//! Atomic commits: several keys in one step.

use crate::bindings::store as wit;
use crate::{Condition, Expiration, Put, Version};

/// What must hold and what is then done, all of it or nothing, also after a crash.
///
/// The checks are judged before the first operation; each operation sees those before it. Every
/// store takes 100 checks and operations and 1 MiB; a local one takes 1000 and 25 MiB.
///
/// ```no_run
/// use larder_guest::{Commit, CommitOutcome, Condition, Namespace};
///
/// # fn main() -> Result<(), larder_guest::Error> {
/// let orders = Namespace::open("ORDERS")?;
/// let commit = Commit::new()
///     .check("order:17", Condition::Absent)
///     .put("order:17", r#"{"items":3}"#)
///     .increment("orders", 1, None);
/// match orders.commit(&commit)? {
///     CommitOutcome::Committed { counters, .. } => println!("{counters:?}"),
///     CommitOutcome::Conflict(_) => println!("the order exists"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    checks: Vec<(String, Condition)>,
    operations: Vec<Operation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Put { key: String, value: Vec<u8>, options: Put },
    Delete { key: String },
    Increment { key: String, delta: i64, expiration: Option<Expiration> },
    Expire { key: String, expiration: Option<Expiration> },
}

impl Commit {
    /// No check and no operation; one operation is needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// This must hold of the key.
    pub fn check(mut self, key: impl Into<String>, condition: Condition) -> Self {
        self.checks.push((key.into(), condition));
        self
    }

    /// Writes a key without expiration and metadata.
    pub fn put(self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.put_with(key, value, Put::new())
    }

    /// Writes a key. A condition among the options is a check of the whole commit, as if
    /// [`Commit::check`] had been called here.
    pub fn put_with(
        mut self,
        key: impl Into<String>,
        value: impl Into<Vec<u8>>,
        options: Put,
    ) -> Self {
        let (key, value) = (key.into(), value.into());
        self.checks.extend(options.condition.map(|condition| (key.clone(), condition)));
        self.operations.push(Operation::Put { key, value, options });
        self
    }

    /// Deletes a key, if it exists.
    pub fn delete(mut self, key: impl Into<String>) -> Self {
        self.operations.push(Operation::Delete { key: key.into() });
        self
    }

    /// Adds to a counter, as [`Namespace::increment`](crate::Namespace::increment) does.
    pub fn increment(
        mut self,
        key: impl Into<String>,
        delta: i64,
        expiration: impl Into<Option<Expiration>>,
    ) -> Self {
        let expiration = expiration.into();
        self.operations.push(Operation::Increment { key: key.into(), delta, expiration });
        self
    }

    /// Changes the expiration of a key alone, if it exists; `None` is never.
    pub fn expire(
        mut self,
        key: impl Into<String>,
        expiration: impl Into<Option<Expiration>>,
    ) -> Self {
        let expiration = expiration.into();
        self.operations.push(Operation::Expire { key: key.into(), expiration });
        self
    }

    pub(crate) fn checks_to_wit(&self) -> Vec<wit::Check<'_>> {
        let checks = self.checks.iter();
        checks.map(|(key, condition)| wit::Check { key, condition: condition.to_wit() }).collect()
    }

    pub(crate) fn operations_to_wit(&self) -> Vec<wit::Operation<'_>> {
        self.operations.iter().map(Operation::to_wit).collect()
    }
}

impl Operation {
    fn to_wit(&self) -> wit::Operation<'_> {
        match self {
            Self::Put { key, value, options } => {
                let wit::PutOptions { expiration, metadata, .. } = options.to_wit();
                wit::Operation::Put(wit::PutOperation { key, value, expiration, metadata })
            }
            Self::Delete { key } => wit::Operation::Delete(key),
            Self::Increment { key, delta, expiration } => {
                let expiration = expiration.map(Expiration::to_wit);
                wit::Operation::Increment(wit::IncrementOperation {
                    key,
                    delta: *delta,
                    expiration,
                })
            }
            Self::Expire { key, expiration } => {
                let expiration = expiration.map(Expiration::to_wit);
                wit::Operation::Expire(wit::ExpireOperation { key, expiration })
            }
        }
    }
}

/// What an atomic commit came to. A lost race is an outcome, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum CommitOutcome {
    /// Every operation happened.
    Committed {
        /// The version of every key written.
        version: Version,
        /// The results of the increments, in order.
        counters: Vec<i64>,
    },
    /// The index of the first check that did not hold; nothing happened.
    Conflict(usize),
}

impl CommitOutcome {
    pub(crate) fn from_wit(outcome: wit::CommitOutcome) -> Self {
        match outcome {
            wit::CommitOutcome::Committed(wit::Committed { version, counters }) => {
                Self::Committed { version: Version::from_u64(version), counters }
            }
            wit::CommitOutcome::Conflict(check) => Self::Conflict(check as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_among_the_options_of_a_put_is_a_check_in_its_place() {
        let commit = Commit::new()
            .check("a", Condition::Present)
            .put_with("b", "", Put::new().if_absent())
            .check("c", Condition::Absent);
        let checks = commit.checks_to_wit();
        assert_eq!(checks.iter().map(|check| check.key).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(matches!(checks[1].condition, wit::Condition::Absent));
    }

    #[test]
    fn operations_keep_their_order() {
        let hour = Expiration::Ttl(std::time::Duration::from_secs(3600));
        let commit =
            Commit::new().increment("n", -2, hour).delete("d").expire("e", None).put("p", "v");
        match &commit.operations_to_wit()[..] {
            [
                wit::Operation::Increment(increment),
                wit::Operation::Delete("d"),
                wit::Operation::Expire(expire),
                wit::Operation::Put(put),
            ] => {
                assert_eq!((increment.key, increment.delta), ("n", -2));
                assert!(matches!(increment.expiration, Some(wit::Expiration::TtlMs(3_600_000))));
                assert!(expire.key == "e" && expire.expiration.is_none());
                assert_eq!((put.key, put.value), ("p", &b"v"[..]));
            }
            other => panic!("{other:?}"),
        }
    }
}
