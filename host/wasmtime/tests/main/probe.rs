//! The guest `tests/guests/probe` on a host of its own.

use larder_store::{Larder, ManualClock, Namespace, Options};
use larder_wasmtime::{
    Access, Call, Denied, KvCtx, KvCtxView, KvGrants, KvHooks, KvView, WallClock, p2,
};
use std::sync::{Arc, OnceLock};
use wasmtime::component::{
    Component, ComponentNamedList, Instance, InstancePre, Lift, Linker, Lower, ResourceTable,
};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub const NOW_MS: u64 = 1_000_000;

pub struct State {
    wasi: WasiCtx,
    kv: KvCtx,
    pub table: ResourceTable,
    pub hooks: Recorder,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl KvView for State {
    fn kv(&mut self) -> KvCtxView<'_> {
        KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: &mut self.hooks }
    }
}

pub type Policy = fn(&Call<'_>) -> Result<(), Denied>;

/// Writes down what the hooks are told, and denies what a test says.
#[derive(Default)]
pub struct Recorder {
    pub told: Vec<String>,
    pub deny: Option<Policy>,
}

impl KvHooks for Recorder {
    fn before(&mut self, call: &Call<'_>) -> Result<(), Denied> {
        let Call { binding, operation, keys, prefix, bytes, .. } = call;
        self.told.push(match prefix {
            None => format!("{binding} {operation:?} {} {bytes}", keys.join(",")),
            Some(prefix) => format!("{binding} {operation:?} {prefix}*"),
        });
        self.deny.map_or(Ok(()), |deny| deny(call))
    }

    fn after(&mut self, call: &Call<'_>, result: Result<u64, &larder_store::Error>) {
        self.told.push(match result {
            Ok(bytes) => format!("{:?} gave {bytes}", call.operation),
            Err(error) => format!("{:?} failed: {error}", call.operation),
        });
    }

    fn unbound(&mut self, name: &str, grants: &KvGrants) {
        let bound: Vec<&str> = grants.bindings().collect();
        self.told.push(format!("no {name}, only {}", bound.join(",")));
    }
}

/// A store with one namespace, `data`.
pub fn data() -> Namespace {
    data_at(Arc::new(ManualClock::new(NOW_MS)))
}

pub fn data_at(clock: Arc<ManualClock>) -> Namespace {
    larder_at(clock).blocking().open_or_create("data").unwrap()
}

pub fn larder_at(clock: Arc<ManualClock>) -> Larder {
    Options::new().clock(clock).in_memory()
}

/// The grant of everything in `namespace` as `DATA`.
pub fn whole(namespace: &Namespace) -> KvGrants {
    grants(&[("DATA", namespace, Access::ReadWrite)])
}

pub fn grants(grants: &[(&str, &Namespace, Access)]) -> KvGrants {
    let mut builder = KvGrants::builder();
    for (name, namespace, access) in grants {
        builder.grant(name, (*namespace).clone(), *access).unwrap();
    }
    builder.build()
}

/// An instance of the guest, called without `_async`.
pub struct Probe {
    pub store: Store<State>,
    instance: Instance,
}

impl Probe {
    pub fn new(grants: &KvGrants) -> Self {
        Self::at(grants, Arc::new(ManualClock::new(NOW_MS)))
    }

    pub fn at(grants: &KvGrants, clock: Arc<ManualClock>) -> Self {
        static COMPONENT: OnceLock<InstancePre<State>> = OnceLock::new();
        let component = COMPONENT.get_or_init(|| {
            let mut linker = Linker::new(engine());
            p2::add_to_linker_sync(&mut linker).unwrap();
            wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
            linker.instantiate_pre(component()).unwrap()
        });
        let mut store = Store::new(engine(), state(grants, clock));
        let instance = component.instantiate(&mut store).unwrap();
        Self { store, instance }
    }

    /// Calls an export; panics when it traps.
    pub fn call<P, R>(&mut self, export: &str, params: P) -> R
    where
        P: ComponentNamedList + Lower,
        (R,): ComponentNamedList + Lift,
        R: Send + Sync + 'static,
    {
        self.try_call::<P, (R,)>(export, params).unwrap().0
    }

    pub fn try_call<P, R>(&mut self, export: &str, params: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let function = self.instance.get_typed_func::<P, R>(&mut self.store, export)?;
        function.call(&mut self.store, params)
    }

    pub fn get(&mut self, binding: &str, key: &str) -> Result<Option<String>, String> {
        self.call("get", (binding, key))
    }

    pub fn put(&mut self, binding: &str, key: &str, value: &str) -> Result<(), String> {
        self.call("put", (binding, key, value))
    }

    pub fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.store.data_mut().hooks.told)
    }
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(Engine::default)
}

pub fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        Component::from_file(engine(), larder_test_guests::component("tests/guests/probe")).unwrap()
    })
}

pub fn state(grants: &KvGrants, clock: Arc<ManualClock>) -> State {
    State {
        wasi: WasiCtx::builder().wall_clock(WallClock::new(clock)).build(),
        kv: KvCtx::new(grants),
        table: ResourceTable::new(),
        hooks: Recorder::default(),
    }
}
