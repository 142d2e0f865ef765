//! Namespaces as such, and what is done to a store as a whole.

use super::{Agreed, Disagreement, Handle, Run, agree, expect, place};
use crate::model::{After, Counts, Listed, Place};
use crate::operation::{ByteCount, Limit, Prefix, Slot};
use larder_store::engine::Swept;
use larder_store::{ErrorKind, ListOptions, Namespace, NamespaceInfo, Quota, Result};
use std::ops::RangeInclusive;

impl Run {
    pub(super) fn create(&mut self, at: usize, title: &str, id: Option<String>) -> Agreed {
        let larder = self.store.larder();
        let created = match &id {
            Some(id) => larder.create_namespace_with_id(title, id),
            None => larder.create_namespace(title),
        };
        let id = id.or(created.as_ref().ok().map(|namespace| namespace.id().to_owned()));
        let space = self.model.create(title, id.as_deref().unwrap_or("any"));
        self.opened(at, space, created)
    }

    pub(super) fn open_or_create(&mut self, at: usize, title: &str) -> Agreed {
        let opened = self.store.larder().open_or_create(title);
        let id = opened.as_ref().map_or("any", |namespace| namespace.id());
        let space = match self.model.by_title(title) {
            Some(space) => Ok(space),
            None => self.model.create(title, id),
        };
        self.opened(at, space, opened)
    }

    /// Keeps a handle on a namespace, when it is the right one.
    fn opened(
        &mut self,
        at: usize,
        space: crate::model::Verdict<usize>,
        opened: Result<Namespace>,
    ) -> Agreed {
        let ids = space.clone().map(|space| self.model.names(space).1.to_owned());
        agree(ids, opened.as_ref().map(|found| found.id().to_owned()).map_err(Clone::clone))?;
        if let (Ok(space), Ok(namespace)) = (space, opened) {
            let handle = Handle { namespace, place: Place { space, scope: String::new() } };
            place(&mut self.handles, at, handle);
        }
        Ok(())
    }

    pub(super) fn find(&mut self, at: Slot, title: &str) -> Agreed {
        let larder = self.store.larder();
        let id = |found: Option<Namespace>| found.map(|namespace| namespace.id().to_owned());
        let expected = self.model.by_title(title).map(|space| self.model.names(space).1.to_owned());
        agree(Ok(expected), larder.namespace(title).map(id))?;
        let Some(handle) = self.handle(at) else { return Ok(()) };
        let sought = self.model.names(handle.place.space).1;
        let expected = self.model.by_id(sought).map(|_| sought.to_owned());
        agree(Ok(expected), larder.namespace_by_id(sought).map(id)).map(drop)
    }

