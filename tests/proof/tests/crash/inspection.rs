//! Whether a store that was left by a kill holds what was answered and nothing else.

use crate::action::{self, Action, NAMESPACE, NAMESPACE_SIZES, NAMESPACES, WRITERS};
use crate::model::Model;
use crate::report::Answered;
use larder_store::{
    BlockingLarder, BlockingNamespace, Clock as _, Entry, Larder, ListOptions, ManualClock,
    Options, SystemClock,
};
use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use std::collections::BTreeMap;
use std::path::Path;

/// What a store must hold of each writer: its first actions, at least so many.
pub struct Expected<'a> {
    pub seed: u64,
    /// After the actions that were known before this life.
    pub models: &'a [Model; WRITERS],
    pub done: [u64; WRITERS + 1],
    /// Those that were answered in it.
    pub answers: &'a [Vec<Answered>; WRITERS + 1],
    /// How many actions of each must have survived.
    pub least: [u64; WRITERS + 1],
    /// How many actions on namespaces must have survived, apart from what is in them.
    pub least_namespaces: u64,
    /// When an action that was not answered can have happened.
    pub wall_ms: (u64, u64),
}

/// How many actions of each writer a store holds, and its keys.
pub struct Found {
    pub done: [u64; WRITERS + 1],
    pub models: [Model; WRITERS],
    pub keys: [BTreeMap<String, Entry>; WRITERS],
}

impl Expected<'_> {
    /// Opens the store and reads all of it.
    pub fn inspect(&self, store: &Path) -> Found {
        // Nothing expires meanwhile.
        let now_ms = SystemClock.now_ms();
        let options = Options::new().cache_bytes(8 << 20).clock(ManualClock::new(now_ms));
        let larder = options.open(store).unwrap().blocking();
        assert_sound(&larder);
        let namespace = larder.namespace(NAMESPACE).unwrap().map(|found| found.blocking());
        let mut keys: [BTreeMap<String, Entry>; WRITERS] = Default::default();
        for (key, entry) in namespace.iter().flat_map(entries) {
            let writer: usize = key.split('/').next().unwrap().parse().unwrap();
            keys[writer].insert(key, entry);
        }
        let mut done = [0; WRITERS + 1];
        let models = std::array::from_fn(|writer| {
            let (n, model) = self.prefix_of(writer, &keys[writer], now_ms);
            done[writer] = n;
            model
        });
        done[NAMESPACES] = self.namespaces(&larder);
        free_everything(&larder, store);
        Found { done, models, keys }
    }

    /// How many of a writer's actions make what was found, and what they make.
    fn prefix_of(
        &self,
        writer: usize,
        found: &BTreeMap<String, Entry>,
        now_ms: u64,
    ) -> (u64, Model) {
        let answers = &self.answers[writer];
        let (done, least) = (self.done[writer], self.least[writer]);
        let mut model = self.models[writer].clone();
        let (mut fits, mut amiss) = (None, Vec::new());
        for n in done..=done + answers.len() as u64 + 1 {
            if let Some(before) = n.checked_sub(done + 1) {
                // The last was in flight.
                let from = answers.last().map_or(self.wall_ms.0, |last| last.wall_ms.0);
                let in_flight =
                    Answered { writer, n, wall_ms: (from, self.wall_ms.1), ..Answered::default() };
                let answer = answers.get(before as usize).unwrap_or(&in_flight);
                assert_eq!(answer.n, n, "writer {writer} was answered out of turn");
                model.act(Action::of(self.seed, writer, n), answer);
            }
            let was_answered = n <= done + answers.len() as u64;
            match model.differs(found, now_ms) {
                // One in flight that changes nothing has not happened for all that is known.
                None if fits.is_some() && !was_answered => {}
                None if n >= least => fits = Some((n, model.clone())),
                None => amiss.push(format!("it is as after {n}")),
                Some(what) if n >= least => amiss.push(format!("after {n}: {what}")),
                Some(_) => {}
            }
        }
        fits.unwrap_or_else(|| {
            let answered = done + answers.len() as u64;
            let first = amiss.iter().take(8).cloned().collect::<Vec<_>>().join("\n  ");
            panic!(
                "writer {writer} was answered {answered} actions, of which {least} must be there; \
                 what is there is as after none of them\n  {first}"
            )
        })
    }

    /// How many actions of the writer that makes and deletes namespaces are there, whole: one half
    /// made is made again.
    fn namespaces(&self, larder: &BlockingLarder) -> u64 {
        let answers = &self.answers[NAMESPACES];
        let answered = self.done[NAMESPACES] + answers.len() as u64;
        let titles = larder.namespaces().unwrap().into_iter().map(|info| info.title.to_string());
        let titles: Vec<_> = titles.filter(|title| title != NAMESPACE).collect();
        let of = |n: u64| (n % 2 == 1).then(|| action::namespace_title(n));
        let is_there = |n| of(n).into_iter().eq(titles.iter().cloned());
        let done = (self.least_namespaces..=answered + 1).rev().find(|n| is_there(*n));
        let done = done.unwrap_or_else(|| panic!("{titles:?} are there after {answered} actions"));
        if done % 2 == 1 {
            let made = larder.namespace(&action::namespace_title(done)).unwrap().unwrap();
            let found: BTreeMap<_, _> = entries(&made.blocking()).into_iter().collect();
            for (key, entry) in &found {
                let size = NAMESPACE_SIZES[key.parse::<usize>().unwrap()];
                assert!(entry.value == action::value(NAMESPACES, done, size), "{key} of {done}");
            }
            let all = found.len() == NAMESPACE_SIZES.len();
            assert!(all || done > self.least[NAMESPACES], "{} keys of {done}", found.len());
            if !all {
                return done - 1;
            }
        }
        done
    }
}

