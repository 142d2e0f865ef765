//! Workers in miniflare and in `wrangler dev`, beside guests that do the same in Larder.

use super::http::load;
use super::load::{Driven, Load, Target, compare, drive};
use super::serving::{Serving, longer};
use super::stores::{self, KEYS};
use super::tools;
use crate::measure::{Side, in_turn};
use crate::report::Section;
use crate::{Extent, Plan};
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    fs::create_dir_all(&plan.scratch)?;
    let scratch = tempfile::tempdir_in(&plan.scratch)?;
    let place = Place { larder: tools::larder()?, scratch: scratch.path() };
    let worker = tools::worker(&place.larder, &tools::workers(), "worker")?;
    let peer = scratch.path().join("miniflare");
    stores::miniflare(scratch.path(), &peer)?;
    let peer = Serving::start("miniflare-serving", scratch.path(), "/none", |port| {
        stores::serve_miniflare(port, &peer)
    })?;
    let loops = place.serve("loops", &tools::guest("loops")?, "/nothing/0", &[])?;
    let js = place.serve("js", &worker, "/none", &[])?;
    let inside = inside(plan, &place, &loops, &js, &peer)?;
    loops.stop();
    let http = over_http(plan, &place, js, &peer)?;
    Ok(vec![inside, http])
}

struct Place<'a> {
    larder: PathBuf,
    scratch: &'a Path,
}

impl Place<'_> {
    /// Serves a component on a store of its own with the keys.
    fn serve(&self, name: &str, component: &Path, ready: &str, flags: &[&str]) -> Result<Serving> {
        let store = self.scratch.join(name);
        stores::fill(&self.larder, &store, KEYS)?;
        Serving::start(&format!("{name}-serving"), self.scratch, ready, |port| {
            let mut command = tools::serve(&self.larder, component, &store, true, port);
            command.args(flags);
            Ok(command)
        })
    }
}

/// What is done in a loop, by the names that the guests know.
struct Loop {
    name: &'static str,
    what: &'static str,
    /// So many at a time, which take long beside what differs from one request to another: in Rust, on
    /// StarlingMonkey, on QuickJS, where a command is started for them, and in miniflare.
    batches: [u32; 4],
    /// For the guest in Rust and the one in JavaScript, against miniflare.
    goals: [Option<f64>; 2],
}

const fn each(
    name: &'static str,
    what: &'static str,
    batches: [u32; 4],
    goals: [Option<f64>; 2],
) -> Loop {
    Loop { name, what, batches, goals }
}

const LOOPS: [Loop; 6] = [
    each("get-hot", "get, one key", [10_000, 200, 5000, 20], [Some(1.0 / 300.0), Some(1.0 / 3.0)]),
    each("get-uniform", "get, uniform", [10_000, 200, 5000, 20], [None; 2]),
    each("put", "put", [5, 5, 10, 2], [None; 2]),
    each("list", "list of 1000", [50, 2, 20, 5], [Some(1.0 / 5.0), None]),
    each("bulk", "100 keys in one get", [100, 5, 50, 1], [None; 2]),
    each("gets", "100 gets", [100, 3, 50, 1], [None; 2]),
];

/// What the operations take within a worker.
fn inside(
    plan: &Plan,
    place: &Place<'_>,
    loops: &Serving,
    js: &Serving,
    peer: &Serving,
) -> Result<Section> {
    let quickjs = QuickJs::new(place)?;
    let mut section = Section::new("Workers: operations", INSIDE);
    let time = Duration::from_secs(if plan.extent == Extent::Short { 3 } else { 20 });
    for each in &LOOPS {
        let Loop { name, what, batches, goals: [rust_goal, js_goal] } = *each;
        let [of_rust, of_monkey, of_quick, of_peer] = batches;
        let sides = vec![
            Side::timed("a Rust guest", |times| loops.time(name, times * of_rust)),
            Side::timed("JavaScript, StarlingMonkey", |times| js.time(name, times * of_monkey)),
            Side::timed("JavaScript, QuickJS", |times| quickjs.time(name, times * of_quick)),
            Side::timed("miniflare", |times| peer.time(name, times * of_peer)),
        ];
        let measured = in_turn(sides, time)?.into_iter().zip(batches);
        let measured: Vec<_> =
            measured.map(|(side, batch)| side.each_of(f64::from(batch))).collect();
        // The request itself may take longer than the loop, where others use the machine.
        ensure!(measured.iter().all(|side| side.seconds > 0.0), "{what}: too much noise to tell");
        let [rust, monkey, quick, peer] = measured.as_slice() else { bail!("not all were timed") };
        section.time(&format!("{what}: Rust"), rust, peer, rust_goal);
        section.time(&format!("{what}: StarlingMonkey"), monkey, peer, js_goal);
        section.time(&format!("{what}: QuickJS"), quick, peer, None);
    }
    let servers = [("Rust", loops), ("StarlingMonkey", js), ("miniflare", peer)];
    for ((name, serving), goal) in servers.into_iter().zip([None, Some(0.3), None]) {
        let sides = vec![
            Side::timed("the one", |times| serving.time("bulk", times * 5)),
            Side::timed("100 gets of its own", |times| serving.time("gets", times * 5)),
        ];
        let measured = in_turn(sides, time / 2)?.into_iter().map(|side| side.each_of(5.0));
        let [bulk, gets] = &measured.collect::<Vec<_>>()[..] else { bail!("not all were timed") };
        ensure!(bulk.seconds > 0.0 && gets.seconds > 0.0, "{name}: too much noise to tell");
        section.time(&format!("100 keys in one get: {name}"), bulk, gets, goal);
    }
    Ok(section)
}

