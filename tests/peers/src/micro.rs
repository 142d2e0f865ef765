//! What a guest's calls cost: beside a host function that does nothing, the key-value store that
//! wasmtime has, and the store below without a guest.

use crate::guest::{Given, Guest, Running};
use crate::measure::{Measured, Side, in_turn};
use crate::report::Section;
use crate::stores::{self, FEW, Filled, MANY};
use crate::{Extent, Plan, spin};
use anyhow::Result;
use pollster::block_on;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasmtime_wasi_keyvalue::WasiKeyValueCtx;

const GET: u64 = 100;

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    let guest = Guest::pooled()?;
    let time = match plan.extent {
        Extent::Short => Duration::from_secs(2),
        Extent::Full | Extent::Long => Duration::from_secs(10),
    };
    let mut reads = Section::new("Calls in a guest", ABOUT);
    few(plan, &guest, &mut reads, time)?;
    many(plan, &guest, &mut reads, time)?;
    large(plan, &guest, &mut reads, time)?;
    Ok(vec![reads])
}

const ABOUT: &str = "\
A Rust guest calls its host in a loop, with a key that it makes up each time. The *floor* is a host \
function of the same parameters and results that does nothing and answers with a value of the same \
size; *raw redb* is the same file opened by redb alone, a get of it the look-up in a pinned snapshot \
and a copy of what it found. `wasmtime-wasi-keyvalue` has its keys in a `HashMap`, which it copies for each guest that opens it.";

fn rounded(key: u32, among: u32) -> u32 {
    ((u64::from(key) * u64::from(among)) >> 32) as u32
}

/// A side that is run without a guest, with keys in an order that nobody can foresee.
pub fn native<'a>(
    name: &'a str,
    among: u32,
    mut get: impl FnMut(&str) -> Result<usize> + 'a,
) -> Side<'a> {
    let mut random = fastrand::Rng::with_seed(7);
    Side::new(name, move |times| {
        for _ in 0..times {
            let key = stores::key(rounded(random.u32(..), among));
            black_box(get(&key)?);
        }
        Ok(())
    })
}

/// A guest that does `what`, so many times in each turn.
pub fn calls<'a>(
    name: &'a str,
    running: &'a RefCell<Running>,
    what: &'a str,
    each: u64,
) -> Side<'a> {
    Side::new(name, move |times| running.borrow_mut().times(what, times, each))
}

/// All that can be compared with 10,000 keys.
fn few(plan: &Plan, guest: &Guest, section: &mut Section, time: Duration) -> Result<()> {
    let filled = Filled::open(&plan.scratch, FEW, GET as usize)?.warm(FEW)?;
    let data = (0..FEW).map(|number| (stores::key(number), stores::value(GET as usize)));
    let data: Vec<_> = data.collect();
    let peer = WasiKeyValueCtx::builder().in_memory_data(data.clone()).build();
    let given = Given {
        peer: Arc::new(peer),
        floor: stores::value(GET as usize).into(),
        ..Given::new(&filled.namespace)?
    };
    let running = RefCell::new(block_on(guest.instance(&given))?);
    let (hot, uniform) = (1, FEW);
    let tree = Mutex::new(data.into_iter().collect::<BTreeMap<_, _>>());
    let spin = spin::Store::filled(plan, FEW, GET as usize)?;
    for (keys, which) in [(hot, "a hot key"), (uniform, "uniform of 10 k")] {
        running.borrow_mut().choose(keys, 0)?;
        let mut buffer = Vec::new();
        let sides = vec![
            calls("get", &running, "get", GET),
            calls("empty host call", &running, "nothing", 1),
            calls("floor", &running, "floor-get", GET),
            calls("wasmtime-wasi-keyvalue", &running, "peer-get", GET),
            native("raw redb", keys, |key| {
                Ok(filled.raw.get(&mut buffer, key)?.map_or(0, |v| v.len()))
            }),
            native("BTreeMap behind a lock", keys, |key| {
                let tree = tree.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
                Ok(tree.get(key).cloned().map_or(0, |value| value.len()))
            }),
            native("Spin's statement on SQLite", keys, |key| spin.get(key)),
        ];
        let [get, nothing, floor, peer, raw, tree, spin] = all(in_turn(sides, time)?)?;
        let what = format!("get of 100 B, {which}");
        let hot = keys == 1;
        section.time(&what, &get, &peer, hot.then_some(1.5));
        section.time_of_all(&what, &get, &[&floor, &raw], (!hot).then_some(1.25));
        section.time(&what, &get, &nothing, None);
        section.time(&what, &get, &floor, None);
        section.time(&format!("{what}, against the look-up alone"), &get, &tree, None);
        section.time(&format!("{what}, against the statement alone"), &get, &spin, None);
    }
    let sides = vec![
        calls("get-many of 100", &running, "get-many", 100 * GET),
        calls("100 gets", &running, "gets-of-list", 100 * GET),
        calls("get", &running, "get", GET),
        calls("wasmtime-wasi-keyvalue", &running, "peer-get-many", 100 * GET),
        calls("get-entry", &running, "get-entry", GET),
        calls("miss", &running, "miss", 1),
        calls("wasmtime-wasi-keyvalue", &running, "peer-miss", 1),
    ];
    let [many, gets, one, peer, entry, miss, peer_miss] = all(in_turn(sides, time)?)?;
    section.time("get-many of 100, uniform of 10 k", &many, &gets, Some(0.85));
    section.time("get-many of 100, uniform of 10 k", &many, &peer, None);
    section.time("get-entry, uniform of 10 k", &entry, &one, None);
    section.time("a miss, uniform of 10 k", &miss, &peer_miss, None);
    let fresh = vec![Side::new("instance", |times| {
        let bare = Given::new(&filled.namespace)?;
        (0..times).try_for_each(|_| block_on(guest.instance(&bare)).map(drop))
    })];
    let [instance] = all(in_turn(fresh, time / 4)?)?;
    section.figure("instance for a request", instance.seconds * 1e6, "µs", Some(50.0));
    Ok(())
}

