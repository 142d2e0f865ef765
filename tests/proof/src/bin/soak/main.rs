//! Does the store stay as it is? A mixed load for minutes, and whether file size and memory stand still
//! after it has warmed up: `soak [MINUTES] [SVG]`, ten minutes and `soak.svg` when not said.
//!
//! Prints a line a minute and at the end what came of it, writes a chart, and exits with 1 when file or
//! memory grew by more than a tenth in the second half.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod chart;
mod load;
mod process;

use larder_store::{Error, Larder, Options};
use load::{Kind, Load};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);
/// Larger than what is hot, so that pages are evicted too.
const CACHE_BYTES: usize = 64 << 20;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What was seen at one moment, with the latencies since the last.
struct Sample {
    seconds: f64,
    file_bytes: u64,
    live_bytes: u64,
    memory_bytes: u64,
    reads: Latency,
    writes: Latency,
}

/// In microseconds.
#[derive(Clone, Copy, Default)]
struct Latency {
    median: f64,
    p99: f64,
}

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let minutes: f64 = arguments.next().as_deref().unwrap_or("10").parse()?;
    let svg = PathBuf::from(arguments.next().unwrap_or_else(|| "soak.svg".into()));
    let directory = tempfile::Builder::new().prefix("soak").tempdir_in(".")?;
    let larder = Options::new().cache_bytes(CACHE_BYTES).open(directory.path())?;
    let load = Load::begin(&larder)?;
    let written_before = process::written_bytes()?;
    let samples = watch(&larder, &load, directory.path(), Duration::from_secs_f64(minutes * 60.0))?;
    let done = load.end()?;
    larder.blocking().flush()?;
    let written = process::written_bytes()? - written_before;
    let damage = larder.blocking().check()?.damage;
    chart::draw(&svg, &samples)?;
    println!("chart: {}", svg.display());
    println!("operations: {}", done.counts);
    println!("write amplification: {:.1}", written as f64 / done.bytes as f64);
    let sound = damage.is_empty();
    println!("check: {}", if sound { "sound".to_owned() } else { damage.join("\n") });
    let flat = report(&samples);
    Ok(if sound && flat { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn watch(larder: &Larder, load: &Load, directory: &Path, time: Duration) -> Result<Vec<Sample>> {
    let began = Instant::now();
    let mut samples = Vec::new();
    while began.elapsed() < time {
        std::thread::sleep(EVERY);
        let sample = look(larder, load, directory, began)?;
        if samples.len() % 60 == 59 {
            println!("{}", line(&sample));
        }
        samples.push(sample);
    }
    Ok(samples)
}

fn look(larder: &Larder, load: &Load, directory: &Path, began: Instant) -> Result<Sample> {
    let namespaces = larder.blocking().namespaces()?;
    Ok(Sample {
        seconds: began.elapsed().as_secs_f64(),
        file_bytes: std::fs::metadata(directory.join("data.redb"))?.len(),
        live_bytes: namespaces.iter().map(|namespace| namespace.bytes).sum(),
        memory_bytes: process::memory_bytes()?,
        reads: load.latency(Kind::Read),
        writes: load.latency(Kind::Write),
    })
}

fn line(sample: &Sample) -> String {
    const MIB: f64 = (1 << 20) as f64;
    let Sample { seconds, file_bytes, live_bytes, memory_bytes, reads, writes } = sample;
    format!(
        "{seconds:.0} s: file {:.0} MiB of {:.0} MiB live, memory {:.0} MiB; get {:.0} µs, p99 {:.0}; \
         write {:.1} ms, p99 {:.1}",
        *file_bytes as f64 / MIB,
        *live_bytes as f64 / MIB,
        *memory_bytes as f64 / MIB,
        reads.median,
        reads.p99,
        writes.median / 1000.0,
        writes.p99 / 1000.0,
    )
}

/// Says what became of file and memory in the second half, and whether they stood still.
fn report(samples: &[Sample]) -> bool {
    let half = samples.split_at(samples.len() / 2).1;
    let grown = |of: fn(&Sample) -> u64| {
        let most = |samples: &[Sample]| samples.iter().map(of).max().unwrap_or(0) as f64;
        let (before, after) = half.split_at(half.len() / 2);
        most(after) / most(before).max(1.0)
    };
    let (file, memory) = (grown(|sample| sample.file_bytes), grown(|sample| sample.memory_bytes));
    let amplification =
        half.iter().map(|sample| sample.file_bytes as f64 / sample.live_bytes.max(1) as f64);
    let amplification = amplification.sum::<f64>() / half.len().max(1) as f64;
    println!("space amplification: {amplification:.1}");
    println!("last quarter against the one before: file {file:.2}, memory {memory:.2}");
    file < 1.1 && memory < 1.1
}

/// An operation that could not be done.
fn failed(what: &str, error: &Error) -> String {
    format!("{what}: {error}")
}
