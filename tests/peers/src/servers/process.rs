//! What a server takes of memory and disk, and how long a command and a start take.

use super::load::{Load, Target, drive};
use super::serving::{Memory, Serving};
use super::stores::{self, KEYS, Size};
use super::tools;
use crate::measure::{Measured, median};
use crate::report::Section;
use crate::{Extent, Plan};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const MILLION: u32 = 1_000_000;

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    fs::create_dir_all(&plan.scratch)?;
    let scratch = tempfile::tempdir_in(&plan.scratch)?;
    let larder = tools::larder()?;
    let here = Here {
        loops: tools::guest("loops")?,
        worker: tools::worker(&larder, &tools::workers(), "worker")?,
        larder,
        scratch: scratch.path(),
        short: plan.extent == Extent::Short,
    };
    let id = stores::fill(&here.larder, &here.path("small"), KEYS)?;
    stores::fill(&here.larder, &here.path("million"), MILLION)?;
    stores::miniflare(here.scratch, &here.path("miniflare"))?;
    // First, since what follows writes to the stores.
    let files = files(&here)?;
    let memory = memory(&here)?;
    Ok(vec![memory, files, commands(&here, &id)?, starts(&here)?])
}

struct Here<'a> {
    larder: PathBuf,
    /// The guest in Rust, and the one in JavaScript.
    loops: PathBuf,
    worker: PathBuf,
    scratch: &'a Path,
    short: bool,
}

impl Here<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    fn serve(&self, component: &Path, store: &str) -> Result<Serving> {
        Serving::start(&format!("{store}-serving"), self.scratch, "/nothing/1", |port| {
            Ok(tools::serve(&self.larder, component, &self.path(store), false, port))
        })
    }

    fn serve_miniflare(&self) -> Result<Serving> {
        Serving::start("miniflare-serving", self.scratch, "/get/key-00001", |port| {
            stores::serve_miniflare(port, &self.path("miniflare"))
        })
    }
}

/// What a server takes in each of its states.
struct States {
    started: Memory,
    read: Memory,
    /// The most that was seen.
    loaded: Memory,
}

fn memory(here: &Here<'_>) -> Result<Section> {
    let mut section = Section::new("Processes: memory", MEMORY);
    // What compiling leaves behind is told with the starts.
    here.serve(&here.loops, "small")?.stop();
    here.serve(&here.worker, "small")?.stop();
    let small = states(here, &here.serve(&here.loops, "small")?, KEYS, "/value/key-")?;
    let million = states(here, &here.serve(&here.loops, "million")?, MILLION, "/value/key-")?;
    let js = states(here, &here.serve(&here.worker, "small")?, KEYS, "/get/key-")?;
    let peer = states(here, &here.serve_miniflare()?, KEYS, "/get/key-")?;
    let each = |states: &States| {
        let States { started, read, loaded } = *states;
        [("after the start", started), ("all keys read", read), ("under load", loaded)]
    };
    for (state, ours) in each(&small) {
        section.figure(&format!("10,000 keys, {state}: RSS"), ours.rss / 1e6, "MB", Some(60.0));
    }
    for (name, ours) in [("Rust", small), ("StarlingMonkey", js)] {
        for ((state, ours), (_, theirs)) in each(&ours).into_iter().zip(each(&peer)) {
            let (ours, theirs) = (ours.pss, theirs.pss);
            let what = format!("10,000 keys, {name}, {state}: PSS");
            section.row(&what, mega(ours), "miniflare", mega(theirs), ours / theirs, None);
        }
    }
    for (state, ours) in each(&million) {
        section.figure(&format!("1,000,000 keys, {state}: RSS"), ours.rss / 1e6, "MB", None);
    }
    Ok(section)
}

