//! Others while one reads what is not in memory: a read of a cold store holds up the thread that it
//! is on for as long as the disk takes, and with it whatever waits for that thread.

use crate::guest::{Given, Guest};
use crate::report::Section;
use crate::stores::{Filled, MANY};
use crate::{Extent, Plan};
use anyhow::{Result, anyhow};
use larder_store::{ListOptions, Namespace};
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// As many threads as the machine of the figures has cores.
const THREADS: usize = 2;
/// Tasks that read what is cold, one after the other; twice as many as there are threads.
const READERS: usize = 4;
const TURNS: usize = 15;

const ABOUT: &str = "\
p99 of a request (an instance, one get of a hot key, at 200 a second) on a runtime of two threads, \
alone, and beside four tasks that read without a pause from a store of 1 M keys whose file the \
system has been told to forget every 2 ms, with 2 MiB of cache. Ratios of the medians of turns.";

/// What the other tasks read.
#[derive(Clone, Copy, PartialEq)]
enum Cold {
    Nothing,
    Gets,
    Bulk,
    Lists,
}

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    let turn = match plan.extent {
        Extent::Short => Duration::from_millis(200),
        Extent::Full | Extent::Long => Duration::from_secs(1),
    };
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_time().build()?;
    let guest = Arc::new(Guest::pooled()?);
    let few = Filled::open(&plan.scratch, 10_000, 100)?;
    let given = Given { floor: vec![0; 100].into(), ..Given::new(&few.namespace)? };
    let (cold, _larder, file) = Filled::open_cold(&plan.scratch, MANY, 100)?;
    let forgetting = Forgetting::start(file);
    let mut section = Section::new("A cold store", ABOUT);
    let mut found: [Vec<Duration>; 4] = Default::default();
    let kinds = [Cold::Nothing, Cold::Gets, Cold::Bulk, Cold::Lists];
    for _ in 0..TURNS {
        for (kind, found) in kinds.iter().zip(&mut found) {
            found.push(p99(&runtime, &guest, &given, &cold, *kind, turn)?);
        }
    }
    drop(forgetting);
    let [alone, others @ ..] = found.map(median);
    for (what, beside) in ["gets", "get-many of 100", "lists of 1000"].iter().zip(others) {
        section.row(
            &format!("p99 of others beside cold {what}"),
            format!("{beside:.0?}"),
            "alone",
            format!("{alone:.0?}"),
            beside.as_secs_f64() / alone.as_secs_f64(),
            None,
        );
    }
    Ok(vec![section])
}

/// p99 of requests for a while.
fn p99(
    runtime: &Runtime,
    guest: &Arc<Guest>,
    given: &Given,
    cold: &Namespace,
    kind: Cold,
    turn: Duration,
) -> Result<Duration> {
    runtime.block_on(async {
        let over = Arc::new(AtomicBool::new(false));
        let mut readers = JoinSet::new();
        let count = if kind == Cold::Nothing { 0 } else { READERS };
        for reader in 0..count {
            let (cold, over) = (cold.clone(), over.clone());
            readers.spawn(async move {
                let mut random = fastrand::Rng::with_seed(reader as u64);
                while !over.load(Ordering::Relaxed) {
                    read(&cold, kind, &mut random).await?;
                    tokio::task::yield_now().await;
                }
                Ok::<_, larder_store::Error>(())
            });
        }
        let mut requests = JoinSet::new();
        let began = Instant::now();
        while began.elapsed() < turn {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let (guest, given) = (guest.clone(), given.clone());
            let asked = Instant::now();
            requests.spawn(async move {
                guest.instance(&given).await?.one("get").await?;
                Ok::<_, anyhow::Error>(asked.elapsed())
            });
        }
        let mut took = Vec::new();
        while let Some(request) = requests.join_next().await {
            took.push(request??);
        }
        over.store(true, Ordering::Relaxed);
        while let Some(reader) = readers.join_next().await {
            reader??;
        }
        took.sort();
        took.get(took.len() * 99 / 100).copied().ok_or_else(|| anyhow!("no request was answered"))
    })
}

async fn read(
    cold: &Namespace,
    kind: Cold,
    random: &mut fastrand::Rng,
) -> larder_store::Result<()> {
    let mut key = || crate::stores::key(random.u32(..MANY));
    match kind {
        Cold::Nothing => {}
        Cold::Gets => drop(cold.get(&key()).await?),
        Cold::Bulk => {
            let keys: Vec<_> = (0..100).map(|_| key()).collect();
            cold.get_many(&keys).await?;
        }
        Cold::Lists => {
            let options = ListOptions { start: Some(key()), ..ListOptions::default() };
            cold.list(&options).await?;
        }
    }
    Ok(())
}

fn median(mut of: Vec<Duration>) -> Duration {
    of.sort();
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// Has the system forget what it keeps of a file, again and again.
struct Forgetting(Arc<AtomicBool>);

impl Forgetting {
    fn start(file: File) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                // What cannot be forgotten would only make the store less cold.
                let _ = fadvise(&file, 0, None, Advice::DontNeed);
                thread::sleep(Duration::from_millis(2));
            }
        });
        Self(over)
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
