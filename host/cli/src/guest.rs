//! What one instance of a component is given: its bindings, its variables, the time, a limit of
//! memory, and nothing else of the host.

mod memory;
mod outgoing;
mod stderr;

pub use memory::MemoryLimit;
pub use outgoing::AllowedHost;
pub use stderr::GuestStderr;

use self::memory::Memory;
use self::outgoing::Outgoing;
use crate::config::{self, Access};
use crate::engine::lift;
use crate::output;
use crate::settings::GuestSettings;
use crate::store::Bound;
use anyhow::Result;
use larder_server::Bindings;
use larder_store::{Clock, Larder};
use larder_wasmtime::{KvCtx, KvCtxView, KvGrants, KvHooks, KvView, WallClock};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::body::HostOutgoingBody;
use wasmtime_wasi_http::p2::types::HostResponseOutparam;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Most names that are said to be not bound, so that a guest cannot flood the log.
const UNBOUND_MAX: usize = 100;
/// Most handles that an instance may hold at a time. What is behind one, such as a set of headers,
/// lies in our memory, where the limit of the component's own does not see it.
const HANDLES_MAX: usize = 4096;

/// What every instance is given, ready to be handed out.
pub struct Guest {
    grants: KvGrants,
    vars: Vec<(String, String)>,
    outgoing: Outgoing,
    script: Arc<str>,
    memory: Memory,
    clock: Arc<dyn Clock>,
    unbound: NameUnbound,
}

/// The state of one instance.
pub struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    script: Arc<str>,
    kv: KvCtx,
    unbound: NameUnbound,
    pub memory: MemoryLimit,
}

impl Guest {
    /// Grants the bindings, whose namespaces are created where there are none. What was granted is
    /// also what `known` holds.
    pub fn new(
        settings: &GuestSettings,
        larder: &Larder,
        known: &Bindings,
    ) -> Result<(Self, Vec<Bound>)> {
        let mut grants = KvGrants::builder();
        grants.limits(settings.kv);
        let mut bound = Vec::new();
        for binding in &settings.bindings {
            let opened = binding.open_or_create(larder)?;
            let access = match binding.access {
                Access::ReadOnly => larder_wasmtime::Access::ReadOnly,
                Access::ReadWrite => larder_wasmtime::Access::ReadWrite,
            };
            grants.grant(&binding.name, opened.namespace.clone(), access)?;
            bound.push(opened);
        }
        let granted = settings.bindings.iter().zip(&bound).map(|(binding, bound)| {
            let read_only = binding.access == Access::ReadOnly;
            (binding.name.clone(), bound.namespace.clone(), read_only)
        });
        known.replace(granted);
        let config: Option<Arc<Path>> = settings.config.as_deref().map(Arc::from);
        let guest = Self {
            grants: grants.build(),
            vars: settings.vars.clone(),
            unbound: NameUnbound { known: Arc::default(), config: config.clone() },
            outgoing: Outgoing::new(&settings.outbound, config),
            script: Arc::default(),
            memory: Memory::new(settings.memory),
            clock: larder.clock().clone(),
        };
        Ok((guest, bound))
    }

    /// How many instances that begin with so many bytes of memory each there may be at a time.
    pub fn instances_max(&self, initial_memory: u64) -> u32 {
        self.memory.instances_max(initial_memory)
    }

    /// Asks `give_up` to end an instance that waits when there is no memory for one that runs.
    pub fn when_short(&mut self, give_up: impl Fn() -> bool + Send + Sync + 'static) {
        self.memory.when_short(give_up);
    }

    /// The worker for an engine that takes it at start.
    pub fn with_script(self, script: String) -> Self {
        Self { script: script.into(), ..self }
    }

    /// A wasmtime store for one instance. `stdio` says where its input and output go.
    pub fn store(
        &self,
        engine: &Engine,
        stdio: impl FnOnce(&mut WasiCtxBuilder) -> &mut WasiCtxBuilder,
    ) -> Store<State> {
        let mut wasi = WasiCtx::builder();
        stdio(&mut wasi).envs(&self.vars).wall_clock(WallClock::new(self.clock.clone()));
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        let state = State {
            table,
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outgoing: self.outgoing.clone(),
            script: self.script.clone(),
            kv: KvCtx::new(&self.grants),
            unbound: self.unbound.clone(),
            memory: self.memory.of_one(),
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

impl State {
    /// Whether the instance may take another request: it has answered the last in full, was refused
    /// no memory, and has memory and handles to spare for what a guest does not give back.
    pub fn is_fit(&mut self) -> bool {
        let mut handles = 0;
        let has_answered = self.table.iter_mut().all(|handle| {
            handles += 1;
            !handle.is::<HostResponseOutparam>() && !handle.is::<HostOutgoingBody>()
        });
        let is_ample = handles <= HANDLES_MAX / 2 && self.memory.is_ample() && self.kv.is_ample();
        has_answered && is_ample && self.memory.refused().is_none()
    }
}

/// Everything that a component may import.
pub fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(lift)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(lift)?;
    larder_wasmtime::p2::add_to_linker_async(&mut linker).map_err(lift)?;
    Ok(linker)
}

/// The same for the engine that takes its worker at start.
pub fn linker_for_scripts(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = linker(engine)?;
    let mut bundle = linker.instance("larder:worlds/bundle").map_err(lift)?;
    let source = |store: StoreContextMut<'_, State>, (): ()| Ok((store.data().script.clone(),));
    bundle.func_wrap("source", source).map_err(lift)?;
    Ok(linker)
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outgoing }
    }
}

impl KvView for State {
    fn kv(&mut self) -> KvCtxView<'_> {
        KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: &mut self.unbound }
    }
}

/// Says once of each name which is asked for in vain how it could be bound.
#[derive(Clone)]
struct NameUnbound {
    known: Arc<Mutex<BTreeSet<String>>>,
    config: Option<Arc<Path>>,
}

impl KvHooks for NameUnbound {
    fn unbound(&mut self, name: &str, grants: &KvGrants) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == UNBOUND_MAX || !known.insert(name.to_owned()) {
            return;
        }
        let bound: Vec<_> = grants.bindings().collect();
        let bound = match bound.as_slice() {
            [] => "nothing is".into(),
            names => output::names(names.iter().copied()),
        };
        output::note(format_args!(
            "the component opens {name:?}, which is not bound; bound: {bound}; to bind it, {}",
            config::how_to_bind(self.config.as_deref(), name),
        ));
    }
}
