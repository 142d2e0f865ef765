//! The proxy guest of `tests/guests/wit`, through the crate `larder-guest`.

mod convert;

wit_bindgen::generate!({ path: "../wit", world: "proxy", generate_all });

use crate::exports::larder::test_guests::operations::{
    Check, CommitOutcome, Counter, DeleteOutcome, Entry, Error, Expiration, Guest, KeyInfo,
    ListOptions, ListPage, Operation, PutOptions, Version, WriteOutcome,
};
use larder_guest as sdk;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

struct Proxy;

export!(Proxy);

/// What was opened so far.
#[derive(Default)]
struct Opened {
    namespace: Option<Rc<sdk::Namespace>>,
    readers: HashMap<u32, sdk::Reader>,
    writers: HashMap<u32, sdk::Writer>,
    last_number: u32,
}

impl Opened {
    fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }
}

thread_local! {
    static OPENED: RefCell<Opened> = RefCell::default();
}

fn opened<T>(act: impl FnOnce(&mut Opened) -> T) -> T {
    OPENED.with_borrow_mut(act)
}

fn namespace() -> Rc<sdk::Namespace> {
    opened(|opened| opened.namespace.clone()).expect("a namespace is opened first")
}

impl Guest for Proxy {
    fn bindings() -> Vec<String> {
        sdk::bindings()
    }

    fn open(binding: String) -> Result<(), Error> {
        let namespace = sdk::Namespace::open(&binding)?;
        opened(|opened| opened.namespace = Some(namespace.into()));
        Ok(())
    }

    fn get(key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(namespace().get(&key)?)
    }

    fn get_repeatedly(key: String, times: u32) -> Result<(), Error> {
        for _ in 0..times {
            let _ = namespace().get(&key)?;
        }
        Ok(())
    }

    fn get_entry(key: String) -> Result<Option<Entry>, Error> {
        Ok(namespace().get_entry(&key)?.map(Entry::from))
    }

    fn get_many(keys: Vec<String>) -> Result<Vec<Option<Entry>>, Error> {
        let entries = namespace().get_many(&keys)?;
        Ok(entries.into_iter().map(|entry| entry.map(Entry::from)).collect())
    }

    fn head(key: String) -> Result<Option<KeyInfo>, Error> {
        Ok(namespace().head(&key)?.map(|info| KeyInfo::from(&info)))
    }

    fn put(key: String, value: Vec<u8>) -> Result<Version, Error> {
        Ok(namespace().put(&key, value)?.as_u64())
    }

    fn put_with(key: String, value: Vec<u8>, options: PutOptions) -> Result<WriteOutcome, Error> {
        Ok(namespace().put_with(&key, value, options.into())?.into())
    }

    fn delete(key: String) -> Result<bool, Error> {
        Ok(namespace().delete(&key)?)
    }

    fn delete_if(key: String, version: Version) -> Result<DeleteOutcome, Error> {
        Ok(namespace().delete_if(&key, sdk::Version::from_u64(version))?.into())
    }

    fn expire(key: String, expiration: Option<Expiration>) -> Result<Option<Version>, Error> {
        let version = namespace().expire(&key, expiration.map(sdk::Expiration::from))?;
        Ok(version.map(sdk::Version::as_u64))
    }

    fn increment(
        key: String,
        delta: i64,
        expiration: Option<Expiration>,
    ) -> Result<Counter, Error> {
        Ok(namespace().increment(&key, delta, expiration.map(sdk::Expiration::from))?.into())
    }

    fn list(options: ListOptions) -> Result<ListPage, Error> {
        Ok(namespace().list(&options.into())?.into())
    }

    fn commit(checks: Vec<Check>, operations: Vec<Operation>) -> Result<CommitOutcome, Error> {
        Ok(namespace().commit(&convert::commit(checks, operations))?.into())
    }

    fn open_reader(key: String) -> Result<Option<u32>, Error> {
        let Some(reader) = namespace().open_reader(&key)? else { return Ok(None) };
        Ok(Some(opened(|opened| {
            let number = opened.next_number();
            opened.readers.insert(number, reader);
            number
        })))
    }

    fn info(reader: u32) -> KeyInfo {
        opened(|opened| opened.readers[&reader].info().into())
    }

    fn read(reader: u32, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        Ok(opened(|opened| opened.readers[&reader].read_at(offset, max))?)
    }

    fn drop_reader(reader: u32) {
        opened(|opened| opened.readers.remove(&reader));
    }

    fn open_writer(key: String, options: PutOptions) -> Result<u32, Error> {
        let writer = namespace().open_writer(&key, options.into())?;
        Ok(opened(|opened| {
            let number = opened.next_number();
            opened.writers.insert(number, writer);
            number
        }))
    }

    fn write(writer: u32, chunk: Vec<u8>) -> Result<(), Error> {
        let written = opened(|opened| opened.writers.get_mut(&writer).unwrap().write(&chunk));
        let whole = written.map_err(|error| error.downcast::<sdk::Error>().unwrap())?;
        assert_eq!(whole, chunk.len());
        Ok(())
    }

    fn finish(writer: u32) -> Result<WriteOutcome, Error> {
        let writer = opened(|opened| opened.writers.remove(&writer)).unwrap();
        Ok(writer.finish()?.into())
    }

    fn drop_writer(writer: u32) {
        opened(|opened| opened.writers.remove(&writer));
    }
}
