//! What a backup takes, measured: `--ignored --nocapture` prints it.

#![cfg(target_os = "linux")]

use super::{Directories, put_many};
use larder_store::{Clock, Larder, Options, SystemClock};
use std::fs;

const MIB: u64 = 1 << 20;

/// The most memory that this process has had since it was last asked, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    fs::write("/proc/self/clear_refs", "5").unwrap();
    line.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

fn now_ms() -> u64 {
    SystemClock.monotonic_ms().unwrap()
}

#[test]
#[ignore = "measures, and takes a minute"]
fn a_million_keys_are_copied_in_constant_memory() {
    let at = Directories::new();
    let open = || Options::new().cache_bytes(16 << 20).open(at.path("original")).unwrap();
    let namespace = open().blocking().create_namespace("a").unwrap().blocking();
    put_many(&namespace, 1_000_000, |i| format!("{i:0100}").into());
    drop(namespace);
    let larder = open();
    let measured = |what: &str, copy: &dyn Fn() -> Larder| {
        peak();
        let (before, began) = (peak(), now_ms());
        let keys = copy().blocking().namespace("a").unwrap().unwrap().blocking().info().unwrap();
        let (took, memory) = (now_ms() - began, peak() - before);
        let file = fs::metadata(at.path(what).join("data.redb")).unwrap().len();
        println!("{what}: {took} ms, {} MiB of memory, {} MiB of file", memory / MIB, file / MIB);
        assert_eq!(keys.keys, 1_000_000);
        assert!(memory < 100 * MIB, "{memory}");
    };
    let file = fs::metadata(at.path("original/data.redb")).unwrap().len();
    println!("original: {} MiB of file", file / MIB);
    measured("backup", &|| {
        larder.blocking().backup(at.path("backup")).unwrap();
        larder.clone()
    });
    measured("restored", &|| {
        Larder::restore(at.path("backup"), at.path("restored")).unwrap();
        larder.clone()
    });
}