/// Takes a server through its states.
fn states(here: &Here<'_>, serving: &Serving, keys: u32, path: &str) -> Result<States> {
    let started = serving.memory()?;
    serving.get(&format!("/all/{keys}"))?;
    let read = serving.memory()?;
    let each = Duration::from_secs(if here.short { 2 } else { 10 });
    let targets = [Target { name: "the server", serving, path, rounds: 1 }];
    let done = AtomicBool::new(false);
    let loaded = thread::scope(|scope| {
        let watched = scope.spawn(|| watch(serving, &done));
        let driven = drive(&targets, Load { clients: 16, keys, each, rounds: 1 });
        done.store(true, Ordering::Relaxed);
        driven?;
        watched.join().unwrap_or_else(|_| anyhow::bail!("its memory was not watched"))
    })?;
    Ok(States { started, read, loaded })
}

/// The most that it takes until it is done.
fn watch(serving: &Serving, done: &AtomicBool) -> Result<Memory> {
    let mut most = serving.memory()?;
    while !done.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(200));
        let now = serving.memory()?;
        most = Memory { rss: most.rss.max(now.rss), pss: most.pss.max(now.pss) };
    }
    Ok(most)
}

fn mega(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

fn files(here: &Here<'_>) -> Result<Section> {
    let mut section = Section::new("Processes: files", FILES);
    let data = f64::from(u32::try_from("key-00000".len() + 100)?);
    let each = |size: &Size, keys: u32| size.bytes as f64 / f64::from(keys);
    let told = |size: &Size, keys| format!("{:.0} B a key, {} files", each(size, keys), size.files);
    let peer = stores::size(&here.path("miniflare"))?;
    for (name, what, keys) in
        [("small", "10,000 keys", KEYS), ("million", "1,000,000 keys", MILLION)]
    {
        let store = here.path(name);
        for state in ["imported", "compacted"] {
            if state == "compacted" {
                tools::run(Command::new(&here.larder).args(["compact", "--store"]).arg(&store))?;
            }
            let size = stores::size(&store)?;
            let what = format!("{what}, {state}");
            let ratio = each(&size, keys) / data;
            let theirs = format!("{data:.0} B a key");
            section.row(&what, told(&size, keys), "keys and values alone", theirs, ratio, None);
            if name == "small" {
                let (ours, theirs) = (told(&size, keys), told(&peer, KEYS));
                let ratio = size.bytes as f64 / peer.bytes as f64;
                section.row(&what, ours, "miniflare", theirs, ratio, None);
            }
        }
    }
    Ok(section)
}

fn commands(here: &Here<'_>, id: &str) -> Result<Section> {
    let mut section = Section::new("Processes: commands", COMMANDS);
    let times = if here.short { 15 } else { 30 };
    let larder = |arguments: &[&str], store: &str| {
        let mut command = Command::new(&here.larder);
        command.args(arguments).arg("--store").arg(here.path(store));
        command
    };
    let get = ["key", "get", "key-00001", "--namespace", "KV"];
    let kv_get = ["kv", "key", "get", "key-00001", "--namespace-id", id];
    let kv_put = ["kv", "key", "put", "key-new", "value", "--namespace-id", id];
    let mut version = Command::new(&here.larder);
    version.arg("--version");
    let goal = Some(20.0);
    let ours = [
        ("larder --version", version, goal),
        ("larder kv key get", larder(&kv_get, "small"), goal),
        ("larder key get", larder(&get, "small"), goal),
        ("larder kv key put", larder(&kv_put, "small"), goal),
        ("larder key get, 1,000,000 keys", larder(&get, "million"), None),
    ];
    let peer = wrangler(here)?;
    for (what, mut command, goal) in ours {
        let measured = timed(what, &mut command, times)?;
        section.figure(what, measured.seconds * 1e3, "ms", goal);
        if what == "larder kv key get" {
            section.time(what, &measured, &peer, None);
        }
    }
    let serving = here.serve(&here.loops, "small")?;
    let through = timed("served", &mut larder(&get, "small"), times)?;
    section.figure("larder key get, of a served store", through.seconds * 1e3, "ms", goal);
    serving.stop();
    Ok(section)
}

/// wrangler, getting a key of its own store.
fn wrangler(here: &Here<'_>) -> Result<Measured> {
    let directory = here.path("wrangler");
    stores::wrangler(here.scratch, &directory)?;
    let get = ["kv", "key", "get", "key-00001", "--binding", "KV", "--local", "--persist-to"];
    let mut command = tools::wrangler(&get)?;
    timed("wrangler kv key get --local", command.arg(directory), if here.short { 2 } else { 5 })
}

/// The whole command, so many times.
fn timed(name: &str, command: &mut Command, times: usize) -> Result<Measured> {
    let each = (0..times).map(|_| {
        let began = Instant::now();
        tools::run(command)?;
        Ok(began.elapsed().as_secs_f64())
    });
    Ok(Measured::of(name, each.collect::<Result<_>>()?))
}

fn starts(here: &Here<'_>) -> Result<Section> {
    let mut section = Section::new("Processes: start", STARTS);
    let store = here.path("small");
    let larder = |component: &Path, cache: &Path, ready: &str| {
        Serving::start("start", here.scratch, ready, |port| {
            let mut command = tools::serve(&here.larder, component, &store, true, port);
            command.env("XDG_CACHE_HOME", cache);
            Ok(command)
        })
    };
    let mut turns: [Vec<f64>; 6] = Default::default();
    let mut memory: [Vec<f64>; 6] = Default::default();
    for _ in 0..if here.short { 1 } else { 5 } {
        let cache = tempfile::tempdir_in(here.scratch)?;
        let rust = || larder(&here.loops, cache.path(), "/value/key-00001");
        let js = || larder(&here.worker, cache.path(), "/get/key-00001");
        let wrangler = || {
            Serving::start("wrangler-start", here.scratch, "/get/key-00001", |port| {
                stores::serve_wrangler(port, &here.path("wrangler"))
            })
        };
        let starts: [&dyn Fn() -> Result<Serving>; 6] =
            [&rust, &rust, &js, &js, &|| here.serve_miniflare(), &wrangler];
        for ((turns, memory), start) in turns.iter_mut().zip(&mut memory).zip(starts) {
            let serving = start()?;
            turns.push(serving.started.as_secs_f64());
            memory.push(serving.memory()?.rss);
        }
    }
    rows(&mut section, turns, memory);
    Ok(section)
}

/// Rows of what each start took, of time and of memory, in the order in which they are done.
fn rows(section: &mut Section, turns: [Vec<f64>; 6], memory: [Vec<f64>; 6]) {
    let names = ["Rust, cold", "Rust, warm", "JavaScript, cold", "JavaScript, warm"];
    let [ours @ .., miniflare, wrangler] = turns;
    let miniflare = Measured::of("miniflare", miniflare);
    let wrangler = Measured::of("wrangler dev", wrangler);
    for (name, turns) in names.into_iter().zip(ours) {
        let ours = Measured::of(name, turns);
        section.time(name, &ours, &miniflare, None);
        section.time(name, &ours, &wrangler, None);
    }
    for (name, memory) in names.into_iter().zip(memory) {
        let goal = name.starts_with("Rust").then_some(60.0);
        section.figure(&format!("{name}: RSS"), median(memory) / 1e6, "MB", goal);
    }
}

const MEMORY: &str = "Of `larder serve`, with values of 100 bytes and settings as they are by default, and \
    of a Rust guest where nothing else is said, started with the component compiled before: after its \
    first request; after each key was read once by one request; and the most that was seen while 16 \
    clients of wrk sent requests with one get each. RSS is VmRSS of /proc. PSS counts once what \
    processes share, and is the sum of all that the server has started. 1 MB is a million bytes.";

const FILES: &str = "The store's directory after `larder import` of keys of 9 bytes (up to 10 of a \
    million) and values of 100, and after `larder compact`; beside it the directory of miniflare in \
    which as many keys were put.";

const COMMANDS: &str = "From the start of the process to its end, the median; the store has 10,000 keys \
    and is free, where nothing else is said.";

const STARTS: &str = "From the start of the process until it has answered its first request, which reads \
    a key, from a store of 10,000. Cold is without what was compiled before (an empty XDG_CACHE_HOME), \
    warm is the start after. RSS is what the process takes then. The files are in the memory of the \
    system.";
