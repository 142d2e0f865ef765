//! What a durable put costs the disk, in syncs and bytes: counts that do not drift, so that a change
//! for the worse fails here and not in a measurement that nobody repeats.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use fastrand::Rng;
use futures_util::future::{join_all, poll_immediate};
use larder_proof::Image;
use larder_store::{Namespace, Operation, Options};
use redb::StorageBackend;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const KEYS: u64 = 10_000;
const VALUE: [u8; 100] = [7; 100];

/// What may be written for a put alone: 8 pages of 4 KiB and the head of the file.
const BYTES_MAX: u64 = 33_088;
/// And for one of 64 in a batch.
const BYTES_OF_64_MAX: u64 = 5_400;

/// A disk in memory that counts, and whose syncs can be held up.
#[derive(Clone, Debug, Default)]
struct Counting {
    image: Image,
    written: Arc<AtomicU64>,
    syncs: Arc<AtomicU64>,
    gate: Arc<Mutex<()>>,
}

impl Counting {
    fn counts(&self) -> (u64, u64) {
        (self.syncs.load(Ordering::SeqCst), self.written.load(Ordering::SeqCst))
    }
}

impl StorageBackend for Counting {
    fn len(&self) -> io::Result<u64> {
        self.image.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.image.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.image.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written.fetch_add(data.len() as u64, Ordering::SeqCst);
        self.image.write(offset, data)
    }
}

fn key(number: u64) -> String {
    format!("key:{number:016x}")
}

/// A store of 10,000 keys on a disk that counts.
fn store() -> (Counting, Namespace) {
    let disk = Counting::default();
    let file = disk.clone();
    let larder = Options::new().open_on(move || Ok(file.clone())).unwrap();
    let namespace = larder.blocking().open_or_create("a").unwrap();
    for first in (0..KEYS).step_by(500) {
        let put = |number| Operation::Put {
            key: key(number),
            value: VALUE.to_vec().into(),
            metadata: None,
            expiration: None,
        };
        let puts = (first..first + 500).map(put).collect();
        drop(namespace.blocking().commit(Vec::new(), puts).unwrap());
    }
    (disk, namespace)
}

/// Syncs and bytes of the batch in the middle: the writer may do something by itself after one.
fn median(mut batches: Vec<(u64, u64)>) -> (u64, u64) {
    batches.sort_unstable();
    batches.get(batches.len() / 2).copied().unwrap()
}

#[test]
fn a_put_costs_one_sync_and_few_pages() {
    let (disk, namespace) = store();
    let mut rng = Rng::with_seed(1);
    let put = |_| {
        let (syncs, written) = disk.counts();
        namespace.blocking().put(&key(rng.u64(..KEYS)), VALUE.to_vec()).unwrap();
        let after = disk.counts();
        (after.0 - syncs, after.1 - written)
    };
    let (syncs, bytes) = median((0..200).map(put).collect());
    println!("a put: {syncs} syncs, {bytes} bytes");
    assert_eq!(syncs, 1);
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
}

#[test]
fn puts_that_wait_for_a_sync_have_the_next_one_together() {
    let (disk, namespace) = store();
    let mut rng = Rng::with_seed(1);
    let batch = |_| {
        let held = disk.gate.lock().unwrap();
        let begun = disk.counts().0;
        let mut first = Box::pin(namespace.put("first", VALUE.to_vec()));
        assert!(pollster::block_on(poll_immediate(&mut first)).is_none());
        while disk.counts().0 == begun {
            std::thread::yield_now();
        }
        let keys: Vec<String> = (0..64).map(|_| key(rng.u64(..KEYS))).collect();
        let puts = keys.iter().map(|key| namespace.put(key, VALUE.to_vec()));
        let mut puts = join_all(puts);
        assert!(pollster::block_on(poll_immediate(&mut puts)).is_none());
        let (syncs, written) = disk.counts();
        drop(held);
        pollster::block_on(first).unwrap();
        for put in pollster::block_on(puts) {
            put.unwrap();
        }
        let after = disk.counts();
        (after.0 - syncs, (after.1 - written) / 64)
    };
    let (syncs, bytes) = median((0..50).map(batch).collect());
    println!("64 puts: {syncs} syncs, {bytes} bytes each");
    assert_eq!(syncs, 1);
    assert!(bytes <= BYTES_OF_64_MAX, "{bytes} bytes");
}
