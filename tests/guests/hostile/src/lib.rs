//! A guest that tries to hurt its host; `wit/hostile.wit` says how.

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "larder:hostile/hostile", generate_all });

use larder::kv::store::{
    Check, Condition, Error, Expiration, ListOptions, Namespace, Operation, PutOperation,
    PutOptions,
};
use std::hint::black_box;
use std::mem::forget;

struct Hostile;

export!(Hostile);

const NO_OPTIONS: PutOptions = PutOptions { expiration: None, metadata: None, condition: None };
const NO_BOUNDS: ListOptions =
    ListOptions { prefix: None, start: None, end: None, reverse: false, limit: None, cursor: None };
const VALUE_BYTES_MAX: usize = 26_214_400;
const PIECE_BYTES: usize = 520_000;

impl Guest for Hostile {
    fn get(key: String) -> Result<Option<u32>, String> {
        Ok(data().get(&key).map_err(text)?.map(|value| value.len() as u32))
    }

    fn put(key: String, bytes: u32) -> Result<(), String> {
        data().put(&key, &vec![1; bytes as usize]).map(drop).map_err(text)
    }

    fn up_to_every_limit() -> Vec<String> {
        with_each_limit(0)
    }

    fn above_every_limit() -> Vec<String> {
        with_each_limit(1)
    }

    fn long_text(bytes: u32) -> String {
        said(data().get(&"x".repeat(bytes as usize)))
    }

    fn many_keys(count: u32) -> String {
        said(data().get_many(&vec![String::new(); count as usize]))
    }

    fn read_many(keys: u32, rounds: u32) -> String {
        let keys: Vec<String> = (0..keys).map(|key| key.to_string()).collect();
        let data = data();
        for_long(rounds, |_| data.get_many(&keys))
    }

    fn list_pages(rounds: u32) -> String {
        let data = data();
        for_long(rounds, |_| data.list(&NO_BOUNDS))
    }

    fn list_from(cursors: Vec<String>) -> Vec<String> {
        let data = data();
        let list = |cursor| match data.list(&ListOptions { cursor: Some(cursor), ..NO_BOUNDS }) {
            Ok(page) => page.keys.into_iter().map(|key| key.name).collect::<Vec<_>>().join(","),
            Err(error) => text(error),
        };
        cursors.into_iter().map(list).collect()
    }

    fn put_for_long(rounds: u32, keys: u32, bytes: u32) -> String {
        let (data, value) = (data(), vec![1; bytes as usize]);
        for_long(rounds, |round| data.put(&(round % keys).to_string(), &value))
    }

    fn commit_for_long(rounds: u32) -> String {
        let data = data();
        let operations: Vec<Operation> =
            (0..1000).map(|key| put_of(key.to_string(), 100)).collect();
        for_long(rounds, |_| data.commit(&[], &operations))
    }

    fn hoard_namespaces(count: u32) -> u32 {
        hoard(count, || Namespace::open("DATA").ok())
    }

    fn hoard_readers(count: u32) -> u32 {
        let data = data();
        hoard(count, || data.open_reader("0").ok().flatten())
    }

    fn hoard_writers(count: u32) -> u32 {
        let (data, value) = (data(), vec![1; PIECE_BYTES + 1]);
        hoard(count, || {
            let writer = data.open_writer("unfinished", &NO_OPTIONS).ok()?;
            writer.write(&value).is_ok().then_some(writer)
        })
    }

    fn hoard_replaced(count: u32, bytes: u32) -> u32 {
        let (data, value) = (data(), vec![1; bytes as usize]);
        hoard(count, || {
            data.put("0", &value).ok()?;
            data.open_reader("0").ok().flatten()
        })
    }

    fn loop_for_ever() {
        loop {
            black_box(());
        }
    }

    fn recurse(depth: u64) -> u64 {
        match black_box(depth) {
            0 => 0,
            depth => 1 + Self::recurse(depth - 1),
        }
    }

    fn grow() -> u32 {
        let pages_of_a_mebibyte = 16;
        let grows = || core::arch::wasm32::memory_grow::<0>(pages_of_a_mebibyte) != usize::MAX;
        (0..u32::MAX).take_while(|_| grows()).count() as u32
    }

    fn open_all(names: Vec<String>) -> Vec<String> {
        names.iter().map(|name| said(Namespace::open(name))).collect()
    }

    fn write_where_it_must_not(binding: String) -> Vec<String> {
        let namespace = Namespace::open(&binding).unwrap();
        let delete = Operation::Delete("k".to_owned());
        vec![
            said(namespace.put("k", b"v")),
            said(namespace.put_with("k", b"v", &NO_OPTIONS)),
            said(namespace.delete("k")),
            said(namespace.delete_if("k", 1)),
            said(namespace.expire("k", Some(Expiration::TtlMs(1)))),
            said(namespace.increment("k", 1, None)),
            said(namespace.commit(&[], &[delete])),
            said(namespace.open_writer("k", &NO_OPTIONS)),
        ]
    }

    fn put_and_trap(keys: Vec<String>) {
        let data = data();
        for key in keys {
            data.put(&key, b"answered").unwrap();
        }
        std::process::abort()
    }
}

/// What each limit says when it is exceeded by so many.
fn with_each_limit(more: usize) -> Vec<String> {
    let data = data();
    let key = "k".repeat(512 + more);
    let metadata = format!("\"{}\"", "m".repeat(1022 + more));
    let metadata = PutOptions { metadata: Some(metadata), ..NO_OPTIONS };
    let prefix = ListOptions { prefix: Some(key.clone()), ..NO_BOUNDS };
    let page = ListOptions { limit: Some(1000 + more as u32), ..NO_BOUNDS };
    let check = |key: usize| Check { key: key.to_string(), condition: Condition::Absent };
    let checks: Vec<Check> = (0..999 + more).map(check).collect();
    // Keys count as well.
    let large = [put_of("l".to_owned(), VALUE_BYTES_MAX - 2 + more), put_of("m".to_owned(), 0)];
    vec![
        said(data.put("v", &vec![1; VALUE_BYTES_MAX + more])),
        said(data.put(&key, b"")),
        said(data.put_with("m", b"", &metadata)),
        said(data.get_many(&vec!["absent".to_owned(); 100 + more])),
        said(data.list(&prefix)),
        said(data.list(&page)),
        said(data.commit(&checks, &[put_of("c".to_owned(), 0)])),
        said(data.commit(&[], &large)),
    ]
}

fn put_of(key: String, bytes: usize) -> Operation {
    Operation::Put(PutOperation { key, value: vec![1; bytes], expiration: None, metadata: None })
}

fn for_long<T>(rounds: u32, mut work: impl FnMut(u32) -> Result<T, Error>) -> String {
    let failed = (0..rounds).find_map(|round| work(round).err());
    failed.map_or_else(|| "ok".to_owned(), text)
}

fn hoard<T>(count: u32, mut open: impl FnMut() -> Option<T>) -> u32 {
    (0..count).map_while(|_| open().map(forget)).count() as u32
}

fn data() -> Namespace {
    Namespace::open("DATA").unwrap()
}

fn text(error: Error) -> String {
    format!("{error:?}")
}

fn said<T>(result: Result<T, Error>) -> String {
    result.map_or_else(text, |_| "ok".to_owned())
}
