//! What `bindgen!` makes of the contract. Only its types are used: the functions are linked by
//! hand in [`p2`](crate::p2), which is why the traits and resources here stay without use.

wasmtime::component::bindgen!({
    path: "wit",
    world: "larder:kv/imports",
});

pub(crate) use larder::kv::store::*;
