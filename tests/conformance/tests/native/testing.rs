//! What `larder_guest::testing` and the socket do beyond the contract.

use crate::host::Host;
use larder_guest::{Error, Expiration, List, Namespace, Put, Subject, Version, testing};
use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

/// A test by its name.
pub type Test = (&'static str, fn());

macro_rules! tests {
    ($($test:ident,)*) => {
        pub const TESTS: &[Test] = &[$((stringify!($test), $test),)*];
    };
}

tests! {
    time_passes_when_the_test_says_so,
    the_time_is_that_which_was_set,
    a_time_before_1970_is_refused,
    a_limit_says_when_to_try_again_by_the_clock_of_the_store,
    a_test_begins_with_nothing_and_at_the_start,
    a_reset_begins_anew,
    a_test_waits_for_the_one_before_it,
    a_test_that_fails_lets_the_next_one_begin,
    a_test_begins_once,
    a_store_that_is_not_for_tests_says_so,
    bindings_are_those_that_were_granted,
    a_namespace_is_used_by_threads_at_the_same_time,
    a_store_that_was_opened_anew_is_connected_to_anew,
    a_store_that_has_gone_is_named,
    what_no_url_has_room_for_is_refused_by_the_store,
    a_writer_that_is_dropped_leaves_no_trace_and_no_handle,
    a_reader_that_is_dropped_leaves_no_handle,
}

const HOUR: Duration = Duration::from_secs(3600);

fn opened(host: &Host) -> Namespace {
    Namespace::open(&host.bind("main", "")).unwrap()
}

fn time_passes_when_the_test_says_so() {
    let host = Host::for_tests();
    let store = testing::start().unwrap();
    let sessions = opened(&host);
    let _ = sessions.put_with("session:1", "ada", Put::new().ttl(HOUR)).unwrap();
    store.advance(HOUR - Duration::from_millis(1)).unwrap();
    assert!(sessions.get("session:1").unwrap().is_some());
    // A fraction of a millisecond, rounded up.
    store.advance(Duration::from_nanos(1)).unwrap();
    assert_eq!(sessions.get("session:1").unwrap(), None);
}

fn the_time_is_that_which_was_set() {
    let host = Host::for_tests();
    let store = testing::start().unwrap();
    let sessions = opened(&host);
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    store.set_time(noon).unwrap();
    assert_eq!(store.now().unwrap(), noon);
    let until = Put::new().expiration(Expiration::At(1_900_000_010));
    let _ = sessions.put_with("k", "v", until).unwrap();
    store.set_time(noon + Duration::from_secs(10)).unwrap();
    assert_eq!(sessions.get("k").unwrap(), None);
    store.set_time(noon).unwrap();
    assert_eq!(store.now().unwrap(), noon);
}

fn a_time_before_1970_is_refused() {
    let _host = Host::for_tests();
    let store = testing::start().unwrap();
    let before = store.now().unwrap();
    let error = store.set_time(SystemTime::UNIX_EPOCH - HOUR).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("1970")));
    assert_eq!(store.now().unwrap(), before);
}

fn a_limit_says_when_to_try_again_by_the_clock_of_the_store() {
    let host = Host::for_tests();
    let store = testing::start().unwrap();
    let limits = opened(&host);
    limits.increment("limit", 1, Expiration::Ttl(HOUR)).unwrap();
    store.advance(HOUR - Duration::from_secs(10)).unwrap();
    let requests = limits.increment("limit", 1, Expiration::Ttl(HOUR)).unwrap();
    let seconds = requests.retry_after().unwrap();
    assert!((10..=11).contains(&seconds), "{seconds}");
}

fn a_test_begins_with_nothing_and_at_the_start() {
    let host = Host::for_tests();
    let namespace = opened(&host);
    let start = {
        let store = testing::start().unwrap();
        namespace.put("k", "of the first").unwrap();
        let start = store.now().unwrap();
        store.advance(HOUR).unwrap();
        start
    };
    // The end of a test has put it right already, for whoever looks without beginning one.
    assert_eq!(namespace.get("k").unwrap(), None);
    namespace.put("k", "of none").unwrap();
    let store = testing::start().unwrap();
    assert_eq!(namespace.get("k").unwrap(), None);
    assert_eq!(store.now().unwrap(), start);
}

fn a_reset_begins_anew() {
    let host = Host::for_tests();
    let store = testing::start().unwrap();
    let (namespace, start) = (opened(&host), store.now().unwrap());
    namespace.put("k", "v").unwrap();
    store.advance(HOUR).unwrap();
    store.reset().unwrap();
    assert_eq!(namespace.get("k").unwrap(), None);
    assert_eq!(store.now().unwrap(), start);
}

fn a_test_waits_for_the_one_before_it() {
    let _host = Host::for_tests();
    let store = testing::start().unwrap();
    let (says, told) = mpsc::channel();
    let second = thread::spawn(move || {
        let _store = testing::start().unwrap();
        says.send(()).unwrap();
    });
    assert!(told.recv_timeout(Duration::from_millis(200)).is_err(), "both have the store");
    drop(store);
    second.join().unwrap();
    told.recv().unwrap();
}

