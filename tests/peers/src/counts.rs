//! What does not drift: instructions and allocations of a guest's calls, counted by valgrind. Above
//! its bound a count is a failure, which CI sees; how long things take is for people to look at.

use crate::guest::{Given, Guest};
use crate::stores;
use anyhow::{Context as _, Result, bail};
use larder_store::Options;
use pollster::block_on;
use std::env;
use std::path::Path;
use std::process::Command;

/// A call of the guest, and what each may take.
struct Bound {
    what: &'static str,
    /// Whether hot values are kept, or each read goes to redb's pages.
    hot: bool,
    instructions: f64,
    allocations: f64,
}

/// A little above what was counted, so that another release of a compiler passes.
const BOUNDS: [Bound; 6] = [
    Bound { what: "nothing", hot: true, instructions: 1_500.0, allocations: 0.1 },
    Bound { what: "get", hot: true, instructions: 6_800.0, allocations: 2.1 },
    Bound { what: "get", hot: false, instructions: 9_200.0, allocations: 3.1 },
    Bound { what: "miss", hot: true, instructions: 7_000.0, allocations: 2.1 },
    Bound { what: "get-many", hot: true, instructions: 650_000.0, allocations: 130.0 },
    Bound { what: "list-100", hot: true, instructions: 385_000.0, allocations: 120.0 },
];

/// The guest's file, compiled.
const GUEST: &str = "guest";

const KEYS: u32 = 1000;
const FEW_TIMES: u32 = 100;
const MORE_TIMES: u32 = 2100;

/// Counts everything, and fails where a bound is passed.
pub fn check() -> Result<()> {
    println!("| call of a guest | hot values | instructions | at most | allocations | at most |");
    println!("|---|---|---|---|---|---|");
    let scratch = tempfile::tempdir()?;
    Guest::compile_to(&scratch.path().join(GUEST))?;
    let mut passed = Vec::new();
    for Bound { what, hot, instructions, allocations } in BOUNDS {
        let one = |tool: Tool| -> Result<f64> {
            let count = |times| tool.count(scratch.path(), what, hot, times);
            let more = count(MORE_TIMES)? - count(FEW_TIMES)?;
            Ok(more / f64::from(MORE_TIMES - FEW_TIMES))
        };
        let (counted, allocated) = (one(Tool::Callgrind)?, one(Tool::Dhat)?);
        println!(
            "| {what} | {hot} | {counted:.0} | {instructions} | {allocated:.2} | {allocations} |"
        );
        if counted > instructions || allocated > allocations {
            passed.push(what);
        }
    }
    if passed.is_empty() { Ok(()) } else { bail!("above their bounds: {}", passed.join(", ")) }
}

#[derive(Clone, Copy)]
enum Tool {
    /// Instructions.
    Callgrind,
    /// Allocations.
    Dhat,
}

impl Tool {
    /// What a whole run takes that does it so many times.
    fn count(self, scratch: &Path, what: &str, hot: bool, times: u32) -> Result<f64> {
        let (tool, told) = match self {
            Self::Callgrind => ("callgrind", "Collected : "),
            Self::Dhat => ("dhat", " blocks"),
        };
        let output = Command::new("valgrind")
            .arg(format!("--tool={tool}"))
            .arg(format!("--{tool}-out-file={}", scratch.join("out").display()))
            .arg(env::current_exe()?)
            .args(["counted", what, &hot.to_string(), &times.to_string()])
            .arg(scratch.join(GUEST))
            .output()
            .context("valgrind, which a system's package manager has")?;
        let log = String::from_utf8_lossy(&output.stderr);
        let count = match self {
            Self::Callgrind => log.lines().find_map(|line| Some(line.split_once(told)?.1)),
            // `==1== Total:     1,234 bytes in 56 blocks`
            Self::Dhat => log.lines().filter(|line| line.contains("Total:")).find_map(|line| {
                line.strip_suffix(told).and_then(|line| Some(line.rsplit_once(' ')?.1))
            }),
        };
        let count = count.filter(|_| output.status.success());
        let count = count.with_context(|| format!("valgrind said:\n{log}"))?;
        Ok(count.replace(',', "").trim().parse()?)
    }
}

/// What is counted: all of a run that does `what` so many times.
pub fn counted(what: &str, hot: bool, times: u32, guest: &Path) -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Of the smallest cache, hot values get too little to be kept.
    let cache_bytes = if hot { stores::CACHE_BYTES } else { 0 };
    let options = Options::new().cache_bytes(cache_bytes);
    let (_larder, namespace) = stores::fill(directory.path(), options, KEYS, 100)?;
    let guest = Guest::compiled(guest)?;
    let given = Given { floor: stores::value(100).into(), ..Given::new(&namespace)? };
    let mut running = block_on(guest.instance(&given))?;
    running.choose(KEYS, 0)?;
    // Once around, so that all is hot that can be.
    running.times("get", 5 * KEYS, 100)?;
    let each = match what {
        "get" => 100,
        "get-many" => 100 * 100,
        _ => 1,
    };
    if what == "list-100" {
        return running.list(times, "key:000001", 100);
    }
    running.times(what, times, each)
}
