//! The guest of the harness; `wit/bench.wit` says what it does.

wit_bindgen::generate!({
    path: ["../../../../wit", "wit"],
    world: "larder:peers/bench",
    generate_all,
});

use larder::kv::store::{Entry, ListOptions, Namespace};
use larder::peers::floor;
use std::cell::RefCell;
use std::fmt::Write as _;
use wasi::keyvalue::batch;
use wasi::keyvalue::store::{Bucket, open};

struct Bench;

export!(Bench);

/// The handles, opened once, and the keys.
struct State {
    floor: floor::Store,
    kv: Namespace,
    peer: Bucket,
    keys: Keys,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Keys in an order that nobody can foresee.
struct Keys {
    among: u32,
    seed: u64,
    key: String,
}

impl Keys {
    fn next(&mut self, start: &str) -> &str {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let number = ((self.seed >> 32) * u64::from(self.among)) >> 32;
        self.key.clear();
        let _ = write!(self.key, "{start}:{number:08}");
        &self.key
    }

    fn many(&mut self) -> Vec<String> {
        (0..100).map(|_| self.next("key").to_owned()).collect()
    }
}

/// Does it so many times; the sum of what it gave.
fn each(times: u32, mut work: impl FnMut(&mut State) -> u64) -> u64 {
    STATE.with_borrow_mut(|state| {
        let state = state.get_or_insert_with(|| State {
            floor: floor::Store::new(),
            kv: Namespace::open("BENCH").unwrap(),
            peer: open("").unwrap(),
            keys: Keys { among: 1, seed: 0x9e37_79b9_7f4a_7c15, key: String::new() },
        });
        (0..times).map(|_| work(state)).sum()
    })
}

fn size(value: Option<Vec<u8>>) -> u64 {
    value.map_or(0, |value| value.len() as u64)
}

fn sizes(entries: Vec<Option<Entry>>) -> u64 {
    entries.into_iter().map(|entry| size(entry.map(|entry| entry.value))).sum()
}

impl Guest for Bench {
    fn choose(keys: u32, seed: u64) {
        each(1, |state| {
            state.keys.among = keys;
            state.keys.seed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            0
        });
    }

    fn nothing(times: u32) -> u64 {
        each(times, |_| {
            floor::nothing();
            1
        })
    }

    fn floor_get(times: u32) -> u64 {
        each(times, |State { floor, keys, .. }| size(floor.get(keys.next("key")).unwrap()))
    }

    fn get(times: u32) -> u64 {
        each(times, |State { kv, keys, .. }| size(kv.get(keys.next("key")).unwrap()))
    }

    fn get_entry(times: u32) -> u64 {
        each(times, |State { kv, keys, .. }| {
            size(kv.get_entry(keys.next("key")).unwrap().map(|entry| entry.value))
        })
    }

    fn miss(times: u32) -> u64 {
        each(times, |State { kv, keys, .. }| u64::from(kv.get(keys.next("kez")).unwrap().is_none()))
    }

    fn get_many(times: u32) -> u64 {
        each(times, |State { kv, keys, .. }| sizes(kv.get_many(&keys.many()).unwrap()))
    }

    fn gets_of_list(times: u32) -> u64 {
        each(times, |State { kv, keys, .. }| {
            keys.many().iter().map(|key| size(kv.get(key).unwrap())).sum()
        })
    }

    fn put(times: u32, bytes: u32) -> u64 {
        let value = vec![b'v'; bytes as usize];
        each(times, |State { kv, keys, .. }| {
            kv.put(keys.next("key"), &value).unwrap();
            1
        })
    }

    fn increment(times: u32, _: u32) -> u64 {
        each(times, |State { kv, keys, .. }| {
            kv.increment(keys.next("counter"), 1, None).unwrap();
            1
        })
    }

    fn list(times: u32, prefix: String) -> u64 {
        let options = ListOptions {
            prefix: Some(prefix),
            start: None,
            end: None,
            reverse: false,
            limit: Some(1000),
            cursor: None,
        };
        each(times, |State { kv, .. }| kv.list(&options).unwrap().keys.len() as u64)
    }

    fn floor_list(times: u32) -> u64 {
        each(times, |_| floor::list().len() as u64)
    }

    fn peer_get(times: u32) -> u64 {
        each(times, |State { peer, keys, .. }| size(peer.get(keys.next("key")).unwrap()))
    }

    fn peer_miss(times: u32) -> u64 {
        each(times, |State { peer, keys, .. }| {
            u64::from(peer.get(keys.next("kez")).unwrap().is_none())
        })
    }

    fn peer_get_many(times: u32) -> u64 {
        each(times, |State { peer, keys, .. }| {
            let found = batch::get_many(peer, &keys.many()).unwrap();
            found.into_iter().map(|one| size(one.map(|(_, value)| value))).sum()
        })
    }

    fn peer_set(times: u32, bytes: u32) -> u64 {
        let value = vec![b'v'; bytes as usize];
        each(times, |State { peer, keys, .. }| {
            peer.set(keys.next("key"), &value).unwrap();
            1
        })
    }
}