fn entries(namespace: &BlockingNamespace) -> Vec<(String, Entry)> {
    let page = namespace.list(&ListOptions::default()).unwrap();
    assert_eq!(page.cursor, None, "one page has all keys of the rig");
    let names = page.keys.into_iter().map(|key| key.name);
    names.map(|name| (name.clone(), namespace.get_entry(&name).unwrap().unwrap())).collect()
}

fn assert_sound(larder: &BlockingLarder) {
    assert_eq!(larder.check().unwrap().damage, Vec::<String>::new());
}

/// Frees what can be freed, after which the tables hold what the keys need and no more.
fn free_everything(larder: &BlockingLarder, store: &Path) {
    larder.sweep().unwrap();
    assert_sound(larder);
    let (mut keys, mut pieces, mut expiring) = (0, 0, 0);
    for info in larder.namespaces().unwrap() {
        let namespace = larder.namespace(&info.title).unwrap().unwrap().blocking();
        for key in namespace.list(&ListOptions::default()).unwrap().keys {
            keys += 1;
            expiring += u64::from(key.head.expiration.is_some());
            if key.head.size > PIECE_BYTES {
                pieces += key.head.size.div_ceil(PIECE_BYTES);
            }
        }
    }
    larder.close().unwrap();
    let database = Database::open(store.join("data.redb")).unwrap();
    let tables = database.begin_read().unwrap();
    let rows = |name| {
        let table = TableDefinition::<&[u8], &[u8]>::new(name);
        tables.open_table(table).unwrap().len().unwrap()
    };
    let blobs = |name| {
        let table = TableDefinition::<u64, ()>::new(name);
        tables.open_table(table).unwrap().len().unwrap()
    };
    assert_eq!((blobs("pending"), blobs("trash")), (0, 0), "blobs that nobody has");
    let retired = TableDefinition::<u32, ()>::new("retired");
    assert_eq!(tables.open_table(retired).unwrap().len().unwrap(), 0, "deleted namespaces");
    assert_eq!(rows("chunk"), pieces, "pieces");
    assert_eq!(rows("idx"), keys, "keys");
    let ttl = TableDefinition::<&[u8], ()>::new("ttl");
    assert_eq!(tables.open_table(ttl).unwrap().len().unwrap(), expiring, "expirations");
}

/// Values above it lie in pieces of so many bytes.
const PIECE_BYTES: u64 = larder_store::limits::PIECE_BYTES as u64;

/// What a backup left that was cut off: nothing that opens, and room for another; or all of it.
pub fn inspect_backup(directory: &Path, ended: bool, expected: &Expected<'_>) -> bool {
    match Options::new().create(false).open(directory) {
        Ok(larder) => {
            larder.blocking().close().unwrap();
            expected.inspect(directory);
            true
        }
        Err(larder_store::Error::NotFound { .. }) if !ended => {
            let larder = Larder::in_memory().blocking();
            larder.backup(directory).unwrap();
            false
        }
        Err(error) => panic!("backup {}, ended {ended}: {error}", directory.display()),
    }
}
