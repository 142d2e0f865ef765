//! A sandbox with every bound that an embedder can set, in one place.

use larder_store::{Clock, Larder, Namespace, Options, Quota, SystemClock};
use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvLimits, KvView, WallClock, p2};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use wasmtime::component::{
    Component, ComponentNamedList, Instance, InstancePre, Lift, Linker, Lower, ResourceTable,
};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// Longest time of a call.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// Most memory of an instance.
pub const MEMORY_MAX: usize = 256 << 20;
/// Most bytes that a guest may pass in one call.
pub const CALL_BYTES_MAX: usize = 32 << 20;
/// Most handles of an instance.
const HANDLES_MAX: usize = 4096;
/// How often a guest that computes lets others run.
const TICK: Duration = Duration::from_millis(5);

pub struct State {
    wasi: WasiCtx,
    kv: KvCtx,
    table: ResourceTable,
    limits: StoreLimits,
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

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
        let ticking = engine.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(TICK);
                ticking.increment_epoch();
            }
        });
        engine
    })
}

fn pre(component: &Component) -> InstancePre<State> {
    let mut linker = Linker::new(engine());
    p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    linker.instantiate_pre(component).unwrap()
}

/// A wasmtime store with its bounds.
fn store(grants: &KvGrants) -> Store<State> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES_MAX);
    let clock = WallClock::new(Arc::new(SystemClock) as Arc<dyn Clock>);
    let mut store = Store::new(
        engine(),
        State {
            wasi: WasiCtx::builder().wall_clock(clock).build(),
            kv: KvCtx::new(grants),
            table,
            limits: StoreLimitsBuilder::new().memory_size(MEMORY_MAX).build(),
        },
    );
    store.limiter(|state| &mut state.limits);
    store.set_hostcall_fuel(CALL_BYTES_MAX);
    store.set_max_component_handles(HANDLES_MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store
}

/// An instance of a guest.
pub struct Guest {
    store: Store<State>,
    instance: Instance,
}

/// Why a call has no answer.
#[derive(Debug)]
pub enum Ended {
    Trap(String),
    TimedOut,
}

impl Guest {
    /// A guest that `tests/guests/hostile` is the code of.
    pub async fn new(grants: &KvGrants) -> Self {
        static PRE: OnceLock<InstancePre<State>> = OnceLock::new();
        let pre = PRE.get_or_init(|| {
            let component = larder_test_guests::component("tests/guests/hostile");
            pre(&Component::from_file(engine(), component).unwrap())
        });
        Self::of(pre, grants).await
    }

    /// A guest that does what no generated binding does.
    pub async fn by_hand(grants: &KvGrants) -> Self {
        static PRE: OnceLock<InstancePre<State>> = OnceLock::new();
        let pre = PRE.get_or_init(|| {
            let wat = wat::parse_file("tests/hostile/by_hand.wat").unwrap();
            pre(&Component::new(engine(), wat).unwrap())
        });
        Self::of(pre, grants).await
    }

    async fn of(pre: &InstancePre<State>, grants: &KvGrants) -> Self {
        let mut store = store(grants);
        let instance = pre.instantiate_async(&mut store).await.unwrap();
        Self { store, instance }
    }

    /// Calls an export that answers.
    pub async fn call<P, R>(&mut self, export: &str, params: P) -> R
    where
        P: ComponentNamedList + Lower,
        (R,): ComponentNamedList + Lift,
        R: Send + Sync + 'static,
    {
        self.try_call::<P, (R,)>(export, params, TIMEOUT).await.unwrap().0
    }

    /// Calls an export that may answer within that time. The instance is of no use when it has not.
    pub async fn try_call<P, R>(
        &mut self,
        export: &str,
        params: P,
        timeout: Duration,
    ) -> Result<R, Ended>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let function = self.instance.get_typed_func::<P, R>(&mut self.store, export).unwrap();
        let call = function.call_async(&mut self.store, params);
        match tokio::time::timeout(timeout, call).await {
            Ok(answer) => answer.map_err(|error| Ended::Trap(format!("{error:?}"))),
            Err(_) => Err(Ended::TimedOut),
        }
    }

    /// What an export traps with.
    pub async fn trap<P: ComponentNamedList + Lower>(&mut self, export: &str, params: P) -> String {
        match self.try_call::<P, ()>(export, params, TIMEOUT).await {
            Err(Ended::Trap(trap)) => trap,
            other => panic!("{export}: {other:?}"),
        }
    }
}

/// A store on disk with the namespaces of two guests, of which one attacks.
#[derive(Clone)]
pub struct Host {
    pub larder: Larder,
    pub attacker: KvGrants,
    pub victim: KvGrants,
    directory: Arc<TempDir>,
}

impl Host {
    pub async fn new() -> Self {
        Self::with(Options::new(), KvLimits::default()).await
    }

    pub async fn with(options: Options, limits: KvLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let larder = options.open(directory.path().join("store")).unwrap();
        let attacked = larder.open_or_create("attacker").await.unwrap();
        let settings = larder.open_or_create("settings").await.unwrap();
        let others = larder.open_or_create("victim").await.unwrap();
        let attacker = KvGrants::builder()
            .limits(limits)
            .grant("DATA", attacked, Access::ReadWrite)
            .unwrap()
            .grant("SETTINGS", settings, Access::ReadOnly)
            .unwrap()
            .build();
        let victim = KvGrants::builder().grant("DATA", others, Access::ReadWrite).unwrap().build();
        Self { larder, attacker, victim, directory: Arc::new(directory) }
    }

    pub async fn namespace(&self, title: &str) -> Namespace {
        self.larder.namespace(title).await.unwrap().unwrap()
    }

    pub async fn set_quota(&self, keys: Option<u64>, bytes: Option<u64>) {
        self.larder.set_quota("attacker", Quota { keys, bytes }).await.unwrap();
    }

    /// Bytes of the store's file.
    pub fn file_bytes(&self) -> u64 {
        let file: PathBuf = self.directory.path().join("store/data.redb");
        std::fs::metadata(file).unwrap().len()
    }

    /// What an attack comes to, by an instance that is dropped then. Another guest puts and gets
    /// meanwhile; the attack is made again until that has been answered often enough.
    pub async fn attacked<A, T>(&self, attack: impl Fn(Guest) -> A) -> T
    where
        A: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let victim = tokio::spawn(go_on(Guest::new(&self.victim).await));
        loop {
            let guest = Guest::new(&self.attacker).await;
            let answer = tokio::spawn(attack(guest)).await.unwrap();
            if victim.is_finished() {
                victim.await.unwrap();
                self.expect_sound().await;
                return answer;
            }
        }
    }

    /// The store is as it should be.
    pub async fn expect_sound(&self) {
        let report = self.larder.check().await.unwrap();
        assert!(report.damage.is_empty(), "{:?}", report.damage);
    }
}

async fn go_on(mut victim: Guest) {
    for bytes in 1..10_u32 {
        assert_eq!(victim.call::<_, Result<(), String>>("put", ("k", bytes)).await, Ok(()));
        let got: Result<Option<u32>, String> = victim.call("get", ("k",)).await;
        assert_eq!(got, Ok(Some(bytes)));
    }
}
