//! Two plugins in one program, each with keys of its own and both with settings that they can only
//! read. What a plugin keeps is there again at the next start, and the program can read it.

use anyhow::{Context as _, Result, bail};
use larder_store::Larder;
use larder_wasmtime::{Access, KvCtx, KvCtxView, KvGrants, KvView, WallClock};
use std::env;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

wasmtime::component::bindgen!({ path: "plugin/wit" });

struct State {
    wasi: WasiCtx,
    kv: KvCtx,
    table: ResourceTable,
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

#[expect(clippy::print_stdout, reason = "it shows what happens")]
fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [plugin, directory] = arguments.as_slice() else {
        bail!("usage: embed PLUGIN.wasm STORE");
    };
    let larder = Larder::open(directory)?;
    let settings = larder.blocking().open_or_create("settings")?;
    settings.blocking().put("greeting", "Hello")?;
    let plugins = larder.blocking().open_or_create("plugins")?;

    let engine = Engine::default();
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    larder_wasmtime::p2::add_to_linker_sync(&mut linker)?;
    let component = Component::from_file(&engine, plugin).map_err(anyhow::Error::from);
    let component = component.context("that is no plugin")?;
    let component = PluginPre::new(linker.instantiate_pre(&component)?)?;

    for name in ["clock", "weather"] {
        let data = plugins.scoped(&format!("{name}/"))?;
        let grants = KvGrants::builder()
            .grant("DATA", data.clone(), Access::ReadWrite)?
            .grant("SETTINGS", settings.clone(), Access::ReadOnly)?
            .build();
        let wasi = WasiCtx::builder().wall_clock(WallClock::new(larder.clock().clone())).build();
        let state = State { wasi, kv: KvCtx::new(&grants), table: ResourceTable::new() };
        let mut store = Store::new(&engine, state);
        let plugin = component.instantiate(&mut store)?;

        let said = plugin.call_run(&mut store, &format!("the host of {name}"))?;
        println!("{name} said: {}", said.unwrap_or_else(|error| error));
        let refused = plugin.call_meddle(&mut store)?;
        println!("{name} was refused: {}", refused.err().context("it was not")?);
        let last = data.blocking().get("last")?.context("it kept nothing")?;
        println!("{name} keeps: {}", String::from_utf8_lossy(&last));
    }
    Ok(larder.blocking().close()?)
}
