//! The wasmtime engine, and components into it from files.

use crate::output;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;
use wasmtime::component::Component;
use wasmtime::{
    Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy,
    PoolingAllocationConfig,
};

/// Most instances that are served at once; further requests wait.
pub const INSTANCES_MAX: u32 = 256;
/// Memories and tables for all of them. A component in Rust, C or JavaScript has one memory, one
/// in Python several.
const MEMORIES_MAX: u32 = 1024;
const TABLES_MAX: u32 = 4096;
/// Most core modules in a component; those of Python have about 70.
const CORE_INSTANCES_MAX: u32 = 200;

/// How often a guest that computes lets others run, and is seen to be over its time.
const TICK: Duration = Duration::from_millis(10);

/// A wasmtime error as one of ours. Both keep their causes, but know nothing of each other.
pub fn lift(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}

/// An engine for many instances at a time, from a pool where the system has the address space.
pub fn for_many() -> Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    let engine = Engine::new(&config).or_else(|error| {
        tracing::debug!(%error, "no pool of instances, allocating them one by one");
        Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))
    });
    ticking(engine.map_err(lift)?)
}

/// An engine for one instance.
pub fn for_one() -> Result<Engine> {
    ticking(Engine::new(&config()).map_err(lift)?)
}

fn config() -> Config {
    let mut config = Config::new();
    // Components of WASI 0.2 have no calls that overlap; keeping account of them costs each call.
    config.epoch_interruption(true).concurrency_support(false);
    match Cache::new(CacheConfig::new()) {
        Ok(cache) => {
            config.cache(Some(cache));
        }
        Err(error) => tracing::debug!(%error, "no cache of compiled components"),
    }
    config
}

/// Address space, not memory: what an instance may use is limited by its own settings.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES_MAX)
        .total_stacks(INSTANCES_MAX)
        .total_core_instances(INSTANCES_MAX * CORE_INSTANCES_MAX)
        .total_memories(MEMORIES_MAX)
        .total_tables(TABLES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(20)
        .max_tables_per_component(CORE_INSTANCES_MAX)
        .table_elements(100_000)
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20);
    pool
}

/// How many instances of the component the pool has room for.
pub fn instances_max(component: &Component) -> u32 {
    let Some(required) = component.resources_required() else { return 1 };
    let of = |all: u32, each: u32| all / each.max(1);
    let instances =
        of(MEMORIES_MAX, required.num_memories).min(of(TABLES_MAX, required.num_tables));
    instances.clamp(1, INSTANCES_MAX)
}

fn ticking(engine: Engine) -> Result<Engine> {
    let weak = engine.weak();
    thread::Builder::new().name("larder-epoch".into()).spawn(move || tick(&weak))?;
    Ok(engine)
}

fn tick(engine: &EngineWeak) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        thread::sleep(TICK);
    }
}

/// The component in the file.
pub fn load(engine: &Engine, file: &Path) -> Result<Component> {
    compile(engine, file, &read(file)?)
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read the component {}", output::path(file)))
}

/// Compiles the component that was read from the file, or takes it from the cache.
pub fn compile(engine: &Engine, file: &Path, bytes: &[u8]) -> Result<Component> {
    let name = output::path(file);
    match bytes.get(..8) {
        // The magic, the version, and the layer that tells a component from a core module.
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => {}
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => bail!(
            "{name} is a core module, not a component: build it with `cargo build --release \
             --target wasm32-wasip2`, or make it a component with `wasm-tools component new`"
        ),
        _ => bail!("{name} is no WebAssembly component"),
    }
    Component::new(engine, bytes)
        .map_err(lift)
        .with_context(|| format!("{name} is no component that this release can load"))
}

/// The names of what the component exports.
pub fn exports(component: &Component, engine: &Engine) -> Vec<String> {
    let component = component.component_type();
    component.exports(engine).map(|(name, _)| name.to_owned()).collect()
}

/// What to say of a component that lacks the export which a command needs.
pub fn lacks(component: &Component, engine: &Engine, file: &Path, export: &str) -> anyhow::Error {
    let exports = exports(component, engine);
    let has = |interface: &str| exports.iter().any(|export| export.starts_with(interface));
    let hint = match () {
        () if has("wasi:cli/run@0.2") => ": it is a command, for `larder run`",
        () if has("wasi:http/incoming-handler@0.2") => ": it is for `larder serve`",
        () => "",
    };
    let found = match exports.as_slice() {
        [] => "nothing".into(),
        _ => output::names(exports.iter().map(String::as_str)),
    };
    let file = output::path(file);
    LacksExport(format!("{file} does not export {export}; it exports {found}{hint}")).into()
}

/// A component that is not for the command that was to use it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LacksExport(String);
