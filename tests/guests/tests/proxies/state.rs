//! What wasmtime keeps for one instance of a proxy guest.

use larder_wasmtime::{KvCtx, KvCtxView, KvView};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub struct State {
    wasi: WasiCtx,
    kv: KvCtx,
    table: ResourceTable,
}

impl State {
    pub fn new(wasi: WasiCtx, kv: KvCtx) -> Self {
        Self { wasi, kv, table: ResourceTable::new() }
    }
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