fn a_test_that_fails_lets_the_next_one_begin() {
    let _host = Host::for_tests();
    let failed = thread::spawn(|| {
        let _store = testing::start().unwrap();
        std::panic::resume_unwind(Box::new("it failed"));
    });
    assert!(failed.join().is_err());
    drop(testing::start().unwrap());
}

fn a_test_begins_once() {
    let _host = Host::for_tests();
    let store = testing::start().unwrap();
    let error = testing::start().unwrap_err();
    assert!(error.to_string().contains("testing::start is called once"), "{error}");
    drop(store);
    drop(testing::start().unwrap());
}

fn a_store_that_is_not_for_tests_says_so() {
    let _host = Host::fresh();
    let error = testing::start().unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("opened for tests"), "{error}");
}

fn bindings_are_those_that_were_granted() {
    let host = Host::fresh();
    assert_eq!(larder_guest::bindings(), [""; 0]);
    host.bind("b", "");
    host.bind("a", "é/");
    assert_eq!(larder_guest::bindings(), ["a/é/", "b/"]);
    for name in ["c", "", "..", "B/", &"n".repeat(100_000)] {
        let error = Namespace::open(name).unwrap_err();
        assert!(error.to_string().ends_with("bound are: a/é/, b/"), "{error}");
    }
    host.larder().blocking().delete_namespace("b").unwrap();
    let reopened = Namespace::open("b/").and_then(|namespace| namespace.get("k"));
    assert!(matches!(reopened, Err(Error::NamespaceDeleted)), "{reopened:?}");
}

fn a_namespace_is_used_by_threads_at_the_same_time() {
    let host = Host::fresh();
    let namespace = opened(&host);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    namespace.increment("n", 1, None).unwrap();
                }
            });
        }
    });
    assert_eq!(namespace.get("n").unwrap().unwrap(), b"200");
}

fn a_store_that_was_opened_anew_is_connected_to_anew() {
    let first = Host::fresh();
    let namespace = opened(&first);
    namespace.put("k", "of the first").unwrap();
    first.close();
    let second = Host::fresh();
    second.bind("main", "");
    assert_eq!(namespace.get("k").unwrap(), None);
}

fn a_store_that_has_gone_is_named() {
    let host = Host::fresh();
    let namespace = opened(&host);
    drop(host);
    let socket = std::env::var("LARDER_SOCKET").unwrap();
    for error in [namespace.get("k").unwrap_err(), namespace.put("k", "v").unwrap_err()] {
        let error = error.to_string();
        assert!(error.contains(&socket) && error.contains("larder test"), "{error}");
    }
    assert_eq!(larder_guest::bindings(), [""; 0]);
}

fn what_no_url_has_room_for_is_refused_by_the_store() {
    let host = Host::fresh();
    let namespace = opened(&host);
    let long = "k".repeat(100_000);
    let results = [
        ("get", namespace.get(&long).map(drop)),
        ("get_entry", namespace.get_entry(&long).map(drop)),
        ("head", namespace.head(&long).map(drop)),
        ("put", namespace.put(&long, "v").map(drop)),
        ("put_with", namespace.put_with(&long, "v", Put::new().if_absent()).map(drop)),
        ("delete", namespace.delete(&long).map(drop)),
        ("delete_if", namespace.delete_if(&long, Version::from_u64(1)).map(drop)),
        ("list", namespace.list(&List::new().prefix(&long)).map(drop)),
    ];
    for (operation, result) in results {
        let Err(Error::TooLarge { subject: Subject::Key, bytes, bytes_max }) = result else {
            panic!("{operation}: {result:?}");
        };
        assert_eq!((bytes, bytes_max), (100_000, 512), "{operation}");
    }
    let metadata = Put::new().metadata(&long).unwrap();
    let refused = namespace.put_with("k", "v", metadata).map(drop);
    assert!(
        matches!(
            refused,
            Err(Error::TooLarge { subject: Subject::Metadata, bytes: 100_002, bytes_max: 1024 })
        ),
        "{refused:?}"
    );
    assert_eq!(namespace.get("k").unwrap(), None);
}

fn a_writer_that_is_dropped_leaves_no_trace_and_no_handle() {
    let host = Host::fresh();
    let namespace = opened(&host);
    // More than the server lets be open at a time.
    for _ in 0..1001 {
        let mut writer = namespace.open_writer("k", Put::new()).unwrap();
        writer.write_all(b"v").unwrap();
    }
    assert_eq!(namespace.get("k").unwrap(), None);
}

fn a_reader_that_is_dropped_leaves_no_handle() {
    let host = Host::fresh();
    let namespace = opened(&host);
    namespace.put("k", "v").unwrap();
    for _ in 0..1001 {
        let reader = namespace.open_reader("k").unwrap().unwrap();
        assert_eq!(reader.read_at(0, 9).unwrap(), b"v");
    }
}
