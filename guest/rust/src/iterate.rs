//! Iterators over the keys and the entries of a listing, which follow its cursors to the end.

use crate::{Entry, Error, KeyInfo, List, ListPage, Namespace, Result, Subject};
use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::vec;

/// Most keys in one bulk get; every store takes as many.
const BATCH_KEYS_MAX: usize = 100;
/// Most bytes of values that one bulk get is asked for, unless a single value is larger: few enough
/// that a component with little memory can hold them, enough that a call costs nothing beside them.
const BATCH_BYTES_MAX: u64 = 4 << 20;

/// The keys of a listing, over all its pages. After an error it ends.
///
/// Made by [`Namespace::keys`].
#[derive(Debug)]
#[must_use = "an iterator reads nothing before it is asked"]
pub struct Keys<'a>(KeysOf<&'a Namespace>);

impl<'a> Keys<'a> {
    pub(crate) fn new(namespace: &'a Namespace, list: List) -> Self {
        Self(KeysOf { pages: Pages::new(namespace, list), page: Vec::new().into_iter() })
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<KeyInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl FusedIterator for Keys<'_> {}

/// The entries of a listing, key and entry, over all its pages. After an error it ends.
///
/// Made by [`Namespace::entries`].
#[derive(Debug)]
#[must_use = "an iterator reads nothing before it is asked"]
pub struct Entries<'a>(EntriesOf<&'a Namespace>);

impl<'a> Entries<'a> {
    pub(crate) fn new(namespace: &'a Namespace, list: List) -> Self {
        Self(EntriesOf {
            pages: Pages::new(namespace, list),
            listed: VecDeque::new(),
            read: Vec::new().into_iter(),
        })
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(String, Entry)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl FusedIterator for Entries<'_> {}

/// Where pages and entries come from.
trait Source {
    fn list(&self, list: &List) -> Result<ListPage>;
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>>;
}

impl Source for &Namespace {
    fn list(&self, list: &List) -> Result<ListPage> {
        Namespace::list(self, list)
    }

    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
        Namespace::get_many(self, keys)
    }
}

/// The pages of a listing, one after the other.
#[derive(Debug)]
struct Pages<S> {
    source: S,
    /// What the next page is asked for by; `None` when there is none.
    list: Option<List>,
}

impl<S: Source> Pages<S> {
    fn new(source: S, list: List) -> Self {
        Self { source, list: Some(list) }
    }

    fn next(&mut self) -> Option<Result<Vec<KeyInfo>>> {
        let list = self.list.take()?;
        let page = self.source.list(&list);
        Some(page.map(|ListPage { keys, cursor }| {
            self.list = cursor.map(|cursor| list.cursor(cursor));
            keys
        }))
    }
}

#[derive(Debug)]
struct KeysOf<S> {
    pages: Pages<S>,
    page: vec::IntoIter<KeyInfo>,
}

impl<S: Source> KeysOf<S> {
    fn next(&mut self) -> Option<Result<KeyInfo>> {
        loop {
            if let Some(key) = self.page.next() {
                return Some(Ok(key));
            }
            match self.pages.next()? {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[derive(Debug)]
struct EntriesOf<S> {
    pages: Pages<S>,
    /// Keys whose entries are to be read.
    listed: VecDeque<KeyInfo>,
    read: vec::IntoIter<(String, Entry)>,
}

impl<S: Source> EntriesOf<S> {
    fn next(&mut self) -> Option<Result<(String, Entry)>> {
        loop {
            if let Some(entry) = self.read.next() {
                return Some(Ok(entry));
            }
            let more = match self.listed.is_empty() {
                true => self.pages.next()?.map(|page| self.listed = page.into()),
                false => self.read_batch().map(|batch| self.read = batch.into_iter()),
            };
            if let Err(error) = more {
                self.pages.list = None;
                self.listed.clear();
                return Some(Err(error));
            }
        }
    }

    /// Reads the entries of the next keys, as many as fit in a bulk get. A key that has gone since
    /// it was listed is left out.
    fn read_batch(&mut self) -> Result<Vec<(String, Entry)>> {
        let mut count = batch_len(self.listed.iter().map(|key| key.size));
        let entries = loop {
            let names: Vec<&str> = self.listed.iter().take(count).map(|key| &*key.name).collect();
            match self.pages.source.get_many(&names) {
                // The values have grown since they were listed, or this store takes fewer.
                Err(Error::TooLarge { subject: Subject::Batch, .. }) if count > 1 => count /= 2,
                entries => break entries?,
            }
        };
        let names = self.listed.drain(..count).map(|key| key.name);
        Ok(names.zip(entries).filter_map(|(name, entry)| Some((name, entry?))).collect())
    }
}

/// How many of the values of these sizes one bulk get is asked for: at least one.
fn batch_len(sizes: impl Iterator<Item = u64>) -> usize {
    let mut bytes = 0u64;
    let fits = |size: &u64| {
        bytes = bytes.saturating_add(*size);
        bytes <= BATCH_BYTES_MAX
    };
    sizes.take(BATCH_KEYS_MAX).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests;
