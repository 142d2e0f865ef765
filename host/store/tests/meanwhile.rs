//! What happens between two steps of an operation: when it asks for the time, others go on.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use larder_store::{
    BlockingNamespace, Clock, Error, Larder, ListOptions, ManualClock, Options, PutOptions, Result,
};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tempfile::TempDir;

/// What happens, and the time that is answered then.
type Meanwhile = Box<dyn FnOnce() -> u64 + Send>;

/// A clock that lets something happen before it answers, once.
#[derive(Default)]
struct BusyClock {
    time: ManualClock,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl Clock for BusyClock {
    fn now_ms(&self) -> u64 {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.map_or_else(|| self.time.now_ms(), |meanwhile| meanwhile())
    }
}

struct Store {
    larder: Larder,
    clock: Arc<BusyClock>,
    _directory: Option<TempDir>,
}

impl Store {
    fn of_each_engine() -> [Self; 2] {
        let clocks = [Arc::new(BusyClock::default()), Arc::new(BusyClock::default())];
        let [memory, disk] = clocks.clone().map(|clock| Options::new().clock(clock));
        let directory = tempfile::tempdir().unwrap();
        let disk = disk.open(directory.path()).unwrap();
        let [of_memory, of_disk] = clocks;
        [
            Self { larder: memory.in_memory(), clock: of_memory, _directory: None },
            Self { larder: disk, clock: of_disk, _directory: Some(directory) },
        ]
    }

    fn meanwhile(&self, meanwhile: impl FnOnce() -> u64 + Send + 'static) {
        *self.clock.meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
    }
}

/// Whether each way to read says that the key is there.
type Read = fn(&BlockingNamespace) -> Result<bool>;

const READS: [(&str, Read); 5] = [
    ("get", |namespace| Ok(namespace.get("k")?.is_some())),
    ("head", |namespace| Ok(namespace.head("k")?.is_some())),
    ("open_reader", |namespace| Ok(namespace.open_reader("k")?.is_some())),
    ("get_many", |namespace| Ok(namespace.get_many(&["k"])?.first().unwrap().is_some())),
    ("list", |namespace| Ok(!namespace.list(&ListOptions::default())?.keys.is_empty())),
];

#[test]
fn a_key_that_is_refreshed_in_time_is_never_read_as_gone() {
    for store in Store::of_each_engine() {
        let namespace = store.larder.blocking().create_namespace("a").unwrap().blocking();
        for (name, reads) in READS {
            let options = PutOptions::new().ttl(Duration::from_millis(5));
            let _ = namespace.put_with("k", "v", options).unwrap();
            let (refreshing, clock) = (namespace.clone(), store.clock.clone());
            store.meanwhile(move || {
                refreshing.expire("k", None).unwrap();
                clock.time.advance(Duration::from_millis(5));
                clock.time.now_ms()
            });
            assert_eq!(reads(&namespace), Ok(true), "{name}");
        }
    }
}

#[test]
fn a_key_is_not_read_as_gone_because_its_namespace_is_being_deleted() {
    for store in Store::of_each_engine() {
        for (name, reads) in READS {
            let namespace = store.larder.blocking().create_namespace(name).unwrap().blocking();
            // A get asks for the time of what may expire alone.
            let options = PutOptions::new().ttl(Duration::from_secs(3600));
            let _ = namespace.put_with("k", "v", options).unwrap();
            let (larder, clock) = (store.larder.blocking(), store.clock.clone());
            store.meanwhile(move || {
                larder.delete_namespace(name).unwrap();
                larder.sweep().unwrap();
                clock.time.now_ms()
            });
            assert_eq!(reads(&namespace), Err(Error::NamespaceDeleted), "{name}");
        }
    }
}

#[test]
fn a_counter_goes_on_when_it_is_swept_after_the_time_of_the_increment() {
    for store in Store::of_each_engine() {
        let namespace = store.larder.blocking().create_namespace("a").unwrap().blocking();
        let options = PutOptions::new().ttl(Duration::from_millis(5));
        let _ = namespace.put_with("k", "7", options).unwrap();
        let (larder, clock) = (store.larder.blocking(), store.clock.clone());
        let (swept, is_swept) = mpsc::channel();
        store.meanwhile(move || {
            let before_ms = clock.time.now_ms();
            clock.time.advance(Duration::from_millis(5));
            std::thread::spawn(move || swept.send(larder.sweep()));
            // It may have to wait until the increment is done.
            let _ = is_swept.recv_timeout(Duration::from_millis(100));
            before_ms
        });
        assert_eq!(namespace.increment("k", 1, None).unwrap().value, 8);
    }
}
