//! The guest `guests/bench` on a host that is made as `larder serve` makes its own.

use crate::stores;
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use larder_store::Namespace;
use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvView};
use pollster::block_on;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::{env, fs};
use wasmtime::component::{
    Component, ComponentType, Instance, InstancePre, Linker, Lower, Resource, ResourceAny,
    ResourceTable, ResourceType,
};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, StoreContextMut,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_keyvalue::{WasiKeyValue, WasiKeyValueCtx};

/// What an instance is given.
pub struct State {
    wasi: WasiCtx,
    kv: KvCtx,
    peer: Arc<WasiKeyValueCtx>,
    table: ResourceTable,
    /// What `floor.get` answers.
    floor: Bytes,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl KvView for State {
    fn kv(&mut self) -> KvCtxView<'_> {
        KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: Default::default() }
    }
}

/// The guest, ready to be instantiated.
pub struct Guest {
    engine: Engine,
    pre: InstancePre<State>,
}

/// What a guest finds when it is instantiated.
#[derive(Clone)]
pub struct Given {
    pub grants: KvGrants,
    pub peer: Arc<WasiKeyValueCtx>,
    pub floor: Bytes,
}

/// One instance.
pub struct Running {
    store: Store<State>,
    instance: Instance,
}

impl Guest {
    /// As `larder serve` has it.
    pub fn pooled() -> Result<Self> {
        let pool = InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::new());
        let engine = engine(pool)?;
        let component = Component::from_file(&engine, built()?).map_err(lift)?;
        Self::of(engine, &component)
    }

    /// Compiled into a file, for a process in which compiling takes too long.
    pub fn compile_to(file: &Path) -> Result<()> {
        // For the least of such processors, since valgrind is not one of the newest.
        let mut config = config(InstanceAllocationStrategy::OnDemand);
        config.target(&format!("{}-unknown-linux-gnu", env::consts::ARCH)).map_err(lift)?;
        let engine = Engine::new(&config).map_err(lift)?;
        let compiled = engine.precompile_component(&fs::read(built()?)?).map_err(lift)?;
        Ok(fs::write(file, compiled)?)
    }

    /// Of a file of [`compile_to`](Guest::compile_to).
    pub fn compiled(file: &Path) -> Result<Self> {
        let engine = engine(InstanceAllocationStrategy::OnDemand)?;
        // SAFETY: the process that started this one has just made the file, in a directory of its own.
        let component = unsafe { Component::deserialize_file(&engine, file) }.map_err(lift)?;
        Self::of(engine, &component)
    }

    fn of(engine: Engine, component: &Component) -> Result<Self> {
        let pre = linker(&engine)?.instantiate_pre(component).map_err(lift)?;
        Ok(Self { engine, pre })
    }

    /// All that a request costs before the guest's own code runs: a wasmtime store with what the
    /// guest is given, and an instance.
    pub async fn instance(&self, given: &Given) -> Result<Running> {
        let state = State {
            wasi: WasiCtx::builder().build(),
            kv: KvCtx::new(&given.grants),
            peer: given.peer.clone(),
            table: ResourceTable::new(),
            floor: given.floor.clone(),
        };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let instance = self.pre.instantiate_async(&mut store).await.map_err(lift)?;
        Ok(Running { store, instance })
    }
}

impl Given {
    pub fn new(namespace: &Namespace) -> Result<Self> {
        let mut grants = KvGrants::builder();
        grants.grant("BENCH", namespace.clone(), Access::ReadWrite)?;
        let peer = Arc::new(WasiKeyValueCtx::builder().build());
        Ok(Self { grants: grants.build(), peer, floor: Bytes::new() })
    }
}

impl Running {
    pub fn choose(&mut self, keys: u32, seed: u64) -> Result<()> {
        let choose = self.instance.get_typed_func::<(u32, u64), ()>(&mut self.store, "choose");
        let choose = choose.map_err(lift)?;
        block_on(choose.call_async(&mut self.store, (keys, seed))).map_err(lift)
    }

    /// Has the guest do something so many times, of which each is to give so much.
    pub fn times(&mut self, what: &str, times: u32, each: u64) -> Result<()> {
        let function = self.instance.get_typed_func::<(u32,), (u64,)>(&mut self.store, what);
        let function = function.map_err(lift)?;
        let (gave,) = block_on(function.call_async(&mut self.store, (times,))).map_err(lift)?;
        expect(what, gave, u64::from(times) * each)
    }

