//! A proxy guest as a subject of the conformance cases.

use crate::beside::Argument;
use crate::convert::{self, operations as wit};
use crate::program::Program;
use crate::state::State;
use bytes::Bytes;
use larder_conformance::{
    Counter, Entry, KeyInfo, Page, PieceReader, PieceWriter, Result, START_MS, Subject,
};
use larder_store::{
    Check, CommitOutcome, DeleteOutcome, Expiration, Larder, ListOptions, ManualClock, Namespace,
    Operation, Options, PutOptions, Version, WriteOutcome,
};
use larder_test_guests::{Form, Proxy};
use larder_wasmtime::{Access, KvCtx, KvGrants, WallClock};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, Store};
use wasmtime_wasi::WasiCtx;

/// The guest, built and compiled once in this process. Where that fails, the first test to want it
/// says why, and the others only that it did.
fn compiled(proxy: &'static Proxy, build: fn(&str) -> PathBuf) -> convert::ProxyPre<State> {
    type Once = Arc<OnceLock<Option<convert::ProxyPre<State>>>>;
    static COMPILED: Mutex<BTreeMap<&str, Once>> = Mutex::new(BTreeMap::new());
    let once = COMPILED.lock().unwrap().entry(proxy.language).or_default().clone();
    let compiled = once.get_or_init(|| catch_unwind(|| compile(&build(proxy.directory))).ok());
    compiled.clone().unwrap_or_else(|| panic!("the proxy in {} does not build", proxy.language))
}

/// The cache, which the command uses too, goes by the bytes of the component and by the version of
/// wasmtime.
fn compile(component: &Path) -> convert::ProxyPre<State> {
    let mut config = Config::new();
    config.cache(Cache::new(CacheConfig::new()).ok());
    let engine = Engine::new(&config).unwrap();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    larder_wasmtime::p2::add_to_linker_sync(&mut linker).unwrap();
    let component = Component::from_file(&engine, component).unwrap();
    convert::ProxyPre::new(linker.instantiate_pre(&component).unwrap()).unwrap()
}

/// A store on disk, and the clock of the store and of the guests.
#[derive(Clone)]
pub struct Host {
    pub larder: Larder,
    clock: Arc<ManualClock>,
    _directory: Arc<TempDir>,
}

impl Host {
    pub fn fresh() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START_MS));
        let larder = Options::new().clock(clock.clone()).open(directory.path()).unwrap();
        Self { larder, clock, _directory: Arc::new(directory) }
    }

    /// Runs the guest with these grants.
    pub fn run(&self, proxy: &'static Proxy, grants: &[(&str, Namespace, Access)]) -> Guest {
        match proxy.form {
            Form::Component(build) => {
                let running = self.instantiate(&compiled(proxy, build), grants);
                Guest::Component(Box::new(RefCell::new(running)))
            }
            Form::Program(command) => {
                let command = || command(proxy.directory);
                Guest::Program(Box::new(Program::start(
                    proxy.language,
                    command,
                    &self.larder,
                    grants,
                )))
            }
        }
    }

    fn instantiate(
        &self,
        compiled: &convert::ProxyPre<State>,
        granted: &[(&str, Namespace, Access)],
    ) -> (Store<State>, convert::Proxy) {
        let mut grants = KvGrants::builder();
        for (name, namespace, access) in granted {
            grants.grant(name, namespace.clone(), *access).unwrap();
        }
        let wasi = WasiCtx::builder().wall_clock(WallClock::new(self.clock.clone())).build();
        let kv = KvCtx::new(&grants.build());
        let mut store = Store::new(compiled.engine(), State::new(wasi, kv));
        let proxy = compiled.instantiate(&mut store).unwrap();
        (store, proxy)
    }
}

/// A guest that runs.
pub enum Guest {
    Component(Box<RefCell<(Store<State>, convert::Proxy)>>),
    Program(Box<Program>),
}

/// Methods that call the guest's function of the same name.
macro_rules! calls {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty = $function:ident;)*) => {$(
        pub fn $name(&self, $($argument: $type),*) -> $answer {
            match self {
                Self::Component(running) => {
                    let (store, proxy) = &mut *running.borrow_mut();
                    let functions = proxy.larder_test_guests_operations();
                    functions.$function(store, $($argument),*).unwrap()
                }
                Self::Program(program) => {
                    program.call(stringify!($name), vec![$(Argument::from($argument)),*])
                }
            }
        }
    )*};
}

type Answer<T> = std::result::Result<T, wit::Error>;

