//! Floods of writes, which would fill the disk.

use crate::sandbox::{Ended, Guest, Host};
use std::time::Duration;

const MIB: u64 = 1 << 20;
const QUOTA: u64 = 8 * MIB;

/// How long a churn goes on.
fn time() -> Duration {
    let seconds = std::env::var("LARDER_HOSTILE_SECONDS").ok();
    Duration::from_secs(seconds.map_or(1, |seconds| seconds.parse().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_of_bytes_ends_a_flood_and_what_is_deleted_can_be_written_again() {
    let host = Host::new().await;
    host.set_quota(None, Some(QUOTA)).await;
    let said: String = host
        .attacked(|mut guest| async move {
            guest.call("put-for-long", (u32::MAX, 100_u32, 1_000_000_u32)).await
        })
        .await;
    assert_eq!(said, "Error::QuotaExceeded(Quota::Bytes)");
    let data = host.namespace("attacker").await;
    assert_eq!(data.info().await.unwrap().keys, 8);
    assert!(data.put("8", vec![1; 1_000_000]).await.is_err());
    data.delete("0").await.unwrap();
    data.put("8", vec![1; 1_000_000]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_of_keys_ends_a_flood() {
    let host = Host::new().await;
    host.set_quota(Some(100), None).await;
    let said: String = host
        .attacked(|mut guest| async move {
            guest.call("put-for-long", (u32::MAX, 1_000_000_u32, 1_u32)).await
        })
        .await;
    assert_eq!(said, "Error::QuotaExceeded(Quota::Keys)");
    assert_eq!(host.namespace("attacker").await.info().await.unwrap().keys, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_are_not_finished_are_held_to_the_quota_as_well() {
    let host = Host::new().await;
    host.set_quota(None, Some(QUOTA)).await;
    let got: u32 = host
        .attacked(|mut guest| async move { guest.call("hoard-writers", (1000_u32,)).await })
        .await;
    assert_eq!(u64::from(got), QUOTA / 520_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_readers_keep_while_they_are_replaced_are_held_to_the_quota_as_well() {
    let host = Host::new().await;
    host.set_quota(None, Some(QUOTA)).await;
    let got: u32 = host
        .attacked(|mut guest| async move {
            guest.call("hoard-replaced", (1000_u32, 1_000_000_u32)).await
        })
        .await;
    assert_eq!(u64::from(got), QUOTA / 1_000_000);
    assert!(host.file_bytes() <= 4 * QUOTA, "{} MiB", host.file_bytes() / MIB);
    // As many as like may read one value.
    host.namespace("attacker").await.put("0", vec![1; 6_000_000]).await.unwrap();
    let mut guest = Guest::new(&host.attacker).await;
    assert_eq!(guest.call::<_, u32>("hoard-readers", (1000_u32,)).await, 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn churn_within_a_quota_does_not_let_the_file_grow() {
    let host = Host::new().await;
    host.set_quota(None, Some(QUOTA)).await;
    for (keys, bytes) in [(7_u32, 1_000_000_u32), (5000, 1000)] {
        let time = time();
        let ended: Result<(String,), Ended> = host
            .attacked(move |mut guest| async move {
                guest.try_call("put-for-long", (u32::MAX, keys, bytes), time).await
            })
            .await;
        assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
        let (file, held) =
            (host.file_bytes(), host.namespace("attacker").await.info().await.unwrap());
        println!(
            "{keys} keys of {bytes} bytes: a file of {} MiB, quota {} MiB",
            file / MIB,
            QUOTA / MIB
        );
        assert!(held.bytes <= QUOTA, "{held:?}");
        assert!(file <= 4 * QUOTA, "{} MiB", file / MIB);
        host.namespace("attacker").await.delete("0").await.unwrap();
    }
}
