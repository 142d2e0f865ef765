//! One of those who use a namespace at once: it asks, and writes down what it was answered.

use crate::history::{Answer, Asked, Condition, Event, KEYS, Key, Write, Written, name_of};
use crate::model::STEP_MS;
use crate::terms::{conflict, expiration, seen_of, seen_whole, written};
use fastrand::Rng;
use larder_store::{
    Check, Clock as _, CommitOutcome, DeleteOutcome, Error, Larder, ListOptions, ManualClock,
    Namespace, PutOptions, Result, UnixMillis, Version, WriteOutcome,
};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

/// Values of so many bytes lie beside their record, and are no counters.
const MIDDLING_BYTES: usize = 2_000;
/// Values of so many lie in pieces.
const LARGE_BYTES: usize = larder_store::limits::PIECE_BYTES + 1_000;

/// How many operations a hand does.
const OPERATIONS: usize = 7;
const OPERATIONS_IN_HASTE: usize = 25;

/// What the hands of one history share.
pub struct Table {
    pub larder: Larder,
    pub namespace: Namespace,
    pub title: String,
    pub clock: Arc<ManualClock>,
    /// Counts the beginnings and ends of operations.
    pub ticks: AtomicU64,
}

pub struct Hand<'a> {
    number: usize,
    table: &'a Table,
    rng: Rng,
    /// The version of each key as this hand last saw it.
    seen: [u64; KEYS],
    texts: u64,
    events: Vec<Event>,
}

impl<'a> Hand<'a> {
    pub fn new(number: usize, table: &'a Table, seed: u64) -> Self {
        let rng = Rng::with_seed(seed ^ ((number as u64) << 48));
        Self { number, table, rng, seen: [0; KEYS], texts: 0, events: Vec::new() }
    }

    /// Does operations of every kind, one after another.
    pub async fn operate(mut self) -> Vec<Event> {
        for _ in 0..OPERATIONS {
            self.operate_once().await;
            // To be one of many on a thread, some answers have to be waited for.
            if self.rng.bool() {
                yield_once().await;
            }
        }
        self.events
    }

    /// Reads and writes one key in haste, where what is kept in memory can be stale.
    pub async fn read_and_write(mut self) -> Vec<Event> {
        for _ in 0..OPERATIONS_IN_HASTE {
            match self.rng.u8(..8) {
                0..3 => self.read_whole(0).await,
                3..6 => self.read_head(0).await,
                6 => self.increment(0).await,
                _ => self.put(0).await,
            }
        }
        self.events
    }

    /// Sets the clock forward so often.
    pub async fn step(mut self, count: usize) -> Vec<Event> {
        for _ in 0..count {
            self.dawdle().await;
            let clock = self.table.clock.clone();
            self.record(Asked::Step, async move {
                clock.advance(Duration::from_millis(STEP_MS));
                Ok(Answer::Done)
            })
            .await;
        }
        self.events
    }

    /// Deletes the namespace amid it all.
    pub async fn delete_namespace(mut self) -> Vec<Event> {
        self.dawdle().await;
        let table = self.table;
        self.record(Asked::DeleteNamespace, async {
            table.larder.delete_namespace(&table.title).await.map(|()| Answer::Done)
        })
        .await;
        self.events
    }

    async fn dawdle(&mut self) {
        for _ in 0..self.rng.u8(..8) {
            yield_once().await;
            std::thread::yield_now();
        }
    }

    async fn operate_once(&mut self) {
        let key = self.rng.usize(..KEYS);
        match self.rng.u8(..20) {
            0..3 => self.read_whole(key).await,
            3 => self.read_head(key).await,
            4 => self.read_in_pieces(key).await,
            5..7 => self.read_many().await,
            7 => self.list().await,
            8..12 => self.put(key).await,
            12 => self.delete(key).await,
            13 => self.delete_if(key).await,
            14..16 => self.increment(key).await,
            16..18 => self.expire(key).await,
            _ => self.commit().await,
        }
    }

    /// Asks, and writes down the answer. One in a dozen writes is given up when it has begun.
    async fn record(&mut self, asked: Asked, answer: impl Future<Output = Result<Answer>>) {
        let gives_up = matches!(asked, Asked::Write { .. }) && self.rng.u8(..12) == 0;
        let clock_ms = self.table.clock.now_ms();
        let from = self.table.ticks.fetch_add(1, Ordering::SeqCst);
        let answer = match gives_up {
            true => begun(answer).await,
            false => Some(answer.await),
        };
        let until = self.table.ticks.fetch_add(1, Ordering::SeqCst);
        let answer = answer.map(|answer| match answer {
            Ok(answer) => answer,
            Err(Error::NamespaceDeleted) => Answer::Gone,
            Err(Error::NamespaceNotFound { .. }) => Answer::Gone,
            Err(Error::NotACounter) => Answer::NotACounter,
            Err(error) => panic!("{asked:?}: {error}"),
        });
        self.remember(&asked, answer.as_ref());
        self.events.push(Event { hand: self.number, asked, answer, from, until, clock_ms });
    }