/// The loops as a command, since what QuickJS makes serves no HTTP.
struct QuickJs<'a> {
    larder: &'a Path,
    component: PathBuf,
    store: PathBuf,
}

impl<'a> QuickJs<'a> {
    fn new(place: &'a Place<'_>) -> Result<Self> {
        let project = tools::workers().join("quickjs");
        let component = tools::worker(&place.larder, &project, "quickjs")?;
        let store = place.scratch.join("quickjs");
        stores::fill(&place.larder, &store, KEYS)?;
        Ok(Self { larder: &place.larder, component, store })
    }

    /// How long it takes longer to do it so many times than never.
    fn time(&self, what: &str, times: u32) -> Result<Duration> {
        longer(times, |times| {
            let mut command = Command::new(self.larder);
            command.args(["run", "--kv", "KV", "--store"]).arg(&self.store).arg(&self.component);
            command.args(["--", what, &times.to_string()]);
            let began = Instant::now();
            tools::run(&mut command)?;
            Ok(began.elapsed())
        })
    }
}

/// One get for each request.
fn over_http(plan: &Plan, place: &Place<'_>, js: Serving, peer: &Serving) -> Result<Section> {
    let rust = place.serve("rust", &tools::guest("get")?, "/key-00000", &[])?;
    let reused = tools::worker(&place.larder, &tools::workers().join("reused"), "reused")?;
    let reused = place.serve("reused", &reused, "/none", &["--instance-reuse", "1000"])?;
    let directory = place.scratch.join("wrangler");
    stores::wrangler(place.scratch, &directory)?;
    let wrangler = Serving::start("wrangler-serving", place.scratch, "/none", |port| {
        stores::serve_wrangler(port, &directory)
    })?;
    let target = |name, serving, path| Target { name, serving, path, rounds: usize::MAX };
    let targets = [
        target("miniflare", peer, "/get/key-"),
        Target { rounds: 1, ..target("wrangler dev", &wrangler, "/get/key-") },
        target("a Rust guest", &rust, "/key-"),
        target("StarlingMonkey", &js, "/get/key-"),
        target("StarlingMonkey, instances that answer 1000", &reused, "/get/key-"),
    ];
    let mut section = Section::new("Workers: HTTP", HTTP);
    for clients in [1, 16] {
        let load = Load { rounds: rounds(plan.extent), ..load(plan.extent, clients) };
        rows(&mut section, clients, &drive(&targets, load)?)?;
    }
    Ok(section)
}

fn rounds(extent: Extent) -> usize {
    if extent == Extent::Short { 1 } else { 2 }
}

fn rows(section: &mut Section, clients: u32, driven: &[Driven]) -> Result<()> {
    let [peer, wrangler, rust, workers @ ..] = driven else { bail!("not all were driven") };
    let of = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
    compare(section, &format!("one get, Rust, {of}"), rust, peer, Some(0.2));
    compare(section, &format!("one get, Rust, {of}"), rust, wrangler, None);
    for worker in workers {
        let what = format!("one get, {}, {of}", worker.request.name);
        compare(section, &what, worker, peer, (clients == 16).then_some(1.0));
        compare(section, &what, worker, wrangler, None);
    }
    Ok(())
}

const INSIDE: &str = "Each time is that of a loop within one request: the whole request, without one \
    that goes round never, through the number. Values have 100 bytes; 10,000 keys; both miniflare \
    (4.20260730.0) and Larder on disk, and a put is answered when it is there. QuickJS serves no \
    HTTP; its loop is a command whose start is taken off likewise, on a store that it has opened \
    anew.";

const HTTP: &str = "Time for one request with one get of 100 bytes, uniform over 10,000 keys; at 16 \
    clients that of the run through the number of its answers. wrangler dev (4.164.0) takes part in \
    the first round alone.";
