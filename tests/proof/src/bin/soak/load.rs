//! The load: sessions that expire, values of every size that are overwritten and deleted, counters,
//! commits and pieces; and readers beside them.

use crate::{Latency, Result, failed};
use fastrand::Rng;
use larder_store::{
    BlockingNamespace, Condition, Error, Expiration, Larder, ListOptions, Operation, PutOptions,
};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const WRITERS: u64 = 4;
const READERS: u64 = 2;
/// Keys that are overwritten.
const KEYS: u32 = 20_000;
/// Sessions live for 1 to this many seconds.
const SESSION_SECONDS: u64 = 20;
/// A reader rests so long after each round, since it is not the processor that is looked at.
const READERS_REST: Duration = Duration::from_millis(1);

/// What is timed.
#[derive(Clone, Copy)]
pub enum Kind {
    Read,
    Write,
}

/// Threads at work, until it is ended.
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<std::result::Result<(), String>>>,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    /// Microseconds since they were last asked for, by kind.
    times: [Mutex<Vec<f64>>; 2],
    reads: AtomicU64,
    writes: AtomicU64,
    bytes: AtomicU64,
}

/// What was done in all.
pub struct Done {
    pub counts: Counts,
    /// Bytes of keys and values that were written.
    pub bytes: u64,
}

pub struct Counts {
    reads: u64,
    writes: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reads, {} writes", self.reads, self.writes)
    }
}

impl Load {
    pub fn begin(larder: &Larder) -> Result<Self> {
        let namespace = larder.blocking().open_or_create("soak")?.blocking();
        let shared = Arc::new(Shared::default());
        let thread = |seed: u64, round: Round| {
            let mut worker = Worker {
                namespace: namespace.clone(),
                shared: shared.clone(),
                rng: Rng::with_seed(seed),
                sessions: seed << 40,
            };
            std::thread::spawn(move || {
                while !worker.shared.over.load(Ordering::Relaxed) {
                    round(&mut worker).map_err(|error| failed("the load", &error))?;
                }
                Ok(())
            })
        };
        let writers = (0..WRITERS).map(|seed| thread(seed, Worker::write));
        let readers = (WRITERS..WRITERS + READERS).map(|seed| thread(seed, Worker::read));
        Ok(Self { shared: shared.clone(), threads: writers.chain(readers).collect() })
    }

    /// Median and 99th percentile of what was timed since the last call.
    pub fn latency(&self, kind: Kind) -> Latency {
        let mut times = std::mem::take(&mut *self.shared.times(kind));
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied();
        Latency { median: at(0.5).unwrap_or_default(), p99: at(0.99).unwrap_or_default() }
    }

    pub fn end(self) -> Result<Done> {
        self.shared.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| "a thread of the load panicked")??;
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts =
            Counts { reads: count(&self.shared.reads), writes: count(&self.shared.writes) };
        Ok(Done { counts, bytes: count(&self.shared.bytes) })
    }
}

impl Shared {
    fn times(&self, kind: Kind) -> std::sync::MutexGuard<'_, Vec<f64>> {
        let [reads, writes] = &self.times;
        let times = match kind {
            Kind::Read => reads,
            Kind::Write => writes,
        };
        times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Round = fn(&mut Worker) -> std::result::Result<(), Error>;

struct Worker {
    namespace: BlockingNamespace,
    shared: Arc<Shared>,
    rng: Rng,
    /// The next session, which no other worker has.
    sessions: u64,
}

impl Worker {
    fn write(&mut self) -> std::result::Result<(), Error> {
        let began = Instant::now();
        let bytes = match self.rng.u32(0..100) {
            0..40 => self.session()?,
            40..70 => self.overwrite()?,
            70..80 => {
                let key = self.key();
                self.namespace.delete(&key)?;
                0
            }
            80..88 => {
                let hour = Some(Expiration::Ttl(3600));
                self.namespace.increment(&format!("counter/{}", self.rng.u32(0..100)), 1, hour)?;
                20
            }
            88..94 => self.commit()?,
            94..98 => {
                let key = self.key();
                self.namespace.expire(&key, Some(Expiration::Ttl(30)))?;
                0
            }
            _ => self.pieces()?,
        };
        self.done(Kind::Write, began);
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn read(&mut self) -> std::result::Result<(), Error> {
        for _ in 0..10 {
            let key = self.key();
            let began = Instant::now();
            self.namespace.get(&key)?;
            self.done(Kind::Read, began);
            self.shared.reads.fetch_add(1, Ordering::Relaxed);
        }
        if self.rng.u32(0..100) == 0 {
            self.namespace.list(&ListOptions::prefix("session/"))?;
        }
        std::thread::sleep(READERS_REST);
        Ok(())
    }

    fn session(&mut self) -> std::result::Result<u64, Error> {
        self.sessions += 1;
        let key = format!("session/{:016x}", self.sessions);
        let ttl = Duration::from_millis(self.rng.u64(1000..SESSION_SECONDS * 1000));
        let options = PutOptions::new().ttl(ttl).metadata(r#"{"user":1}"#);
        let value = vec![1; self.rng.usize(50..500)];
        let bytes = (key.len() + value.len()) as u64;
        let _ = self.namespace.put_with(&key, value, options)?;
        Ok(bytes)
    }

    fn overwrite(&mut self) -> std::result::Result<u64, Error> {
        let (key, value) = (self.key(), self.value());
        let bytes = (key.len() + value.len()) as u64;
        self.namespace.put(&key, value)?;
        Ok(bytes)
    }

    fn commit(&mut self) -> std::result::Result<u64, Error> {
        let check = larder_store::Check { key: "never".into(), condition: Condition::Absent };
        let put = |key: String, value: Vec<u8>| Operation::Put {
            key,
            value: value.into(),
            expiration: None,
            metadata: None,
        };
        let (a, b) = (put(self.key(), vec![2; 300]), put(self.key(), vec![3; 3000]));
        let _ = self.namespace.commit(vec![check], vec![a, b])?;
        Ok(3300)
    }

    fn pieces(&mut self) -> std::result::Result<u64, Error> {
        let key = format!("large/{}", self.rng.u32(0..20));
        let mut writer = self.namespace.open_writer(&key, PutOptions::new())?;
        let pieces = self.rng.u64(1..20);
        for _ in 0..pieces {
            writer.write(&[4; 100_000])?;
        }
        // Some are given up.
        if self.rng.u32(0..4) > 0 {
            let _ = writer.finish()?;
        }
        Ok(pieces * 100_000)
    }

    fn key(&mut self) -> String {
        format!("key/{}", self.rng.u32(0..KEYS))
    }

    /// Most are small, some lie beside their record, few are in pieces.
    fn value(&mut self) -> Vec<u8> {
        let bytes = match self.rng.u32(0..1000) {
            0..700 => self.rng.usize(10..1000),
            700..990 => self.rng.usize(1000..20_000),
            990..999 => self.rng.usize(20_000..500_000),
            _ => self.rng.usize(500_000..2_000_000),
        };
        vec![5; bytes]
    }

    fn done(&self, kind: Kind, began: Instant) {
        self.shared.times(kind).push(began.elapsed().as_secs_f64() * 1e6);
    }
}
