//! The crate `larder-guest` off Wasm as a subject of the conformance cases.

use crate::convert;
use crate::host::Host;
use bytes::Bytes;
use larder_conformance::{
    Counter, Entry, KeyInfo, MAIN, Page, PieceReader, PieceWriter, Result, Subject,
};
use larder_guest::{Namespace, Reader, Writer};
use larder_store::{
    Check, CommitOutcome, DeleteOutcome, Expiration, ListOptions, ManualClock, Operation,
    PutOptions, Version, WriteOutcome,
};
use std::io::Write;

/// A namespace as a guest's tests see it.
pub struct NativeSubject {
    namespace: Namespace,
    host: Host,
}

impl NativeSubject {
    /// On a new store.
    pub fn fresh() -> Self {
        Self::on(Host::fresh(), MAIN, "")
    }

    fn on(host: Host, title: &str, prefix: &str) -> Self {
        let namespace = Namespace::open(&host.bind(title, prefix)).unwrap();
        Self { namespace, host }
    }
}

impl Subject for NativeSubject {
    fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let value = self.namespace.get(key).map_err(convert::error)?;
        Ok(value.map(Bytes::from))
    }

    fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        let entry = self.namespace.get_entry(key).map_err(convert::error)?;
        Ok(entry.map(convert::entry))
    }

    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
        let entries = self.namespace.get_many(keys).map_err(convert::error)?;
        Ok(entries.into_iter().map(|entry| entry.map(convert::entry)).collect())
    }

    fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        let info = self.namespace.head(key).map_err(convert::error)?;
        Ok(info.as_ref().map(convert::info))
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<Version> {
        self.namespace.put(key, value).map(convert::version).map_err(convert::error)
    }

    fn put_with(&self, key: &str, value: &[u8], options: PutOptions) -> Result<WriteOutcome> {
        let outcome = self.namespace.put_with(key, value, convert::put(options));
        outcome.map(convert::written).map_err(convert::error)
    }

    fn delete(&self, key: &str) -> Result<bool> {
        self.namespace.delete(key).map_err(convert::error)
    }

    fn delete_if(&self, key: &str, version: Version) -> Result<DeleteOutcome> {
        let outcome = self.namespace.delete_if(key, convert::sdk_version(version));
        outcome.map(convert::deleted).map_err(convert::error)
    }

    fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<Option<Version>> {
        let version = self.namespace.expire(key, expiration.map(convert::expiration));
        Ok(version.map_err(convert::error)?.map(convert::version))
    }

    fn increment(&self, key: &str, delta: i64, expiration: Option<Expiration>) -> Result<Counter> {
        let expiration = expiration.map(convert::expiration);
        let counter = self.namespace.increment(key, delta, expiration);
        counter.map(convert::counter).map_err(convert::error)
    }

    fn list(&self, options: &ListOptions) -> Result<Page> {
        let page = self.namespace.list(&convert::list(options.clone()));
        page.map(convert::page).map_err(convert::error)
    }

    fn commit(&self, checks: Vec<Check>, operations: Vec<Operation>) -> Result<CommitOutcome> {
        let outcome = self.namespace.commit(&convert::commit(checks, operations));
        outcome.map(convert::committed).map_err(convert::error)
    }

    fn open_reader(&self, key: &str) -> Result<Option<Box<dyn PieceReader + '_>>> {
        let reader = self.namespace.open_reader(key).map_err(convert::error)?;
        Ok(reader.map(|reader| Box::new(Read(reader)) as _))
    }

    fn open_writer(&self, key: &str, options: PutOptions) -> Result<Box<dyn PieceWriter + '_>> {
        let writer = self.namespace.open_writer(key, convert::put(options));
        Ok(Box::new(Written(writer.map_err(convert::error)?)))
    }

    fn clock(&self) -> &ManualClock {
        self.host.clock()
    }

    fn open(&self, title: &str, prefix: &str) -> Box<dyn Subject> {
        Box::new(Self::on(self.host.clone(), title, prefix))
    }

    fn delete_namespace(&self, title: &str) {
        self.host.larder().blocking().delete_namespace(title).unwrap();
    }
}

struct Read(Reader);

impl PieceReader for Read {
    fn info(&self) -> KeyInfo {
        convert::info(self.0.info())
    }

    fn read(&self, offset: u64, max: u32) -> Result<Bytes> {
        self.0.read_at(offset, max).map(Bytes::from).map_err(convert::error)
    }
}

struct Written(Writer);

impl PieceWriter for Written {
    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        match self.0.write(chunk) {
            Ok(length) => assert_eq!(length, chunk.len()),
            Err(error) => return Err(convert::error(error.downcast().unwrap())),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<WriteOutcome> {
        self.0.finish().map(convert::written).map_err(convert::error)
    }
}
