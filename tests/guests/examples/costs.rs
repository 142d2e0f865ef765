//! What a guest costs in each language whose toolchain is here, as the table of `guest/README.md`:
//! `cargo run --release -p larder-test-guests --example costs`.
//!
//! The first run on a machine also installs the toolchains, which counts as building.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints a table")]

#[path = "../tests/proxies/state.rs"]
mod state;

use anyhow::{Context as _, Result, ensure};
use larder_store::{Larder, Namespace};
use larder_test_guests::{Form, PROXIES};
use larder_wasmtime::{Access, KvCtx, KvGrants};
use state::State;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use wasmtime::component::{Component, Func, Instance, InstancePre, Linker, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi::WasiCtx;

/// Of so many rounds the fastest counts: what else the machine does only ever adds.
const ROUNDS: u32 = 20;
/// Calls in a round.
const GETS: u32 = 1000;

const KEY: &str = "key";

fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let larder = Larder::open(directory.path())?.blocking();
    let namespace = larder.create_namespace("costs")?;
    namespace.blocking().put(KEY, vec![b'v'; 100])?;

    println!("| language | component | build | get of 100 B | instantiation |");
    println!("|---|---|---|---|---|");
    for proxy in PROXIES {
        if !(proxy.toolchain)().is_here() {
            continue;
        }
        let Form::Component(build) = proxy.form else { continue };
        eprintln!("measuring {}", proxy.language);
        let costs = measure(|| build(proxy.directory), &namespace).context(proxy.language)?;
        println!("| {} | {costs} |", proxy.language);
    }
    Ok(())
}

fn measure(build: impl FnOnce() -> PathBuf, namespace: &Namespace) -> Result<String> {
    touch()?;
    let started = Instant::now();
    let component = build();
    let built = started.elapsed();

    let grants = KvGrants::builder().grant("KV", namespace.clone(), Access::ReadOnly)?.build();
    let engine = Engine::default();
    let mut linker: Linker<State> = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    larder_wasmtime::p2::add_to_linker_sync(&mut linker)?;
    let compiled = linker.instantiate_pre(&Component::from_file(&engine, &component)?)?;
    let store = || Store::new(&engine, State::new(WasiCtx::builder().build(), KvCtx::new(&grants)));

    let instantiated = fastest(|| {
        let mut store = store();
        let started = Instant::now();
        compiled.instantiate(&mut store)?;
        Ok(started.elapsed())
    })?;
    let got = gets(&compiled, store())?;
    let bytes = fs::metadata(&component)?.len();
    Ok(format!("{} | {built:.1?} | {got:.1?} | {instantiated:.0?}", size(bytes)))
}

/// The time of one get by the guest.
fn gets(compiled: &InstancePre<State>, mut store: Store<State>) -> Result<Duration> {
    let instance = compiled.instantiate(&mut store)?;
    let open = operation(&instance, &mut store, "open")?;
    call(open, &mut store, &[Val::String("KV".into())])?;
    let get = operation(&instance, &mut store, "get-repeatedly")?;
    let round = fastest(|| {
        let started = Instant::now();
        call(get, &mut store, &[Val::String(KEY.into()), Val::U32(GETS)])?;
        Ok(started.elapsed())
    })?;
    Ok(round / GETS)
}

fn operation(instance: &Instance, store: &mut Store<State>, name: &str) -> Result<Func> {
    let operations = instance.get_export_index(&mut *store, None, "larder:test-guests/operations");
    let index = instance.get_export_index(&mut *store, operations.as_ref(), name);
    let func = index.and_then(|index| instance.get_func(&mut *store, index));
    func.with_context(|| format!("it does not export {name}"))
}

fn call(func: Func, store: &mut Store<State>, arguments: &[Val]) -> Result<()> {
    let mut results = [Val::Bool(false)];
    func.call(store, arguments, &mut results)?;
    ensure!(results == [Val::Result(Ok(None))], "the guest answers {results:?}");
    Ok(())
}

fn fastest(mut round: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        fastest = fastest.min(round()?);
    }
    Ok(fastest)
}

/// As if the proxies' sources had just been changed.
fn touch() -> Result<()> {
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("proxy-") {
            touch_files(&entry.path())?;
            touch_files(&entry.path().join("src"))?;
        }
    }
    Ok(())
}

/// A directory that is not there has none.
fn touch_files(directory: &Path) -> Result<()> {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry?.path();
        if path.is_file() {
            File::options().append(true).open(path)?.set_modified(SystemTime::now())?;
        }
    }
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes / 1024 {
        kib @ ..1024 => format!("{kib} KiB"),
        kib => format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024),
    }
}
