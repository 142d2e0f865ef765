//! Where operations may be called, and what becomes of those that nobody waits for.

use crate::{Store, on_every_engine};
use larder_store::{Namespace, PutOptions};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

on_every_engine! {
    operations_run_within_a_tokio_runtime,
    blocking_operations_may_be_called_within_a_tokio_runtime,
    an_operation_whose_future_is_dropped_has_happened_whole_or_not_at_all,
    a_writer_whose_write_was_broken_off_cannot_finish,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn operations_run_within_a_tokio_runtime(store: &Store) {
    runtime().block_on(async {
        let namespace = store.larder.open_or_create("a").await.unwrap();
        let put = |n: i32| {
            let namespace = namespace.clone();
            tokio::spawn(async move { namespace.put(&format!("k{n}"), "v").await })
        };
        let puts: Vec<_> = (0..20).map(put).collect();
        for put in puts {
            put.await.unwrap().unwrap();
        }
        assert_eq!(namespace.info().await.unwrap().keys, 20);
    });
}

fn blocking_operations_may_be_called_within_a_tokio_runtime(store: &Store) {
    runtime().block_on(async {
        let namespace = store.create("a");
        namespace.put("k", "v").unwrap();
        assert_eq!(namespace.get("k").unwrap().unwrap(), "v");
    });
}

/// Polls a future so many times at most and drops it.
fn poll_and_drop(future: impl Future, times: usize) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if future.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
}

fn an_operation_whose_future_is_dropped_has_happened_whole_or_not_at_all(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    for n in 0..30 {
        let value = vec![n; 700_000];
        poll_and_drop(namespace.put("k", value), usize::from(n) % 4);
        poll_and_drop(namespace.increment("hits", 1, None), usize::from(n) % 4);
    }
    let hits = namespace.blocking().increment("hits", 1, None).unwrap().value;
    assert!((1..=31).contains(&hits));
    let value = namespace.blocking().get("k").unwrap();
    assert!(value.is_none_or(|value| value.len() == 700_000 && value.first() == value.last()));
    assert_eq!(store.blocking().check().unwrap().damage, [""; 0]);
}

fn a_writer_whose_write_was_broken_off_cannot_finish(store: &Store) {
    let namespace: Namespace = store.blocking().create_namespace("a").unwrap();
    let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
    let large = vec![0; 2_000_000];
    {
        let mut write = pin!(writer.write(&large));
        let mut context = Context::from_waker(Waker::noop());
        if write.as_mut().poll(&mut context).is_ready() {
            return;
        }
    }
    runtime().block_on(async {
        assert!(writer.write(b"more").await.is_err());
        assert!(writer.finish().await.is_err());
    });
    assert_eq!(namespace.blocking().get("k"), Ok(None));
}
