//! What guests take of the host's memory, each attack in a process of its own.

use crate::sandbox::{Ended, Guest, Host};
use larder_store::{Operation, Options};
use larder_wasmtime::KvLimits;
use std::fs;
use std::process::Command;
use std::time::Duration;

const MIB: u64 = 1 << 20;
const VALUE_BYTES_MAX: usize = 26_214_400;
/// How many instances attack at once.
const INSTANCES: usize = 100;
/// What each of them takes by itself: the memory that it begins with, a stack, a wasmtime store.
const INSTANCE_BYTES: u64 = 512 << 10;
/// Of the store, which the hot values and the pages of redb share.
const CACHE_BYTES: usize = 8 << 20;
const ATTACK: &str = "LARDER_HOSTILE_ATTACK";

#[test]
fn values_that_100_instances_write_at_once_wait_in_the_guests() {
    expect_within("writes", KvLimits::default().write_bytes);
}

#[test]
fn values_for_100_guests_that_do_not_take_them_wait_on_disk() {
    // Besides those on their way, each thread reads one to see that there is no room for it, or has the
    // store read it aside.
    let reads = KvLimits::default().read_bytes + 3 * 2 * VALUE_BYTES_MAX as u64;
    for export in ["get-never", "get-entry-never", "get-many-never"] {
        expect_within(export, reads);
    }
}

#[test]
fn pages_for_100_guests_that_do_not_take_them_are_small() {
    expect_within("list-never", INSTANCES as u64 * 2 * MIB);
}

#[test]
fn readers_in_100_instances_hold_half_a_megabyte_each_and_are_256() {
    expect_within("readers", 256 * 520_000);
}

/// Has an attack made in a process of its own, and checks by how much that grew.
#[track_caller]
fn expect_within(attack: &str, bytes: u64) {
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "memory::one_attack", "--ignored", "--nocapture"]).env(ATTACK, attack);
    let output = itself.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    let grown = said.lines().find_map(|line| line.split("grown by ").nth(1)?.parse::<u64>().ok());
    let grown = grown.unwrap_or_else(|| panic!("{attack}: {said}{failed}"));
    let bound = bytes + CACHE_BYTES as u64 + INSTANCES as u64 * INSTANCE_BYTES;
    println!("{attack}: {} MiB, at most {} MiB", grown / MIB, bound / MIB);
    assert!(grown <= bound, "{attack}: {} MiB, above {} MiB", grown / MIB, bound / MIB);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other tests run it, in a process of its own"]
async fn one_attack() {
    let Ok(attack) = std::env::var(ATTACK) else { return };
    let options = Options::new().cache_bytes(CACHE_BYTES);
    let host = Host::with(options, KvLimits::default()).await;
    let data = host.namespace("attacker").await;
    match attack.as_str() {
        "writes" => host.set_quota(None, Some(MIB)).await,
        "readers" => drop(data.put("0", vec![1; 520_000]).await.unwrap()),
        "list-never" => {
            let metadata = Some(format!("\"{}\"", "m".repeat(1022)));
            let put = |key: usize| Operation::Put {
                key: format!("{key:0>512}"),
                value: "".into(),
                metadata: metadata.clone(),
                expiration: None,
            };
            _ = data.commit(Vec::new(), (0..1000).map(put).collect()).await.unwrap();
        }
        _ => drop(data.put("k", vec![1; VALUE_BYTES_MAX]).await.unwrap()),
    }
    // Compiled before anything is counted.
    let (warm, by_hand) = (Guest::new(&host.attacker).await, Guest::by_hand(&host.attacker).await);
    drop((warm, by_hand));

    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let tasks: Vec<_> =
        (0..INSTANCES).map(|_| tokio::spawn(one_instance(host.clone(), attack.clone()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("grown by {}", status("VmHWM:").saturating_sub(before));
}

async fn one_instance(host: Host, attack: String) {
    match attack.as_str() {
        "writes" => {
            let mut guest = Guest::by_hand(&host.attacker).await;
            let failed: bool = guest.call("put", (VALUE_BYTES_MAX as u32,)).await;
            assert!(failed, "there is a quota");
        }
        "readers" => {
            let mut guest = Guest::new(&host.attacker).await;
            let _: u32 = guest.call("hoard-readers", (1000_u32,)).await;
            // Until all have what they get.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        never => {
            let mut guest = Guest::by_hand(&host.attacker).await;
            let ended = guest.try_call::<_, ()>(never, (), Duration::from_secs(2)).await;
            assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
        }
    }
}

/// A size of this process, in bytes.
fn status(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|status| status.strip_prefix(line)).unwrap();
    size.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
