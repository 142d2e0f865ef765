//! Handles: too many, left open, dropped, of others, of none.

use crate::sandbox::{Guest, Host};
use larder_wasmtime::KvLimits;

const PIECE_BYTES: usize = 520_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_handles_are_not_given() {
    let host = Host::new().await;
    let got: u32 = host
        .attacked(|mut guest| async move { guest.call("hoard-namespaces", (1_000_000_u32,)).await })
        .await;
    assert_eq!(got, KvLimits::default().namespaces_each);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_of_the_guests_own_are_bounded_too() {
    let host = Host::new().await;
    let trap = Guest::by_hand(&host.attacker).await.trap("own-for-ever", ()).await;
    assert!(trap.contains("store handle limit exceeded"), "{trap}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_writers_left_open_are_bounded_for_all_instances_and_gone_with_them() {
    let limits = KvLimits { pieces: 10, pieces_each: 4, ..KvLimits::default() };
    let host = Host::with(Default::default(), limits).await;
    let data = host.namespace("attacker").await;
    data.put("0", vec![1; PIECE_BYTES + 1]).await.unwrap();
    for _ in 0..2 {
        let mut guests = Vec::new();
        let mut got = Vec::new();
        for export in ["hoard-readers", "hoard-writers", "hoard-readers", "hoard-writers"] {
            let mut guest = Guest::new(&host.attacker).await;
            got.push(guest.call::<_, u32>(export, (1000_u32,)).await);
            guests.push(guest);
        }
        assert_eq!(got, [4, 4, 2, 0]);
        // What a reader has open is kept.
        data.put("0", vec![1; PIECE_BYTES + 1]).await.unwrap();
        drop(guests);
    }
    assert_eq!(data.get("unfinished").await.unwrap(), None);
    host.expect_sound().await;
    let bytes = host.larder.compact().await.unwrap().bytes_after;
    assert!(bytes < 4 * PIECE_BYTES as u64, "{bytes} bytes are left of one value");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_that_is_not_the_guests_is_a_trap() {
    let host = Host::new().await;
    let mut others = Guest::by_hand(&host.victim).await;
    for (export, said) in [
        ("get-after-drop", "unknown handle index"),
        ("drop-twice", "unknown handle index"),
        ("get-by-another-type", "handle index"),
    ] {
        let trap = Guest::by_hand(&host.attacker).await.trap(export, ()).await;
        assert!(trap.contains(said), "{export}: {trap}");
    }
    for handle in [0, 2, 100, 4096, 1 << 28, u32::MAX] {
        let trap = Guest::by_hand(&host.attacker).await.trap("get-by", (handle,)).await;
        assert!(trap.contains("unknown handle index"), "{handle}: {trap}");
    }
    assert!(!others.call::<_, bool>("put", (1_u32,)).await);
}
