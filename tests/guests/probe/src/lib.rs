//! The guest of larder-wasmtime's own tests; `wit/probe.wit` says what it does.

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "larder:probe/probe", generate_all });

use larder::kv::store::{
    Check, Condition, Error, Expiration, IncrementOperation, ListOptions, Namespace, Operation,
    PutOperation, PutOptions, Writer, bindings,
};
use std::time::SystemTime;

struct Probe;

export!(Probe);

const NO_OPTIONS: PutOptions = PutOptions { expiration: None, metadata: None, condition: None };
const NO_BOUNDS: ListOptions =
    ListOptions { prefix: None, start: None, end: None, reverse: false, limit: None, cursor: None };

impl Guest for Probe {
    fn bindings() -> Vec<String> {
        bindings()
    }

    fn get(binding: String, key: String) -> Result<Option<String>, String> {
        let value = open(&binding)?.get(&key).map_err(text)?;
        Ok(value.map(|value| String::from_utf8(value).unwrap()))
    }

    fn put(binding: String, key: String, value: String) -> Result<(), String> {
        open(&binding)?.put(&key, value.as_bytes()).map(drop).map_err(text)
    }

    fn keys(binding: String, prefix: String) -> Result<Vec<String>, String> {
        let options = ListOptions { prefix: Some(prefix), ..NO_BOUNDS };
        let page = open(&binding)?.list(&options).map_err(text)?;
        Ok(page.keys.into_iter().map(|key| key.name).collect())
    }

    fn put_zeros(binding: String, key: String, bytes: u32) -> Result<(), String> {
        open(&binding)?.put(&key, &vec![0; bytes as usize]).map(drop).map_err(text)
    }

    fn write_zeros(binding: String, key: String, bytes: u32, pieces: u32) -> Result<(), String> {
        let writer = open(&binding)?.open_writer(&key, &NO_OPTIONS).map_err(text)?;
        let piece = vec![0; (bytes / pieces) as usize];
        for _ in 0..pieces {
            writer.write(&piece).map_err(text)?;
        }
        Writer::finish(writer).map(drop).map_err(text)
    }

    fn commit_zeros(binding: String, bytes: u32, keys: u32) -> Result<(), String> {
        let put = |key: u32| PutOperation {
            key: key.to_string(),
            value: vec![0; (bytes / keys) as usize],
            expiration: None,
            metadata: None,
        };
        let operations: Vec<Operation> = (0..keys).map(|key| Operation::Put(put(key))).collect();
        open(&binding)?.commit(&[], &operations).map(drop).map_err(text)
    }

    fn text_everywhere(binding: String, bytes: u32) -> Vec<String> {
        let long = "x".repeat(bytes as usize);
        let namespace = open(&binding).unwrap();
        let metadata = PutOptions { metadata: Some(long.clone()), ..NO_OPTIONS };
        let prefix = ListOptions { prefix: Some(long.clone()), ..NO_BOUNDS };
        let cursor = ListOptions { cursor: Some(long.clone()), ..NO_BOUNDS };
        let check = Check { key: long.clone(), condition: Condition::Absent };
        vec![
            said(Namespace::open(&long)),
            said(namespace.get(&long)),
            said(namespace.get_many(&["a".to_owned(), long.clone()])),
            said(namespace.get_many(&vec!["a".to_owned(); bytes as usize / 100])),
            said(namespace.put(&long, b"")),
            said(namespace.put_with("a", b"", &metadata)),
            said(namespace.list(&prefix)),
            said(namespace.list(&cursor)),
            said(namespace.commit(&[check], &[Operation::Delete("a".to_owned())])),
            said(namespace.commit(&[], &[Operation::Delete(long.clone())])),
            said(namespace.open_reader(&long)),
            said(namespace.open_writer(&long, &NO_OPTIONS)),
        ]
    }

    fn write_in_every_way(binding: String) -> Vec<String> {
        let namespace = open(&binding).unwrap();
        let key = "x".repeat(513);
        let value = vec![0; 26_214_401];
        let never = Some(Expiration::Ttl(0));
        let increment = IncrementOperation { key: key.clone(), delta: 1, expiration: never };
        vec![
            said(namespace.put(&key, &value)),
            said(namespace.put_with(&key, &value, &NO_OPTIONS)),
            said(namespace.delete(&key)),
            said(namespace.delete_if(&key, 1)),
            said(namespace.expire(&key, never)),
            said(namespace.increment(&key, 1, never)),
            said(namespace.commit(&[], &[Operation::Increment(increment)])),
            said(namespace.open_writer(&key, &NO_OPTIONS)),
        ]
    }

    fn read_while_replaced(binding: String, key: String, bytes_max: u32) -> Result<String, String> {
        let namespace = open(&binding)?;
        let reader = namespace.open_reader(&key).map_err(text)?.ok_or("no such key")?;
        namespace.put(&key, b"replaced").map_err(text)?;
        let mut value = Vec::new();
        loop {
            let piece = reader.read(value.len() as u64, bytes_max).map_err(text)?;
            if piece.is_empty() {
                break;
            }
            value.extend(piece);
        }
        assert_eq!(reader.info().size, value.len() as u64);
        Ok(String::from_utf8(value).unwrap())
    }

    fn write_on_after_an_error(binding: String, key: String) -> (String, String) {
        let writer = open(&binding).unwrap().open_writer(&key, &NO_OPTIONS).unwrap();
        let first = said(writer.write(b"first"));
        _ = writer.write(b"");
        (first, said(Writer::finish(writer)))
    }

    fn open_writers(binding: String, count: u32) -> u32 {
        let namespace = open(&binding).unwrap();
        let writers = (0..count).map_while(|_| namespace.open_writer("key", &NO_OPTIONS).ok());
        writers.collect::<Vec<_>>().len() as u32
    }

    fn trap_while_writing(binding: String) {
        let namespace = open(&binding).unwrap();
        namespace.put("before", b"kept").unwrap();
        let writer = namespace.open_writer("pieces", &NO_OPTIONS).unwrap();
        writer.write(b"half of it").unwrap();
        std::process::abort()
    }

    fn leak_namespaces(binding: String, count: u32) {
        (0..count).for_each(|_| std::mem::forget(open(&binding)));
    }

    fn now_ms() -> u64 {
        SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
    }
}

fn open(binding: &str) -> Result<Namespace, String> {
    Namespace::open(binding).map_err(text)
}

fn text(error: Error) -> String {
    format!("{error:?}")
}

fn said<T>(result: Result<T, Error>) -> String {
    result.map_or_else(text, |_| "ok".to_owned())
}
