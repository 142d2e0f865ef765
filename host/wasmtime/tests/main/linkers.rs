//! Both flavours of the linker, within a tokio runtime and without one.

use crate::probe::{NOW_MS, Probe, State, component, data, engine, state, whole};
use larder_store::{ManualClock, Namespace};
use larder_wasmtime::p2;
use pollster::block_on;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

/// The plugin of the documentation, which imports nothing of WASI: wasmtime-wasi has a runtime of
/// its own, which would hide what is tested here.
fn plugin(add_to_linker: fn(&mut Linker<State>) -> wasmtime::Result<()>) -> InstancePre<State> {
    let wat = wat::parse_file("tests/plugin.wat").unwrap();
    let mut linker = Linker::new(engine());
    add_to_linker(&mut linker).unwrap();
    linker.instantiate_pre(&Component::new(engine(), wat).unwrap()).unwrap()
}

fn store(namespace: &Namespace) -> Store<State> {
    Store::new(engine(), state(&whole(namespace), Arc::new(ManualClock::new(NOW_MS))))
}

fn add_blocking(namespace: &Namespace) -> Option<i64> {
    let mut store = store(namespace);
    let instance = plugin(p2::add_to_linker_sync).instantiate(&mut store).unwrap();
    let add = instance.get_typed_func::<(&str, &str, i64), (Option<i64>,)>(&mut store, "add");
    add.unwrap().call(&mut store, ("DATA", "counter", 1)).unwrap().0
}

async fn add(namespace: &Namespace) -> Option<i64> {
    let mut store = store(namespace);
    let instance = plugin(p2::add_to_linker_async).instantiate_async(&mut store).await.unwrap();
    let add = instance.get_typed_func::<(&str, &str, i64), (Option<i64>,)>(&mut store, "add");
    add.unwrap().call_async(&mut store, ("DATA", "counter", 1)).await.unwrap().0
}

#[test]
fn both_linkers_work_outside_a_runtime() {
    let data = data();
    assert_eq!(add_blocking(&data), Some(1));
    assert_eq!(block_on(add(&data)), Some(2));
}

#[tokio::test]
async fn both_linkers_work_within_a_runtime_of_one_thread() {
    let data = data();
    assert_eq!(add_blocking(&data), Some(1));
    assert_eq!(add(&data).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_linkers_work_within_a_runtime_of_many_threads() {
    let data = data();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let data = data.clone();
            tokio::spawn(async move { (add_blocking(&data), add(&data).await) })
        })
        .collect();
    for task in tasks {
        let (first, second) = task.await.unwrap();
        assert!(first < second);
    }
    assert_eq!(add(&data).await, Some(17));
}

#[tokio::test]
async fn a_guest_with_wasi_runs_in_the_async_linker() {
    let data = data();
    let mut linker = Linker::<State>::new(engine());
    p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    let mut store = store(&data);
    let instance = linker.instantiate_async(&mut store, component()).await.unwrap();
    let put =
        instance.get_typed_func::<(&str, &str, &str), (Result<(), String>,)>(&mut store, "put");
    assert_eq!(put.unwrap().call_async(&mut store, ("DATA", "k", "v")).await.unwrap(), (Ok(()),));
    assert_eq!(data.get("k").await.unwrap().as_deref(), Some(&b"v"[..]));
}

#[test]
fn guests_of_many_threads_share_a_namespace() {
    let data = data();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let data = &data;
            scope.spawn(move || Probe::new(&whole(data)).put("DATA", &thread.to_string(), "v"));
        }
    });
    assert_eq!(data.blocking().info().unwrap().keys, 4);
}