fn many(plan: &Plan, guest: &Guest, section: &mut Section, time: Duration) -> Result<()> {
    let filled = Filled::open(&plan.scratch, MANY, GET as usize)?.warm(MANY)?;
    let floor = stores::value(GET as usize).into();
    let given = Given { floor, ..Given::new(&filled.namespace)? };
    let running = RefCell::new(block_on(guest.instance(&given))?);
    running.borrow_mut().choose(MANY, 0)?;
    let mut buffer = Vec::new();
    let sides = vec![
        calls("get", &running, "get", GET),
        calls("floor", &running, "floor-get", GET),
        native("raw redb", MANY, |key| {
            Ok(filled.raw.get(&mut buffer, key)?.map_or(0, |v| v.len()))
        }),
        calls("get-many of 100", &running, "get-many", 100 * GET),
        calls("100 gets", &running, "gets-of-list", 100 * GET),
    ];
    let [get, floor, raw, many, gets] = all(in_turn(sides, time)?)?;
    section.time_of_all("get of 100 B, uniform of 1 M", &get, &[&floor, &raw], Some(1.25));
    section.time("get-many of 100, uniform of 1 M", &many, &gets, Some(0.85));
    let mut buffer = Vec::new();
    let from = "key:00321";
    let sides = vec![
        Side::new("list", |times| running.borrow_mut().list(times, from, 1000)),
        Side::new("raw redb's range", |times| {
            for _ in 0..times {
                black_box(filled.raw.scan(&mut buffer, from, 1000)?);
            }
            Ok(())
        }),
        calls("1000 ready names", &running, "floor-list", 1000),
    ];
    let [list, scan, floor] = all(in_turn(sides, time)?)?;
    section.time("list of 1000 by prefix out of 1 M", &list, &scan, Some(2.0));
    section.time_of_all("list of 1000 by prefix out of 1 M", &list, &[&floor, &scan], None);
    Ok(())
}

/// Values of 10 kB and 1 MB.
fn large(plan: &Plan, guest: &Guest, section: &mut Section, time: Duration) -> Result<()> {
    for (keys, bytes, name) in [(10_000, 10_000, "10 kB"), (200, 1_000_000, "1 MB")] {
        let filled = Filled::open(&plan.scratch, keys, bytes)?.warm(keys)?;
        // The very bytes that the store keeps: what a copy takes depends on where they lie.
        let floor = filled.namespace.blocking().get(&stores::key(0))?.unwrap_or_default();
        let given = Given { floor, ..Given::new(&filled.namespace)? };
        let running = RefCell::new(block_on(guest.instance(&given))?);
        for among in [1, keys] {
            running.borrow_mut().choose(among, 0)?;
            let mut buffer = Vec::new();
            let sides = vec![
                calls("get", &running, "get", bytes as u64),
                calls("one copy into the guest", &running, "floor-get", bytes as u64),
                native("raw redb", among, |key| match bytes {
                    ..520_000 => Ok(filled.raw.get_apart(&mut buffer, key)?.len()),
                    _ => Ok(filled.raw.get_in_pieces(&mut buffer, key)?.len()),
                }),
            ];
            let [get, copy, raw] = all(in_turn(sides, time / 2)?)?;
            let which = if among == 1 { "a hot key".into() } else { format!("uniform of {keys}") };
            let what = format!("get of {name}, {which}");
            let goal = (among == 1 && bytes == 1_000_000).then_some(1.2);
            section.time(&what, &get, &copy, goal);
            section.time_of_all(&what, &get, &[&copy, &raw], None);
        }
    }
    Ok(())
}

pub fn all<const N: usize>(measured: Vec<Measured>) -> Result<[Measured; N]> {
    measured.try_into().map_err(|_| anyhow::anyhow!("not as many as were to be measured"))
}
