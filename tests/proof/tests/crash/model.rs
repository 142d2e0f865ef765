//! What the keys of one writer are after its first n actions, by `wit/README.md`.

use crate::action::{self, Action};
use crate::report::Answered;
use larder_store::Entry;
use std::collections::BTreeMap;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    content: Content,
    metadata: Option<String>,
    /// The earliest and the latest that its expiration can be.
    expiration_ms: Option<(u64, u64)>,
    /// None where the write was not answered.
    version: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Filled { writer: usize, n: u64, size: usize },
    Text(String),
}

/// The keys of a writer.
#[derive(Clone, Debug, Default)]
pub struct Model(BTreeMap<String, Known>);

impl Model {
    /// Does the writer's n-th action. `answer` is what was said of it; of one that was not answered
    /// it has the span of time in which it can have happened.
    pub fn act(&mut self, action: Action, answer: &Answered) {
        let Answered { writer, n, version, wall_ms: (before, after), .. } = *answer;
        let expiration = |ttl: Option<u64>| ttl.map(|ttl| (before + ttl, after + ttl));
        match action {
            Action::Put { key, size, metadata, ttl_ms, .. } => {
                let content = Content::Filled { writer, n, size };
                let metadata = metadata.then(|| action::metadata(n));
                let expiration_ms = expiration(ttl_ms);
                self.0.insert(key, Known { content, metadata, expiration_ms, version });
            }
            Action::Increment { key, delta } => self.count(key, delta, answer),
            Action::Commit { keys, deleted, counter } => {
                for key in keys {
                    self.text(key, n.to_string(), version);
                }
                self.0.remove(&deleted);
                self.count(counter, 1, answer);
            }
            Action::Delete { key, .. } => drop(self.0.remove(&key)),
            Action::Expire { key, ttl_ms } => {
                if let Some(known) = self.0.get_mut(&key) {
                    (known.version, known.expiration_ms) = (version, expiration(ttl_ms));
                }
            }
            Action::Abandon { .. } => {}
        }
    }

    fn text(&mut self, key: String, text: String, version: Option<u64>) {
        let content = Content::Text(text);
        self.0.insert(key, Known { content, metadata: None, expiration_ms: None, version });
    }

    fn count(&mut self, key: String, delta: i64, answer: &Answered) {
        let before = match self.0.get(&key).map(|known| &known.content) {
            Some(Content::Text(text)) => text.parse().unwrap(),
            _ => 0,
        };
        let sum: i64 = before + delta;
        if let Some(count) = answer.count {
            assert_eq!(count, sum, "what the counter {key} was said to have come to");
        }
        self.text(key, sum.to_string(), answer.version);
    }

    /// What is amiss when the store holds `found` at a time; nothing if it is these keys.
    pub fn differs(&self, found: &BTreeMap<String, Entry>, now_ms: u64) -> Option<String> {
        if let Some(key) = found.keys().find(|key| !self.0.contains_key(*key)) {
            return Some(format!("{key} is there"));
        }
        self.0.iter().find_map(|(key, known)| match found.get(key) {
            Some(entry) => known.differs(entry, now_ms).map(|what| format!("{key}: {what}")),
            None => known
                .expiration_ms
                .is_none_or(|(earliest, _)| earliest > now_ms)
                .then(|| format!("{key} is missing: {known:?}")),
        })
    }

    /// Takes what was found, which is these keys, for what is known from now on, and gives the
    /// versions that were not known before.
    pub fn learn(&mut self, found: &BTreeMap<String, Entry>) -> Vec<u64> {
        let mut learnt = Vec::new();
        self.0.retain(|key, known| match found.get(key) {
            Some(entry) => {
                let expiration_ms = entry.head.expiration.map(|at| at.as_millis());
                known.expiration_ms = expiration_ms.map(|at| (at, at));
                let version = entry.head.version.as_u64();
                if known.version.replace(version).is_none() {
                    learnt.push(version);
                }
                true
            }
            None => false,
        });
        learnt
    }
}

impl Known {
    fn differs(&self, entry: &Entry, now_ms: u64) -> Option<String> {
        let head = &entry.head;
        if self.version.is_some_and(|version| version != head.version.as_u64()) {
            return Some(format!("version {:?}, not {:?}", head.version, self.version));
        }
        if self.metadata.as_deref() != head.metadata.as_deref() {
            return Some(format!("metadata {:?}, not {:?}", head.metadata, self.metadata));
        }
        let expiration_ms = head.expiration.map(|at| at.as_millis());
        let fits = match (self.expiration_ms, expiration_ms) {
            (None, None) => true,
            (Some((earliest, latest)), Some(at)) => earliest <= at && at <= latest && at > now_ms,
            _ => false,
        };
        if !fits {
            let known = self.expiration_ms;
            return Some(format!("expires at {expiration_ms:?}, not {known:?}, at {now_ms}"));
        }
        let whole = match &self.content {
            Content::Text(text) => entry.value == text.as_bytes(),
            Content::Filled { writer, n, size } => {
                entry.value.len() == *size && entry.value == action::value(*writer, *n, *size)
            }
        };
        let start = String::from_utf8_lossy(&entry.value[..entry.value.len().min(20)]);
        (!whole).then(|| {
            format!("{} bytes that begin with {start:?}, not {:?}", entry.value.len(), self.content)
        })
    }
}
