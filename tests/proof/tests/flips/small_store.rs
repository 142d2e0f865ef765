//! The store that is damaged: as small as can be, with something in every table.

use crate::examine::examine;
use larder_proof::Image;
use larder_store::limits::PIECE_BYTES;
use larder_store::{Entry, Error, Larder, ListOptions, ManualClock, Options, PutOptions};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// When the store is filled; a second later it is read.
const FILLED_MS: u64 = 1_750_000_000_000;
const READ_MS: u64 = FILLED_MS + 1000;

/// What the last commit put.
pub const LAST: &str = "last";

/// How the store came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was closed in order.
    Closed,
    /// Its process was killed.
    Killed,
}

/// Every key of the live namespaces, with what it holds.
pub type Contents = BTreeMap<&'static str, BTreeMap<String, Entry>>;

/// A store's file, and what is to be found in it.
pub struct Small {
    pub file: Vec<u8>,
    pub contents: Contents,
    pub end: End,
    /// Which bytes the examination of the sound store reads: a change of another changes nothing.
    read: Vec<bool>,
}

impl Small {
    /// With a value in pieces and one that is to be freed, or with neither.
    pub fn new(end: End, pieces: bool) -> Self {
        let image = Image::default();
        let larder = open_at(&image, FILLED_MS).unwrap();
        fill(&larder, pieces);
        if end == End::Closed {
            larder.blocking().close().unwrap();
        }
        let file = image.bytes();
        let contents = contents(&open(&Image::new(&file)).unwrap());
        let mut small = Self { file, contents, end, read: Vec::new() };
        let image = Image::new(&small.file);
        image.note_reads();
        let findings = examine(&image, &small);
        assert!(findings.wrong.is_empty() && findings.damage.is_empty(), "{findings:?}");
        small.read = image.read_bytes();
        small
    }

    /// Whether the byte has anything to say.
    pub fn is_read(&self, at: usize) -> bool {
        self.read.get(at).copied().unwrap_or_default()
    }

    /// Where half of the bytes that are read lie before.
    pub fn middle(&self) -> usize {
        let half = self.read.iter().filter(|read| **read).count() / 2;
        let read = self.read.iter().enumerate().filter(|(_, read)| **read);
        read.map(|(at, _)| at).nth(half).unwrap()
    }
}

/// Opens what lies in `image`, with as little of it in memory as possible.
pub fn open(image: &Image) -> Result<Larder, Error> {
    open_at(image, READ_MS)
}

fn open_at(image: &Image, now_ms: u64) -> Result<Larder, Error> {
    let image = image.clone();
    let clock = Arc::new(ManualClock::new(now_ms));
    Options::new().clock(clock).cache_bytes(0).open_on(move || Ok(image.clone()))
}

fn fill(larder: &Larder, pieces: bool) {
    let larder = larder.blocking();
    let a = larder.create_namespace_with_id("a", "id-a").unwrap().blocking();
    let b = larder.create_namespace_with_id("b", "id-b").unwrap().blocking();
    // Enough for pages above pages.
    for i in 0..14 {
        a.put(&format!("key-{i:02}"), vec![i; 400 + usize::from(i)]).unwrap();
    }
    a.put("middling", vec![7; 2000]).unwrap();
    for (key, ttl_ms) in [("expired", 1), ("expiring", 1_000_000)] {
        let options = PutOptions::new().ttl(Duration::from_millis(ttl_ms)).metadata("{\"m\":1}");
        let _ = b.put_with(key, "with a ttl", options).unwrap();
    }
    b.increment("counter", 41, None).unwrap();
    b.put("empty", "").unwrap();
    if pieces {
        b.put("replaced", vec![8; PIECE_BYTES + 1]).unwrap();
        b.put("replaced", "small").unwrap();
        b.put("pieces", vec![9; PIECE_BYTES + 1]).unwrap();
    }
    let gone = larder.create_namespace_with_id("gone", "id-gone").unwrap().blocking();
    gone.put("k", "of a namespace that is deleted").unwrap();
    larder.delete_namespace("gone").unwrap();
    b.put(LAST, "put by the last commit").unwrap();
}

fn contents(larder: &Larder) -> Contents {
    let larder = larder.blocking();
    ["a", "b"]
        .map(|title| {
            let namespace = larder.namespace(title).unwrap().unwrap().blocking();
            let page = namespace.list(&ListOptions::default()).unwrap();
            let entry = |key: &str| namespace.get_entry(key).unwrap().unwrap();
            (title, page.keys.into_iter().map(|k| (k.name.clone(), entry(&k.name))).collect())
        })
        .into()
}