impl Guest {
    calls! {
        fn bindings() -> Vec<String> = call_bindings;
        fn open(binding: &str) -> Answer<()> = call_open;
        fn get(key: &str) -> Answer<Option<Vec<u8>>> = call_get;
        fn get_entry(key: &str) -> Answer<Option<wit::Entry>> = call_get_entry;
        fn get_many(keys: &[String]) -> Answer<Vec<Option<wit::Entry>>> = call_get_many;
        fn head(key: &str) -> Answer<Option<wit::KeyInfo>> = call_head;
        fn put(key: &str, value: &[u8]) -> Answer<u64> = call_put;
        fn put_with(key: &str, value: &[u8], options: &wit::PutOptions)
            -> Answer<wit::WriteOutcome> = call_put_with;
        fn delete(key: &str) -> Answer<bool> = call_delete;
        fn delete_if(key: &str, version: u64) -> Answer<wit::DeleteOutcome> = call_delete_if;
        fn expire(key: &str, expiration: Option<wit::Expiration>)
            -> Answer<Option<u64>> = call_expire;
        fn increment(key: &str, delta: i64, expiration: Option<wit::Expiration>)
            -> Answer<wit::Counter> = call_increment;
        fn list(options: &wit::ListOptions) -> Answer<wit::ListPage> = call_list;
        fn commit(checks: &[wit::Check], operations: &[wit::Operation])
            -> Answer<wit::CommitOutcome> = call_commit;
        fn open_reader(key: &str) -> Answer<Option<u32>> = call_open_reader;
        fn info(reader: u32) -> wit::KeyInfo = call_info;
        fn read(reader: u32, offset: u64, max: u32) -> Answer<Vec<u8>> = call_read;
        fn drop_reader(reader: u32) -> () = call_drop_reader;
        fn open_writer(key: &str, options: &wit::PutOptions) -> Answer<u32> = call_open_writer;
        fn write(writer: u32, chunk: &[u8]) -> Answer<()> = call_write;
        fn finish(writer: u32) -> Answer<wit::WriteOutcome> = call_finish;
        fn drop_writer(writer: u32) -> () = call_drop_writer;
    }
}

/// A namespace as a guest sees it.
pub struct GuestSubject {
    guest: Guest,
    proxy: &'static Proxy,
    host: Host,
}

impl GuestSubject {
    /// A guest on a new store.
    pub fn fresh(proxy: &'static Proxy) -> Self {
        Self::on(Host::fresh(), proxy, larder_conformance::MAIN, "")
    }

    fn on(host: Host, proxy: &'static Proxy, title: &str, prefix: &str) -> Self {
        let namespace = host.larder.blocking().open_or_create(title).unwrap();
        let granted = namespace.scoped(prefix).unwrap();
        let guest = host.run(proxy, &[("KV", granted, Access::ReadWrite)]);
        guest.open("KV").unwrap();
        Self { guest, proxy, host }
    }
}

impl Subject for GuestSubject {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.guest.get(key)?.map(Bytes::from))
    }

    fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        Ok(self.guest.get_entry(key)?.map(Entry::from))
    }

    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let entries = self.guest.get_many(&keys)?;
        Ok(entries.into_iter().map(|entry| entry.map(Entry::from)).collect())
    }

    fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        Ok(self.guest.head(key)?.map(KeyInfo::from))
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<Version> {
        Ok(Version::from_u64(self.guest.put(key, value)?))
    }

    fn put_with(&self, key: &str, value: &[u8], options: PutOptions) -> Result<WriteOutcome> {
        Ok(self.guest.put_with(key, value, &options.into())?.into())
    }

    fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.guest.delete(key)?)
    }

    fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome> {
        Ok(self.guest.delete_if(key, version.as_u64())?.into())
    }

    fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<Option<Version>> {
        let version = self.guest.expire(key, expiration.map(wit::Expiration::from))?;
        Ok(version.map(Version::from_u64))
    }

    fn increment(&self, key: &str, delta: i64, expiration: Option<Expiration>) -> Result<Counter> {
        let expiration = expiration.map(wit::Expiration::from);
        Ok(self.guest.increment(key, delta, expiration)?.into())
    }

    fn list(&self, options: &ListOptions) -> Result<Page> {
        Ok(self.guest.list(&options.clone().into())?.into())
    }

    fn commit(&self, checks: Vec<Check>, operations: Vec<Operation>) -> Result<CommitOutcome> {
        let checks: Vec<wit::Check> = checks.into_iter().map(wit::Check::from).collect();
        let operations: Vec<_> = operations.into_iter().map(wit::Operation::from).collect();
        Ok(self.guest.commit(&checks, &operations)?.into())
    }

    fn open_reader(&self, key: &str) -> Result<Option<Box<dyn PieceReader + '_>>> {
        let number = self.guest.open_reader(key)?;
        Ok(number.map(|number| Box::new(Reader { guest: &self.guest, number }) as _))
    }

    fn open_writer(&self, key: &str, options: PutOptions) -> Result<Box<dyn PieceWriter + '_>> {
        let number = self.guest.open_writer(key, &options.into())?;
        Ok(Box::new(Writer { guest: &self.guest, number, finished: false }))
    }

    fn clock(&self) -> &ManualClock {
        &self.host.clock
    }

    fn open(&self, title: &str, prefix: &str) -> Box<dyn Subject> {
        Box::new(Self::on(self.host.clone(), self.proxy, title, prefix))
    }

    fn delete_namespace(&self, title: &str) {
        self.host.larder.blocking().delete_namespace(title).unwrap();
    }
}

struct Reader<'a> {
    guest: &'a Guest,
    number: u32,
}

impl PieceReader for Reader<'_> {
    fn info(&self) -> KeyInfo {
        self.guest.info(self.number).into()
    }

    fn read(&self, offset: u64, max: u32) -> Result<Bytes> {
        Ok(self.guest.read(self.number, offset, max)?.into())
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // After a failed call the guest cannot be called again, which must not hide the failure.
        if !std::thread::panicking() {
            self.guest.drop_reader(self.number);
        }
    }
}

struct Writer<'a> {
    guest: &'a Guest,
    number: u32,
    finished: bool,
}

impl PieceWriter for Writer<'_> {
    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        Ok(self.guest.write(self.number, chunk)?)
    }

    fn finish(mut self: Box<Self>) -> Result<WriteOutcome> {
        self.finished = true;
        Ok(self.guest.finish(self.number)?.into())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            self.guest.drop_writer(self.number);
        }
    }
}
