//! Reads that wait for the disk, and what goes on meanwhile.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use larder_store::limits::PIECE_BYTES;
use larder_store::{Larder, ListOptions, Namespace, Operation, Options, Result};
use pollster::block_on;
use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

/// The thread of a read that takes long.
const ASIDE: &str = "larder-aside";

/// What happens when the disk is read.
type OnRead = Box<dyn FnMut() + Send>;

/// A disk on which something happens when it is read.
#[derive(Clone, Default)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    on_read: Arc<Mutex<Option<OnRead>>>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        // Not held, since what happens may read too.
        let on_read = self.on_read.lock().unwrap().take();
        if let Some(mut on_read) = on_read {
            on_read();
            self.on_read.lock().unwrap().get_or_insert(on_read);
        }
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.bytes.write(offset, data)
    }
}

impl Disk {
    /// A store of 2000 keys and a large value, of which nothing is kept in memory.
    fn store(&self) -> (Larder, Namespace) {
        let disk = self.clone();
        let larder = Options::new().cache_bytes(0).open_on(move || Ok(disk.clone())).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap();
        let keys = namespace.blocking();
        for at in 0..2 {
            let put = |key| Operation::Put {
                key: format!("{key:04}"),
                value: vec![b'v'; 200].into(),
                metadata: None,
                expiration: None,
            };
            let operations = (at * 1000..(at + 1) * 1000).map(put).collect();
            drop(keys.commit(Vec::new(), operations).unwrap());
        }
        keys.put("large", vec![b'v'; 20 * PIECE_BYTES]).unwrap();
        (larder, namespace)
    }

    fn on_read(&self, on_read: impl FnMut() + Send + 'static) {
        *self.on_read.lock().unwrap() = Some(Box::new(on_read));
    }

    /// Makes each read take 2 ms, and keeps the name of the thread that did it.
    fn slow_down(&self) -> Arc<Mutex<Vec<String>>> {
        let readers = Arc::new(Mutex::new(Vec::new()));
        let kept = readers.clone();
        self.on_read(move || {
            let thread = thread::current().name().unwrap_or_default().to_owned();
            kept.lock().unwrap().push(thread);
            thread::sleep(Duration::from_millis(2));
        });
        readers
    }
}

/// A read of many pages: how many bytes of values or keys it comes to.
async fn read(what: &str, namespace: &Namespace) -> Result<usize> {
    Ok(match what {
        "get" => namespace.get("large").await?.unwrap().len(),
        "get-many" => {
            let keys: Vec<_> = (0..100).map(|at| format!("{:04}", at * 19)).collect();
            let entries = namespace.get_many(&keys).await?;
            entries.iter().flatten().map(|entry| entry.value.len()).sum()
        }
        _ => {
            let page = namespace.list(&ListOptions::prefix("0")).await?;
            page.keys.iter().map(|key| key.name.len()).sum()
        }
    })
}

const READS: [(&str, usize); 3] =
    [("get", 20 * PIECE_BYTES), ("get-many", 100 * 200), ("list", 1000 * 4)];

#[test]
fn a_read_of_much_from_a_slow_disk_holds_up_its_caller_no_more_than_a_moment() {
    for (what, bytes) in READS {
        let disk = Disk::default();
        let (_larder, namespace) = disk.store();
        let readers = disk.slow_down();
        assert_eq!(block_on(read(what, &namespace)).unwrap(), bytes, "{what}");
        let readers = readers.lock().unwrap();
        let aside = readers.iter().filter(|name| *name == ASIDE).count();
        let here = readers.iter().filter(|name| !name.starts_with("larder-")).count();
        // Some to find that it takes long: the tree's height for each of four keys.
        assert!((1..=20).contains(&here) && aside > here, "{what}: {here} {readers:?}");
    }
}

#[test]
fn a_read_that_is_only_asked_for_at_once_begins_no_thread() {
    let disk = Disk::default();
    let (_larder, namespace) = disk.store();
    let readers = disk.slow_down();
    let read = pin!(read("get", &namespace));
    assert!(read.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    thread::sleep(Duration::from_millis(50));
    assert!(!readers.lock().unwrap().iter().any(|name| name == ASIDE));
}

#[test]
fn a_read_that_nobody_waits_for_any_more_ends() {
    for (what, _) in READS {
        let disk = Disk::default();
        let (_larder, namespace) = disk.store();
        let readers = disk.slow_down();
        let aside = |name: &&String| *name == ASIDE;
        let count = || readers.lock().unwrap().iter().filter(aside).count();
        {
            let (mut read, waker) = (pin!(read(what, &namespace)), Waker::noop());
            for _ in 0..2 {
                let polled = read.as_mut().poll(&mut Context::from_waker(waker));
                assert!(polled.is_pending(), "{what}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        let ended = (0..500).any(|_| {
            let before = count();
            thread::sleep(Duration::from_millis(20));
            count() == before
        });
        assert!(ended && (1..=40).contains(&count()), "{what}: {}", count());
    }
}

#[test]
fn a_compaction_waits_for_a_read_from_a_state_before_the_last() {
    let disk = Disk::default();
    let (larder, namespace) = disk.store();
    let (compaction, keys) = (Arc::new(Mutex::new(None)), namespace.blocking());
    let (kept, mut begun) = (compaction.clone(), false);
    disk.on_read(move || {
        if !std::mem::replace(&mut begun, true) {
            keys.put("put meanwhile", "").unwrap();
            let larder = larder.clone();
            let compact = move || larder.blocking().compact();
            *kept.lock().unwrap() = Some(thread::spawn(compact));
            thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(block_on(read("list", &namespace)).unwrap(), 1000 * 4);
    let compaction = compaction.lock().unwrap().take().unwrap();
    compaction.join().unwrap().unwrap();
    assert!(namespace.blocking().get("put meanwhile").unwrap().is_some());
}