    fn remember(&mut self, asked: &Asked, answer: Option<&Answer>) {
        match (asked, answer) {
            (Asked::Read(keys), Some(Answer::Read(all))) => {
                for (key, seen) in keys.iter().zip(all) {
                    self.seen[*key] = seen.as_ref().map_or(0, |seen| seen.version);
                }
            }
            (Asked::Write { writes, .. }, Some(Answer::Written { version, .. })) => {
                for key in writes.iter().map(Write::key) {
                    self.seen[key] = version.unwrap_or(0);
                }
            }
            _ => {}
        }
    }

    async fn read_whole(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let answer = async {
            let entry = namespace.get_entry(name_of(key)).await?;
            Ok(Answer::Read(vec![entry.map(seen_whole)]))
        };
        self.record(Asked::Read(vec![key]), answer).await;
    }

    async fn read_head(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let answer = async {
            let info = namespace.head(name_of(key)).await?;
            Ok(Answer::Read(vec![info.map(|info| seen_of(None, &info.head))]))
        };
        self.record(Asked::Read(vec![key]), answer).await;
    }

    async fn read_in_pieces(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let answer = async {
            let Some(reader) = namespace.open_reader(name_of(key)).await? else {
                return Ok(Answer::Read(vec![None]));
            };
            let head = &reader.info().head;
            let mut bytes = Vec::new();
            while (bytes.len() as u64) < head.size {
                bytes.extend(reader.read(bytes.len() as u64, 300_000).await?);
            }
            Ok(Answer::Read(vec![Some(seen_of(Some(&bytes), head))]))
        };
        self.record(Asked::Read(vec![key]), answer).await;
    }

    async fn read_many(&mut self) {
        let namespace = &self.table.namespace;
        let mut keys: Vec<Key> = (0..KEYS).collect();
        self.rng.shuffle(&mut keys);
        keys.truncate(2);
        let names: Vec<_> = keys.iter().map(|key| name_of(*key)).collect();
        let answer = async {
            let entries = namespace.get_many(&names).await?;
            let seen = entries.into_iter().map(|entry| entry.map(seen_whole));
            Ok(Answer::Read(seen.collect()))
        };
        self.record(Asked::Read(keys), answer).await;
    }

    async fn list(&mut self) {
        let namespace = &self.table.namespace;
        let answer = async {
            let page = namespace.list(&ListOptions::default()).await?;
            let seen = (0..KEYS).map(|key| {
                let found = page.keys.iter().find(|info| info.name == name_of(key));
                found.map(|info| seen_of(None, &info.head))
            });
            Ok(Answer::Read(seen.collect()))
        };
        self.record(Asked::List, answer).await;
    }

    async fn put(&mut self, key: Key) {
        let (namespace, name) = (&self.table.namespace, name_of(key));
        let (text, ttl_ms) = (self.text(), self.ttl_ms());
        let condition = self.condition(key);
        let mut options = PutOptions::new();
        options.expiration = expiration(ttl_ms);
        options.condition = condition.map(Condition::of);
        let checks = condition.map(|condition| (key, condition)).into_iter().collect();
        let writes = vec![Write::Put { key, text: text.clone(), ttl_ms }];
        let in_pieces = text.len() > MIDDLING_BYTES || self.rng.u8(..6) == 0;
        // A writer asks for its condition and its ttl when it is finished.
        let mut pieces = None;
        if in_pieces {
            let Ok(mut writer) = namespace.open_writer(name, options.clone()) else { return };
            if writer.write(text.as_bytes()).await.is_err() {
                return;
            }
            pieces = Some(writer);
        }
        let answer = async {
            let outcome = match pieces {
                Some(writer) => writer.finish().await?,
                None => namespace.put_with(name, text, options).await?,
            };
            Ok(match outcome {
                WriteOutcome::Written(version) => written(Some(version), vec![Written::Put]),
                WriteOutcome::Conflict(found) => conflict(found),
            })
        };
        self.record(Asked::Write { checks, writes }, answer).await;
    }

    async fn delete(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let answer = async {
            let existed = namespace.delete(name_of(key)).await?;
            Ok(written(None, vec![Written::Deleted(Some(existed))]))
        };
        let writes = vec![Write::Delete { key }];
        self.record(Asked::Write { checks: Vec::new(), writes }, answer).await;
    }

