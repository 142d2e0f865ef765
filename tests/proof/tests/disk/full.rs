//! A disk that is full: it must be possible to free it.

use super::power_loss::{NOW_MS, new_store};
use super::run::{expect_of_the_disk, open};
use super::steps::{FIRST, content};
use fastrand::Rng;
use larder_proof::disk::SimulatedDisk;
use larder_proof::stepped::SteppedClock;
use larder_store::{Durability, Larder, Namespace, PutOptions};
use std::sync::Arc;
use std::time::Duration;

/// What the store keeps free of a disk that it can ask: see `Directory::expect_room`.
const MARGIN_BYTES: u64 = 1 << 20;

/// A disk that puts have filled, but for the margin, with keys that are at random places.
struct Filled {
    disk: SimulatedDisk,
    clock: Arc<SteppedClock>,
    larder: Larder,
    namespace: Namespace,
    keys: Vec<String>,
}

fn fill(bytes: u64, value_bytes: usize) -> Filled {
    let (disk, clock) = (SimulatedDisk::new(new_store().0), SteppedClock::new(NOW_MS));
    let larder = open(&disk, &clock, Durability::Full).unwrap();
    let namespace = clock.wait(larder.namespace_by_id(FIRST)).unwrap().unwrap();
    let mut rng = Rng::with_seed(1);
    let mut keys = Vec::new();
    disk.limit(Some(bytes));
    loop {
        let new: Vec<String> = (0..50).map(|_| format!("{:016x}", rng.u64(..))).collect();
        let puts = new.iter().map(|key| larder_store::Operation::Put {
            key: key.clone(),
            value: content(&mut rng, value_bytes),
            expiration: Some(larder_store::Expiration::TtlMs(rng.u64(1..1000))),
            metadata: None,
        });
        match clock.wait(namespace.commit(Vec::new(), puts.collect())) {
            Ok(_) => keys.extend(new),
            Err(error) => {
                expect_of_the_disk(&error);
                break;
            }
        }
    }
    disk.limit(Some(disk.bytes_taken().max(bytes) + MARGIN_BYTES));
    Filled { disk, clock, larder, namespace, keys }
}

#[test]
fn a_full_disk_is_freed_by_deleting() {
    let Filled { disk: _, clock, larder, namespace, keys } = fill(3 << 20, 500);
    for key in keys.iter().take(200) {
        assert_eq!(clock.wait(namespace.delete(key)), Ok(true));
    }
    assert_eq!(clock.wait(larder.check()).unwrap().damage, Vec::<String>::new());
    let _ = clock.wait(namespace.put_with("k", vec![1; 1 << 20], PutOptions::new())).unwrap();
}

#[test]
fn a_full_disk_is_freed_by_the_sweeper() {
    let Filled { disk, clock, larder, namespace, keys } = fill(8 << 20, 500);
    clock.advance(Duration::from_secs(2).as_millis() as u64);
    let swept = clock.wait(larder.sweep()).unwrap();
    assert_eq!(swept.expired, keys.len() as u64);
    eprintln!("{} keys, {} bytes", keys.len(), disk.bytes_taken());
    let _ = clock.wait(namespace.put_with("k", vec![1; 1 << 20], PutOptions::new())).unwrap();
}
