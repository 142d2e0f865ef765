//! What a store is to hold and to answer, by the contract alone.

use super::steps::Step;
use bytes::Bytes;
use larder_store::{Condition, Entry, ErrorKind, Expiration, Operation, Version};
use std::collections::{BTreeMap, HashSet};

/// What a store holds, by the ids of its namespaces.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub namespaces: BTreeMap<String, Contents>,
}

#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub title: String,
    /// Also what has expired.
    pub keys: BTreeMap<String, Kept>,
}

#[derive(Clone, Debug)]
pub struct Kept {
    pub value: Bytes,
    pub metadata: Option<String>,
    pub expires_ms: Option<u64>,
    /// The number of the step that wrote it.
    pub by: u64,
}

/// The versions that steps were told, by their numbers.
pub type Versions = BTreeMap<u64, Version>;

/// What a store was seen to hold.
pub type Seen = BTreeMap<String, (String, BTreeMap<String, Entry>)>;

/// An answer, without its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Was(bool),
    Counters(Vec<i64>),
    Conflict(usize),
    Refused(ErrorKind),
}

/// An answer, and the step that a conflict found instead.
#[derive(Clone, Debug)]
pub struct Predicted {
    pub answer: Answer,
    pub found: Option<u64>,
}

impl From<Answer> for Predicted {
    fn from(answer: Answer) -> Self {
        Self { answer, found: None }
    }
}

impl Contents {
    fn live(&self, key: &str, now_ms: u64) -> Option<&Kept> {
        self.keys.get(key).filter(|kept| kept.is_live(now_ms))
    }

    /// One operation of the write `by`; what it counted or found.
    fn operate(
        &mut self,
        operation: &Operation,
        by: u64,
        now_ms: u64,
    ) -> Result<Answer, ErrorKind> {
        let at = |expiration: &Option<Expiration>| match expiration {
            Some(Expiration::TtlMs(ms)) => Some(now_ms + ms),
            _ => None,
        };
        match operation {
            Operation::Put { key, value, expiration, metadata } => {
                let (value, metadata) = (value.clone(), metadata.clone());
                let kept = Kept { value, metadata, expires_ms: at(expiration), by };
                self.keys.insert(key.clone(), kept);
                Ok(Answer::Done)
            }
            Operation::Delete { key } => {
                let was = self.live(key, now_ms).is_some();
                self.keys.remove(key);
                Ok(Answer::Was(was))
            }
            Operation::Expire { key, expiration } => {
                let Some(kept) = self.live(key, now_ms).cloned() else {
                    return Ok(Answer::Was(false));
                };
                let kept = Kept { expires_ms: at(expiration), by, ..kept };
                self.keys.insert(key.clone(), kept);
                Ok(Answer::Was(true))
            }
            Operation::Increment { key, delta, expiration } => {
                let before = match self.live(key, now_ms).cloned() {
                    Some(kept) => kept,
                    None => {
                        Kept { value: "0".into(), metadata: None, expires_ms: at(expiration), by }
                    }
                };
                let count = std::str::from_utf8(&before.value).ok().and_then(|t| t.parse().ok());
                let sum: i64 =
                    count.map(|count: i64| count + delta).ok_or(ErrorKind::NotACounter)?;
                let kept = Kept { value: sum.to_string().into(), by, ..before };
                self.keys.insert(key.clone(), kept);
                Ok(Answer::Counters(vec![sum]))
            }
        }
    }
}

impl Kept {
    fn is_live(&self, now_ms: u64) -> bool {
        self.expires_ms.is_none_or(|expires| expires > now_ms)
    }

    /// How what was seen of it differs.
    fn difference(&self, seen: &Entry) -> Option<&'static str> {
        let expires = seen.head.expiration.map(|at| at.as_millis());
        if self.value != seen.value {
            Some("value")
        } else if self.metadata.as_deref() != seen.head.metadata.as_deref() {
            Some("metadata")
        } else if self.expires_ms != expires {
            Some("expiration")
        } else {
            None
        }
    }
}

