//! Writes where there are to be none, writes that are broken off, and too many at a time.

use crate::sandbox::{Ended, Guest, Host};
use larder_store::{Clock, ListOptions, Options};
use larder_wasmtime::{Access, KvGrants, KvLimits};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_not_bound_and_bindings_that_are_read_only_let_nothing_through() {
    let host = Host::new().await;
    let said: (Vec<String>, Vec<String>) = host
        .attacked(|mut guest| async move {
            let names = ["victim", "attacker", "data", "DATA ", "DATA\0", "../DATA", ""];
            let names: Vec<String> = names.map(str::to_owned).into();
            let opened = guest.call("open-all", (names,)).await;
            (opened, guest.call("write-where-it-must-not", ("SETTINGS",)).await)
        })
        .await;
    assert_eq!(said.0, ["Error::NoSuchBinding"; 7]);
    assert_eq!(said.1, ["Error::AccessDenied"; 8]);
    assert_eq!(host.namespace("settings").await.info().await.unwrap().keys, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_cannot_leave_the_prefix_and_a_trap_leaves_what_was_answered() {
    let host = Host::new().await;
    let shared = host.larder.open_or_create("shared").await.unwrap();
    shared.put("b/1", "theirs").await.unwrap();
    let ours = shared.scoped("a/").unwrap();
    let grants = KvGrants::builder().grant("DATA", ours, Access::ReadWrite).unwrap().build();
    let keys = ["../b/1", "/b/1", "b/1", "..", "\u{0}b/1"].map(str::to_owned);
    // `..` is no key, and panics the guest as well.
    let mut guest = Guest::new(&grants).await;
    guest.trap("put-and-trap", (keys.to_vec(),)).await;
    drop(guest);
    assert_eq!(shared.get("b/1").await.unwrap().as_deref(), Some(&b"theirs"[..]));
    let keys = shared.list(&ListOptions::default()).await.unwrap().keys;
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["a/../b/1", "a//b/1", "a/b/1", "b/1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_is_ended_within_a_commit_leaves_all_of_it_or_nothing() {
    let host = Host::new().await;
    let data = host.namespace("attacker").await;
    for millis in 0..20 {
        let mut guest = Guest::new(&host.attacker).await;
        let timeout = Duration::from_millis(5 + millis * 3);
        let ended = guest.try_call::<_, (String,)>("commit-for-long", (u32::MAX,), timeout).await;
        assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
        drop(guest);
        let page = data.list(&ListOptions::default()).await.unwrap();
        let versions = page.keys.iter().map(|key| key.head.version);
        assert!(page.keys.is_empty() || page.keys.len() == 1000);
        assert!(versions.clone().all(|version| Some(version) == versions.clone().next()));
    }
    assert_eq!(data.info().await.unwrap().keys, 1000, "some were long enough");
    host.expect_sound().await;
}

/// A clock that the store's writer waits at while it is shut.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn set_shut(&self, shut: bool) {
        *self.0.0.lock().unwrap() = shut;
        self.0.1.notify_all();
    }
}

impl Clock for Gate {
    fn now_ms(&self) -> u64 {
        if std::thread::current().name() == Some("larder-writer") {
            let shut = self.0.0.lock().unwrap();
            drop(self.0.1.wait_while(shut, |shut| *shut).unwrap());
        }
        1_750_000_000_000
    }
}

type Put = JoinHandle<Result<(), String>>;

fn put(grants: &KvGrants, key: usize, bytes: u32) -> Put {
    let grants = grants.clone();
    tokio::spawn(async move {
        Guest::new(&grants).await.call("put", (key.to_string().as_str(), bytes)).await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_all_instances_under_way_are_bounded_and_those_of_others_are_not() {
    let gate = Gate::default();
    let limits = KvLimits { writes: 5, ..KvLimits::default() };
    let host = Host::with(Options::new().clock(gate.clone()), limits).await;
    gate.set_shut(true);
    let puts: Vec<Put> = (0..8).map(|key| put(&host.attacker, key, 1)).collect();
    let others: Vec<Put> = (0..8).map(|key| put(&host.victim, key, 1)).collect();
    let refused = async {
        while puts.iter().filter(|put| put.is_finished()).count() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // That there were three is seen below.
    _ = tokio::time::timeout(Duration::from_secs(10), refused).await;
    gate.set_shut(false);
    let mut refused = 0;
    for put in puts {
        match put.await.unwrap() {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, "Error::TooManyRequests(10)");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 3);
    for put in others {
        assert_eq!(put.await.unwrap(), Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_beyond_their_bytes_wait_in_the_guest_and_are_all_done() {
    let gate = Gate::default();
    let limits = KvLimits { write_bytes: 1 << 20, ..KvLimits::default() };
    let host = Host::with(Options::new().clock(gate.clone()), limits).await;
    gate.set_shut(true);
    // The largest takes all there is, and waits until it is alone.
    let puts: Vec<Put> = (0..8).map(|key| put(&host.attacker, key, 1 << (key + 16))).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!puts.iter().any(|put| put.is_finished()), "they wait");
    gate.set_shut(false);
    for put in puts {
        assert_eq!(put.await.unwrap(), Ok(()));
    }
    assert_eq!(host.namespace("attacker").await.info().await.unwrap().keys, 8);
}