    /// Once, within a task.
    pub async fn one(&mut self, what: &str) -> Result<()> {
        let function = self.instance.get_typed_func::<(u32,), (u64,)>(&mut self.store, what);
        function.map_err(lift)?.call_async(&mut self.store, (1,)).await.map_err(lift)?;
        Ok(())
    }

    /// The same for lists, which are to have so many keys.
    pub fn list(&mut self, times: u32, prefix: &str, keys: u64) -> Result<()> {
        let list = self.instance.get_typed_func::<(u32, &str), (u64,)>(&mut self.store, "list");
        let list = list.map_err(lift)?;
        let (gave,) = block_on(list.call_async(&mut self.store, (times, prefix))).map_err(lift)?;
        expect("list", gave, u64::from(times) * keys)
    }

    /// As [`times`](Running::times), within a task, for functions that take the size of a value.
    pub async fn put(&mut self, what: &str, times: u32, bytes: u32) -> Result<()> {
        let put = self.instance.get_typed_func::<(u32, u32), (u64,)>(&mut self.store, what);
        let put = put.map_err(lift)?;
        let (gave,) = put.call_async(&mut self.store, (times, bytes)).await.map_err(lift)?;
        expect(what, gave, u64::from(times))
    }
}

fn expect(what: &str, gave: u64, expected: u64) -> Result<()> {
    if gave != expected {
        bail!("{what} gave {gave} instead of {expected}");
    }
    Ok(())
}

fn built() -> Result<PathBuf> {
    component("guests/bench", "bench")
}

fn config(allocation: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true).concurrency_support(false).allocation_strategy(allocation);
    config
}

fn engine(allocation: InstanceAllocationStrategy) -> Result<Engine> {
    let engine = Engine::new(&config(allocation)).map_err(lift)?;
    let weak = engine.weak();
    thread::spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(Duration::from_millis(10));
        }
    });
    Ok(engine)
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(lift)?;
    larder_wasmtime::p2::add_to_linker_async(&mut linker).map_err(lift)?;
    wasmtime_wasi_keyvalue::add_to_linker(&mut linker, |state: &mut State| {
        WasiKeyValue::new(&state.peer, &mut state.table)
    })
    .map_err(lift)?;
    add_floor(&mut linker).map_err(lift)?;
    Ok(linker)
}

/// What a host function costs that does nothing.
struct Floor;

#[derive(Clone, ComponentType, Lower)]
#[component(record)]
struct Info {
    name: Arc<str>,
    expiration: Option<u64>,
    metadata: Option<Arc<str>>,
    version: u64,
    size: u64,
}

fn add_floor(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut floor = linker.instance("larder:peers/floor")?;
    floor.func_wrap("nothing", |_: StoreContextMut<'_, State>, (): ()| Ok(()))?;
    let name = |number| stores::key(number).into();
    let info = |number| Info {
        name: name(number),
        expiration: None,
        metadata: None,
        version: 1,
        size: 100,
    };
    let infos: Arc<[Info]> = (0..1000).map(info).collect();
    floor.func_wrap("list", move |_: StoreContextMut<'_, State>, (): ()| Ok((infos.clone(),)))?;
    floor.resource("store", ResourceType::host::<Floor>(), |_, _| Ok(()))?;
    floor.func_wrap("[constructor]store", |mut cx: StoreContextMut<'_, State>, (): ()| {
        Ok((ResourceAny::try_from_resource(Resource::<Floor>::new_own(0), &mut cx)?,))
    })?;
    floor.func_wrap(
        "[method]store.get",
        |cx: StoreContextMut<'_, State>,
         (_, _key): (Resource<Floor>, wasmtime::component::WasmStr)| {
            Ok((Ok::<_, String>(Some(cx.data().floor.clone())),))
        },
    )?;
    Ok(())
}

/// Builds a guest of the harness.
pub fn component(package: &str, name: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = folder.join("target/guests");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--target", "wasm32-wasip2"])
        .arg("--target-dir")
        .arg(&target)
        .arg("--manifest-path")
        .arg(folder.join(package).join("Cargo.toml"))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cargo")?;
    if !status.success() {
        bail!("{package} does not build; `rustup target add wasm32-wasip2` may help");
    }
    Ok(target.join("wasm32-wasip2/release").join(name).with_extension("wasm"))
}

pub fn lift(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}
