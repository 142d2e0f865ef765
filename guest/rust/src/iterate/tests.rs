use super::*;
use crate::Version;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// A host that holds values of these sizes and answers pages of two keys.
#[derive(Default)]
struct Host {
    sizes: RefCell<BTreeMap<String, u64>>,
    /// Sizes that the values have by the time they are read; 0 is gone.
    sizes_read: BTreeMap<String, u64>,
    batches: RefCell<Vec<usize>>,
    lists: Cell<u32>,
    fails_at_list: Option<u32>,
}

const MIB: u64 = 1 << 20;

impl Host {
    fn holding<const N: usize>(sizes: [(&str, u64); N]) -> Self {
        let sizes = sizes.map(|(name, size)| (name.to_owned(), size)).into();
        Self { sizes: RefCell::new(sizes), ..Self::default() }
    }

    fn keys(&self) -> impl Iterator<Item = Result<String>> {
        let mut keys =
            KeysOf { pages: Pages::new(self, List::new()), page: Vec::new().into_iter() };
        std::iter::from_fn(move || keys.next()).map(|key| key.map(|key| key.name))
    }

    fn entries(&self) -> impl Iterator<Item = Result<String>> {
        let pages = Pages::new(self, List::new());
        let mut entries =
            EntriesOf { pages, listed: VecDeque::new(), read: Vec::new().into_iter() };
        std::iter::from_fn(move || entries.next()).map(|entry| {
            entry.map(|(name, entry)| format!("{name}={}", String::from_utf8_lossy(&entry.value)))
        })
    }
}

impl Source for &Host {
    fn list(&self, list: &List) -> Result<ListPage> {
        self.lists.set(self.lists.get() + 1);
        if self.fails_at_list == Some(self.lists.get()) {
            return Err(Error::Unavailable);
        }
        let after = list.to_wit().cursor.unwrap_or_default().to_owned();
        let sizes = self.sizes.borrow();
        let rest: Vec<_> = sizes.iter().filter(|(name, _)| **name > after).collect();
        let page = &rest[..rest.len().min(2)];
        let keys = page.iter().map(|(name, size)| KeyInfo {
            name: (*name).clone(),
            expiration: None,
            metadata_json: None,
            version: Version::from_u64(1),
            size: **size,
        });
        // As a host may: a page without keys which is not the last one.
        if after.is_empty() {
            return Ok(ListPage { keys: Vec::new(), cursor: Some("\u{1}".to_owned()) });
        }
        let more = rest.len() > page.len();
        let cursor = page.last().filter(|_| more).map(|(name, _)| (*name).clone());
        Ok(ListPage { keys: keys.collect(), cursor })
    }

    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
        self.batches.borrow_mut().push(keys.len());
        let sizes = self.sizes.borrow();
        let size = |key: &str| *self.sizes_read.get(key).unwrap_or(&sizes[key]);
        let bytes = keys.iter().map(|key| size(key)).sum();
        if bytes > 25 * MIB {
            return Err(Error::TooLarge { subject: Subject::Batch, bytes, bytes_max: 25 * MIB });
        }
        let entry = |key: &&str| Entry {
            value: key.to_uppercase().into_bytes(),
            expiration: None,
            metadata_json: None,
            version: Version::from_u64(1),
        };
        Ok(keys.iter().map(|key| (size(key) > 0).then(|| entry(key))).collect())
    }
}

fn all(items: impl Iterator<Item = Result<String>>) -> Vec<String> {
    items.collect::<Result<_>>().unwrap()
}

#[test]
fn keys_follow_cursors_over_an_empty_page_to_the_end() {
    let host = Host::holding([("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]);
    assert_eq!(all(host.keys()), ["a", "b", "c", "d", "e"]);
    assert_eq!(host.lists.get(), 4);
    assert_eq!(all(Host::default().keys()), [""; 0]);
}

#[test]
fn entries_are_paired_with_their_keys() {
    let host = Host::holding([("a", 1), ("b", 1), ("c", 1)]);
    assert_eq!(all(host.entries()), ["a=A", "b=B", "c=C"]);
}

#[test]
fn entries_leave_out_a_key_that_has_gone_since_it_was_listed() {
    let mut host = Host::holding([("a", 1), ("b", 1), ("c", 1)]);
    host.sizes_read.insert("a".to_owned(), 0);
    host.sizes_read.insert("c".to_owned(), 0);
    assert_eq!(all(host.entries()), ["b=B"]);
}

#[test]
fn entries_ask_for_no_more_than_fits() {
    let host = Host::holding([("a", 3 * MIB), ("b", 3 * MIB), ("c", 25 * MIB)]);
    assert_eq!(all(host.entries()), ["a=A", "b=B", "c=C"]);
    assert_eq!(*host.batches.borrow(), [1, 1, 1]);
}

#[test]
fn entries_ask_for_fewer_when_the_values_have_grown() {
    let mut host = Host::holding([("a", 1), ("b", 1)]);
    host.sizes_read = host.sizes.borrow().keys().map(|name| (name.clone(), 20 * MIB)).collect();
    assert_eq!(all(host.entries()), ["a=A", "b=B"]);
    assert_eq!(*host.batches.borrow(), [2, 1, 1]);
}

#[test]
fn a_single_value_above_the_limit_is_an_error_and_not_an_endless_loop() {
    let mut host = Host::holding([("a", 1)]);
    host.sizes_read.insert("a".to_owned(), 26 * MIB);
    let mut entries = host.entries();
    assert!(matches!(entries.next(), Some(Err(Error::TooLarge { .. }))));
    assert!(entries.next().is_none());
}

#[test]
fn iterators_end_after_an_error() {
    let mut host = Host::holding([("a", 1), ("b", 1), ("c", 1)]);
    host.fails_at_list = Some(3);
    let mut keys = host.keys().skip(2);
    assert!(matches!(keys.next(), Some(Err(Error::Unavailable))));
    assert!(keys.next().is_none());

    host.lists.set(0);
    let mut entries = host.entries().skip(2);
    assert!(matches!(entries.next(), Some(Err(Error::Unavailable))));
    assert!(entries.next().is_none());
}

#[test]
fn a_batch_has_at_most_a_hundred_keys_and_at_least_one() {
    assert_eq!(batch_len([0; 250].into_iter()), 100);
    assert_eq!(batch_len([MIB; 9].into_iter()), 4);
    assert_eq!(batch_len([25 * MIB, 1].into_iter()), 1);
    assert_eq!(batch_len([MIB, u64::MAX].into_iter()), 1);
}