    async fn delete_if(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let version = self.seen[key];
        let answer = async {
            let outcome = namespace.delete_if(name_of(key), Version::from_u64(version)).await?;
            Ok(match outcome {
                DeleteOutcome::Deleted => written(None, vec![Written::Deleted(Some(true))]),
                DeleteOutcome::Conflict(found) => conflict(found),
            })
        };
        let checks = vec![(key, Condition::Version(version))];
        let writes = vec![Write::Delete { key }];
        self.record(Asked::Write { checks, writes }, answer).await;
    }

    async fn increment(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let (delta, ttl_ms) = (self.rng.i64(1..9), self.ttl_ms());
        let answer = async {
            let counter = namespace.increment(name_of(key), delta, expiration(ttl_ms)).await?;
            let expiration_ms = Some(counter.expiration.map(UnixMillis::as_millis));
            let counted = Written::Counted { count: counter.value, expiration_ms };
            Ok(written(Some(counter.version), vec![counted]))
        };
        let writes = vec![Write::Increment { key, delta, ttl_ms }];
        self.record(Asked::Write { checks: Vec::new(), writes }, answer).await;
    }

    async fn expire(&mut self, key: Key) {
        let namespace = &self.table.namespace;
        let ttl_ms = self.ttl_ms();
        let answer = async {
            let version = namespace.expire(name_of(key), expiration(ttl_ms)).await?;
            Ok(written(version, vec![Written::Expired(Some(version.is_some()))]))
        };
        let writes = vec![Write::Expire { key, ttl_ms }];
        self.record(Asked::Write { checks: Vec::new(), writes }, answer).await;
    }

    /// Of two keys or three.
    async fn commit(&mut self) {
        let namespace = &self.table.namespace;
        let first = self.rng.usize(..KEYS);
        let keys: Vec<Key> =
            (0..self.rng.usize(2..=KEYS)).map(|next| (first + next) % KEYS).collect();
        let checks: Vec<_> = keys
            .iter()
            .filter_map(|key| {
                let condition = if self.rng.bool() { self.condition(*key) } else { None };
                condition.map(|condition| (*key, condition))
            })
            .collect();
        let writes: Vec<_> = keys.iter().map(|key| self.any_write(*key)).collect();
        let told = checks
            .iter()
            .map(|(key, condition)| Check { key: name_of(*key).into(), condition: condition.of() });
        let (told, operations) = (told.collect(), writes.iter().map(Write::operation).collect());
        let came_to = writes.iter().map(Write::untold).collect::<Vec<_>>();
        let answer = async {
            Ok(match namespace.commit(told, operations).await? {
                CommitOutcome::Conflict(check) => Answer::Conflict { check, found: None },
                CommitOutcome::Committed { version, counters } => {
                    let mut counters = counters.into_iter();
                    let mut came_to = came_to;
                    for written in &mut came_to {
                        if let Written::Counted { count, .. } = written {
                            *count = counters.next().unwrap();
                        }
                    }
                    written(Some(version), came_to)
                }
            })
        };
        self.record(Asked::Write { checks, writes }, answer).await;
    }

    fn any_write(&mut self, key: Key) -> Write {
        let ttl_ms = self.ttl_ms();
        match self.rng.u8(..6) {
            0..3 => Write::Put { key, text: self.text(), ttl_ms },
            3 => Write::Delete { key },
            4 => Write::Increment { key, delta: 1, ttl_ms },
            _ => Write::Expire { key, ttl_ms },
        }
    }

    /// A text that no other write has. It is a number, with blanks behind it if it is long.
    fn text(&mut self) -> String {
        self.texts += 1;
        let number = self.number as u64 * 1_000_000 + self.texts * 1_000;
        let bytes = match self.rng.u8(..60) {
            0 => LARGE_BYTES,
            1..12 => MIDDLING_BYTES,
            _ => 0,
        };
        let text = number.to_string();
        let blanks = bytes.saturating_sub(text.len());
        text + &" ".repeat(blanks)
    }

    /// Half of what is written expires within the next steps of the clock.
    fn ttl_ms(&mut self) -> Option<u64> {
        let ttls = [None, None, Some(1_000_000), Some(1), Some(STEP_MS), Some(STEP_MS * 2 - 1)];
        ttls[self.rng.usize(..ttls.len())]
    }

    fn condition(&mut self, key: Key) -> Option<Condition> {
        match self.rng.u8(..6) {
            0 => Some(Condition::Absent),
            1 => Some(Condition::Present),
            2 | 3 => Some(Condition::Version(self.seen[key])),
            _ => None,
        }
    }
}

/// What a future comes to at once; else it is dropped.
async fn begun<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