impl Expected {
    /// Does a step, the `by`-th of all.
    pub fn apply(&mut self, step: &Step, by: u64, now_ms: u64, versions: &Versions) -> Predicted {
        let result = match step {
            Step::Write { id, operation, condition } => {
                let condition = condition.map(|condition| (operation.key(), condition));
                self.write(id, condition.into_iter(), versions, now_ms, |contents| {
                    contents.operate(operation, by, now_ms)
                })
            }
            Step::Commit { id, checks, operations } => {
                let checks = checks.iter().map(|check| (check.key.as_str(), check.condition));
                self.write(id, checks, versions, now_ms, |contents| {
                    let mut counters = Vec::new();
                    for operation in operations {
                        if let Answer::Counters(count) = contents.operate(operation, by, now_ms)? {
                            counters.extend(count);
                        }
                    }
                    Ok(Answer::Counters(counters))
                })
                // A commit is told which check, and not what was found.
                .map(|predicted| predicted.answer.into())
            }
            Step::Create { id, title } => self.free(title).map(|()| {
                let contents = Contents { title: title.clone(), ..Contents::default() };
                self.namespaces.insert(id.clone(), contents);
                Answer::Done.into()
            }),
            Step::Rename { title, new_title } => self.titled(title).and_then(|id| {
                if title != new_title {
                    self.free(new_title)?;
                }
                self.namespaces.entry(id).or_default().title.clone_from(new_title);
                Ok(Answer::Done.into())
            }),
            Step::Delete { title } => self.titled(title).map(|id| {
                self.namespaces.remove(&id);
                Answer::Done.into()
            }),
        };
        result.unwrap_or_else(|refused| Answer::Refused(refused).into())
    }

    fn write<'k>(
        &mut self,
        id: &str,
        checks: impl Iterator<Item = (&'k str, Condition)>,
        versions: &Versions,
        now_ms: u64,
        work: impl FnOnce(&mut Contents) -> Result<Answer, ErrorKind>,
    ) -> Result<Predicted, ErrorKind> {
        let contents = self.namespaces.get_mut(id).ok_or(ErrorKind::NamespaceDeleted)?;
        for (check, (key, condition)) in checks.enumerate() {
            let found = contents.live(key, now_ms).map(|kept| kept.by);
            let holds = match condition {
                Condition::Absent => found.is_none(),
                Condition::Present => found.is_some(),
                Condition::Version(version) => {
                    found.and_then(|by| versions.get(&by)) == Some(&version)
                }
            };
            if !holds {
                return Ok(Predicted { answer: Answer::Conflict(check), found });
            }
        }
        let before = contents.clone();
        let answer = work(contents).inspect_err(|_| *contents = before)?;
        Ok(answer.into())
    }

    fn titled(&self, title: &str) -> Result<String, ErrorKind> {
        let found = self.namespaces.iter().find(|(_, contents)| contents.title == title);
        Ok(found.ok_or(ErrorKind::NamespaceNotFound)?.0.clone())
    }

    fn free(&self, title: &str) -> Result<(), ErrorKind> {
        match self.titled(title) {
            Ok(_) => Err(ErrorKind::NamespaceExists),
            Err(_) => Ok(()),
        }
    }

    /// How what was seen differs from this, the first difference; or the versions that are learnt
    /// from it, none of which was `given` to another write.
    pub fn compare(
        &self,
        seen: &Seen,
        now_ms: u64,
        versions: &Versions,
        given: &HashSet<Version>,
    ) -> Result<Versions, String> {
        let mut learnt = Versions::new();
        for (id, (title, _)) in seen {
            let known = self.namespaces.get(id);
            let known = known.ok_or_else(|| format!("there is a namespace {id}"))?;
            if known.title != *title {
                return Err(format!("{id} is called {title:?} and not {:?}", known.title));
            }
        }
        for (id, contents) in &self.namespaces {
            let (_, keys) = seen.get(id).ok_or_else(|| format!("there is no namespace {id}"))?;
            for key in keys.keys() {
                if contents.live(key, now_ms).is_none() {
                    return Err(format!("{id} has a key {key}"));
                }
            }
            for (key, kept) in contents.keys.iter().filter(|(_, kept)| kept.is_live(now_ms)) {
                let entry = keys.get(key).ok_or_else(|| format!("{id} has no key {key}"))?;
                if let Some(what) = kept.difference(entry) {
                    return Err(format!("{id} has another {what} of {key}"));
                }
                let version = entry.head.version;
                match versions.get(&kept.by).or_else(|| learnt.get(&kept.by)) {
                    Some(known) if *known == version => {}
                    Some(_) => return Err(format!("{id} has another version of {key}")),
                    None if given.contains(&version) => {
                        return Err(format!("{id} has a version of {key} that is another's"));
                    }
                    None => drop(learnt.insert(kept.by, version)),
                }
            }
        }
        Ok(learnt)
    }
}
