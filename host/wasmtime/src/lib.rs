//! Key-value namespaces for components on wasmtime: `larder:kv`, the contract that guests in any
//! language import, over a [`larder_store`].
//!
//! A host decides what each guest may reach, in [`KvGrants`]: a namespace under the name by which
//! the guest opens it, to read or to write, whole or below a prefix. Nothing is granted by
//! default; of what it was not granted a guest cannot tell whether it exists.
//!
//! # Embedding
//!
//! ```
//! use larder_store::Larder;
//! use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvView};
//! use wasmtime::component::{Component, Linker, ResourceTable};
//! use wasmtime::{Engine, Store};
//!
//! struct State {
//!     kv: KvCtx,
//!     table: ResourceTable,
//! }
//!
//! impl KvView for State {
//!     fn kv(&mut self) -> KvCtxView<'_> {
//!         KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: Default::default() }
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Once: the store, and what the guest may do with it.
//!     let larder = Larder::in_memory(); // or `Larder::open(directory)?`
//!     let sessions = larder.open_or_create("sessions").await?;
//!     let grants = KvGrants::builder().grant("SESSIONS", sessions, Access::ReadWrite)?.build();
//!
//!     let engine = Engine::default();
//!     let mut linker = Linker::<State>::new(&engine);
//!     larder_wasmtime::p2::add_to_linker_async(&mut linker)?;
//!     let component = Component::new(&engine, wat::parse_file("tests/plugin.wat")?)?;
//!     let component = linker.instantiate_pre(&component)?;
//!
//!     // For each request, or for as long as the guest is to live.
//!     let state = State { kv: KvCtx::new(&grants), table: ResourceTable::new() };
//!     let mut store = Store::new(&engine, state);
//!     let instance = component.instantiate_async(&mut store).await?;
//!     let add = instance.get_typed_func::<(&str, &str, i64), (Option<i64>,)>(&mut store, "add")?;
//!     let logins = add.call_async(&mut store, ("SESSIONS", "logins", 1)).await?;
//!     assert_eq!(logins, (Some(1),));
//!     Ok(())
//! }
//! ```
//!
//! A guest built by a toolchain imports WASI as well: add `wasmtime_wasi::p2` to the same linker,
//! over the same table, with [`WallClock`] so that the guest and the store have one time.
//!
//! # A sandbox of plugins
//!
//! Many plugins, each with keys of its own and all with settings that they can only read. The host
//! reads through [`Namespace::scoped`](larder_store::Namespace::scoped) exactly what a plugin
//! sees.
//!
//! ```
//! # use larder_store::Larder;
//! # use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvView};
//! # use wasmtime::component::{Component, Linker, ResourceTable};
//! # use wasmtime::{Engine, Store};
//! # struct State { kv: KvCtx, table: ResourceTable }
//! # impl KvView for State {
//! #     fn kv(&mut self) -> KvCtxView<'_> {
//! #         KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: Default::default() }
//! #     }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let larder = Larder::in_memory().blocking();
//! let settings = larder.open_or_create("settings")?;
//! settings.blocking().put("motd", "hello")?;
//! let plugins = larder.open_or_create("plugins")?;
//!
//! let engine = Engine::default();
//! let mut linker = Linker::<State>::new(&engine);
//! larder_wasmtime::p2::add_to_linker_sync(&mut linker)?;
//! let component = Component::new(&engine, wat::parse_file("tests/plugin.wat")?)?;
//! let component = linker.instantiate_pre(&component)?;
//!
//! for plugin in ["clock", "weather"] {
//!     let data = plugins.scoped(&format!("{plugin}/"))?;
//!     let grants = KvGrants::builder()
//!         .grant("DATA", data.clone(), Access::ReadWrite)?
//!         .grant("SETTINGS", settings.clone(), Access::ReadOnly)?
//!         .build();
//!     let state = State { kv: KvCtx::new(&grants), table: ResourceTable::new() };
//!     let mut store = Store::new(&engine, state);
//!     let instance = component.instantiate(&mut store)?;
//!     let add = instance.get_typed_func::<(&str, &str, i64), (Option<i64>,)>(&mut store, "add")?;
//!     let get = instance.get_typed_func::<(&str, &str), (Option<String>,)>(&mut store, "get")?;
//!
//!     assert_eq!(get.call(&mut store, ("SETTINGS", "motd"))?.0.as_deref(), Some("hello"));
//!     assert_eq!(add.call(&mut store, ("SETTINGS", "starts", 1))?, (None,)); // read-only
//!     assert_eq!(add.call(&mut store, ("OTHERS", "starts", 1))?, (None,)); // not granted
//!     assert_eq!(add.call(&mut store, ("DATA", "starts", 1))?, (Some(1),));
//!     assert_eq!(data.blocking().get("starts")?.as_deref(), Some(&b"1"[..]));
//! }
//! assert_eq!(plugins.blocking().list(&Default::default())?.keys[1].name, "weather/starts");
//! # Ok(())
//! # }
//! ```
//!
//! # What bounds a guest
//!
//! Everything that an embedder sets for a guest which is not trusted, in one place:
//!
//! ```
//! # use larder_store::{Larder, Quota};
//! # use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvLimits, KvView};
//! # use std::time::Duration;
//! # use wasmtime::component::{Component, Linker, ResourceTable};
//! # use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};
//! # struct State { kv: KvCtx, table: ResourceTable, limits: StoreLimits }
//! # impl KvView for State {
//! #     fn kv(&mut self) -> KvCtxView<'_> {
//! #         KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: Default::default() }
//! #     }
//! # }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new(Config::new().epoch_interruption(true))?;
//! // A thread of yours calls `engine.increment_epoch()` every 10 ms or so.
//! # let mut linker = Linker::<State>::new(&engine);
//! # larder_wasmtime::p2::add_to_linker_async(&mut linker)?;
//! # let component = Component::new(&engine, wat::parse_file("tests/plugin.wat")?)?;
//! # let component = linker.instantiate_pre(&component)?;
//! # let larder = Larder::in_memory();
//!
//! // Of the guest: what it keeps, and what all its instances do at a time.
//! let data = larder.open_or_create("plugin-7").await?;
//! larder.set_quota("plugin-7", Quota { keys: Some(10_000), bytes: Some(64 << 20) }).await?;
//! let grants = KvGrants::builder()
//!     .limits(KvLimits { writes: 32, pieces: 32, ..KvLimits::default() })
//!     .grant("DATA", data, Access::ReadWrite)?
//!     .build();
//!
//! // Of an instance: handles, memory, what one call carries, and that it lets others run.
//! let mut table = ResourceTable::new();
//! table.set_max_capacity(4096);
//! let limits = StoreLimitsBuilder::new().memory_size(64 << 20).build();
//! let mut store = Store::new(&engine, State { kv: KvCtx::new(&grants), table, limits });
//! store.limiter(|state| &mut state.limits);
//! store.set_hostcall_fuel(32 << 20);
//! store.set_epoch_deadline(1);
//! store.epoch_deadline_async_yield_and_update(1);
//!
//! // Of a call: time, around everything.
//! let call = async {
//!     let instance = component.instantiate_async(&mut store).await?;
//!     let add = instance.get_typed_func::<(&str, &str, i64), (Option<i64>,)>(&mut store, "add")?;
//!     add.call_async(&mut store, ("DATA", "calls", 1)).await
//! };
//! assert_eq!(tokio::time::timeout(Duration::from_secs(5), call).await??, (Some(1),));
//! # Ok(())
//! # }
//! ```
//!
//! - The store's limits hold for each operation ([`larder_store::limits`]); what is above one is
//!   refused by its length, before it is copied out of the guest's memory.
//! - wasmtime traps a guest whose one call passes more than
//!   [`Store::set_hostcall_fuel`](wasmtime::Store::set_hostcall_fuel) bytes, 128 MiB by default. The
//!   largest legal call passes about 25 MiB.
//! - What all instances of a guest have under way and open at a time is bounded by [`KvLimits`], how
//!   much a namespace may hold by its [`Quota`](larder_store::Quota).
//! - What a guest opens lies in the embedder's `ResourceTable` until the guest drops it or the
//!   wasmtime store is dropped.
//! - Fuel and epochs count the guest's own instructions: they do **not** bound the time that it
//!   spends in the host, and its instructions go on while it is given an answer. Put a timeout
//!   around the whole call, such as `tokio::time::timeout`, and drop the wasmtime store when it
//!   strikes: an operation that was under way then has happened whole or not at all.
//! - A trap leaves what was answered before it, and nothing of a writer that was not finished.
//! - Rates, and limits of your own, go into [`KvHooks`].
//!
//! What a hostile guest can cost within these bounds, with a test for each line, is in the README of
//! this crate.

#![deny(missing_docs)]

mod bindings;
mod clock;
mod convert;
mod ctx;
mod hooks;
mod limits;
pub mod p2;

pub use clock::WallClock;
pub use ctx::{
    Access, BINDING_BYTES_MAX, GrantError, KvCtx, KvCtxView, KvGrants, KvGrantsBuilder, KvView,
};
pub use hooks::{Call, Denied, KvHooks, Operation};
pub use limits::KvLimits;