    pub(super) fn scope(&mut self, at: usize, from: Slot, prefix: Prefix) -> Agreed {
        let Some(handle) = self.handle(from) else { return Ok(()) };
        let prefix = prefix.text();
        let mut scoped = None;
        let found = handle.namespace.scoped(&prefix).map(|namespace| scoped = Some(namespace));
        let on = self.model.scoped(&handle.place, &prefix);
        agree(on.clone().map(drop), found)?;
        if let (Some(namespace), Ok(on)) = (scoped, on) {
            place(&mut self.handles, at, Handle { namespace, place: on });
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Agreed {
        let found = self.store.larder().rename_namespace(from, to);
        agree(self.model.rename(from, to), found).map(drop)
    }

    pub(super) fn set_quota(
        &mut self,
        title: &str,
        keys: Option<Limit>,
        bytes: Option<ByteCount>,
    ) -> Agreed {
        let bytes = bytes.map(|bytes| bytes.number() as u64);
        let quota = Quota { keys: keys.map(|keys| keys.number().into()), bytes };
        let found = self.store.larder().set_quota(title, quota);
        agree(self.model.set_quota(title, quota), found).map(drop)
    }

    pub(super) fn delete_namespace(&mut self, title: &str) -> Agreed {
        let found = self.store.larder().delete_namespace(title);
        agree(self.model.delete_namespace(title), found).map(drop)
    }

    pub(super) fn info(&mut self, at: Slot) -> Agreed {
        let listed = self.store.larder().namespaces().map_err(failed)?;
        let spaces = self.model.namespaces();
        expect(spaces.len(), listed.len())?;
        for (space, info) in spaces.into_iter().zip(&listed) {
            self.counts(space, info)?;
        }
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        expect(self.model.is_deleted(place.space), namespace.is_deleted())?;
        match namespace.blocking().info() {
            Ok(info) if !namespace.is_deleted() => self.counts(place.space, &info),
            found => agree(Err(vec![ErrorKind::NamespaceDeleted]), found).map(drop),
        }
    }

    fn counts(&self, space: usize, info: &NamespaceInfo) -> Agreed {
        expect(self.model.names(space), (&*info.title, &*info.id))?;
        expect(self.model.quota(space), info.quota)?;
        let Counts { keys, bytes, .. } = self.model.counts(space);
        within(keys, info.keys)?;
        within(bytes, info.bytes)
    }

    /// Sets the clock; keys that it brings back are there or not, and stay so.
    pub(super) fn set_clock(&mut self, now_ms: u64) -> Agreed {
        self.store.clock().set_ms(now_ms);
        self.model.set_clock(now_ms);
        for space in self.model.spaces() {
            if self.model.has_doubts(space) {
                // What is swept by the time of before is swept when this is answered.
                self.store.larder().flush().map_err(failed)?;
                let found = self.listed(space)?.keys.into_iter().map(|key| key.name).collect();
                self.model.settle(space, &found);
            }
        }
        Ok(())
    }

    /// A new handle on a whole namespace.
    pub(super) fn root(&self, space: usize) -> Agreed<Handle> {
        let id = self.model.names(space).1;
        let found = self.store.larder().namespace_by_id(id).map_err(failed)?;
        let namespace = found.ok_or_else(|| Disagreement::new(id, "no such namespace"))?;
        Ok(Handle { namespace, place: Place { space, scope: String::new() } })
    }

    /// Everything in a namespace, page by page.
    fn listed(&self, space: usize) -> Agreed<Listed> {
        let Handle { namespace, .. } = self.root(space)?;
        let mut listed = Listed::default();
        let mut options = ListOptions { limit: Some(1), ..ListOptions::default() };
        loop {
            let page = namespace.blocking().list(&options).map_err(failed)?;
            listed.keys.extend(page.keys);
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                return Ok(listed);
            }
            // A page for each key at first, so that there is a cursor at most of them.
            options.limit = Some(if listed.keys.len() < 8 { 1 } else { 1000 });
        }
    }

    pub(super) fn reopen(&mut self, handles_first: bool) -> Agreed {
        if !self.store.persists() {
            return Ok(());
        }
        let places: Vec<Place> = self.handles.iter().map(|handle| handle.place.clone()).collect();
        let mut handles = std::mem::take(&mut self.handles);
        let mut writers = std::mem::take(&mut self.writers);
        if handles_first {
            handles.clear();
            writers.clear();
        }
        self.readers.clear();
        self.store.larder().close().map_err(failed)?;
        for handle in handles {
            let (is_deleted, found) =
                (handle.namespace.is_deleted(), handle.namespace.blocking().get("a"));
            let kind =
                if is_deleted { ErrorKind::NamespaceDeleted } else { ErrorKind::Unavailable };
            agree(Err(vec![kind]), found)?;
        }
        drop(writers);
        self.store.open_again().map_err(failed)?;
        let places = places.into_iter().filter(|place| !self.model.is_deleted(place.space));
        for place in places.collect::<Vec<_>>() {
            let Handle { namespace, .. } = self.root(place.space)?;
            let namespace = namespace.scoped(&place.scope).map_err(failed)?;
            self.handles.push(Handle { namespace, place });
        }
        Ok(())
    }

    /// Frees everything; then no more than what is there is counted.
    pub(super) fn sweep(&mut self) -> Agreed {
        let swept = self.store.larder().sweep().map_err(failed)?;
        let garbage = self.model.sweep();
        within(0..=garbage.expired, swept.expired)?;
        within(0..=garbage.deleted, swept.deleted)?;
        within(0..=garbage.all, swept.expired + swept.deleted)?;
        let again = self.store.larder().sweep().map_err(failed)?;
        expect(Swept::default(), again)?;
        self.check()
    }

    pub(super) fn check(&mut self) -> Agreed {
        let report = self.store.larder().check().map_err(failed)?;
        expect(Vec::<String>::new(), report.damage)?;
        let Counts { keys, value_bytes, .. } = self.model.all_counts();
        within(keys, report.keys)?;
        within(value_bytes, report.bytes)
    }

    pub(super) fn compact(&mut self) -> Agreed {
        let compacted = self.store.larder().compact().map_err(failed)?;
        within(0..=compacted.bytes_before, compacted.bytes_after)
    }

    /// Reads everything that there is, in every namespace.
    pub(super) fn verify(&mut self) -> Agreed {
        for space in self.model.namespaces() {
            let Handle { namespace, place } = self.root(space)?;
            let found = self.listed(space)?;
            let mut expected = Listed::default();
            let mut after = After::Nothing;
            loop {
                let page = self.model.list(&place, &ListOptions::default(), &after);
                let page = page.map_err(|kinds| Disagreement::new("a page", kinds))?;
                expected.keys.extend(page.keys);
                let Some(last) = expected.keys.last().filter(|_| page.more) else { break };
                after = After::Key { key: last.name.clone(), reverse: false };
            }
            expect(&expected, &found)?;
            for key in &expected.keys {
                let entry = namespace.blocking().get_entry(&key.name);
                agree(self.model.get(&place, &key.name), entry)?;
            }
        }
        self.check()?;
        self.info(Slot::default())
    }
}

pub(super) fn failed(error: larder_store::Error) -> Disagreement {
    Disagreement::new("no error", error)
}

fn within(range: RangeInclusive<u64>, found: u64) -> Agreed {
    match range.contains(&found) {
        true => Ok(()),
        false => Err(Disagreement::new(range, found)),
    }
}
