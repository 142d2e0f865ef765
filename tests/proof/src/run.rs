//! A case, run on a store and on the [model](crate::model) side by side: each answer of the one must
//! be what the other says.

mod keys;
mod namespaces;
mod pieces;
mod store;

pub use store::Engine;

use crate::model::{After, Model, Place, Verdict};
use crate::operation::{BEGIN_MS, Case, Operation, large_value};
use larder_store::{ErrorKind, Namespace, Version};
use pieces::{OpenReader, OpenWriter};
use std::collections::HashSet;
use std::fmt;
use store::Store;

/// How many handles, readers, writers and cursors are kept at a time.
const PLACES: usize = 4;

/// Runs a case on a new store, which at the end must hold what the model holds, also after it has
/// been opened once more.
pub fn run(engine: Engine, case: &Case) -> Result<(), Disagreement> {
    let mut run = Run::new(engine, case).map_err(|what| what.in_step(0, "the beginning"))?;
    for (step, operation) in case.operations.iter().enumerate() {
        run.step(operation).map_err(|what| what.in_step(step, operation))?;
    }
    run.end().map_err(|what| what.in_step(case.operations.len(), "the end"))
}

/// A store that has answered what it must not.
#[derive(Debug)]
pub struct Disagreement {
    step: usize,
    operation: String,
    expected: String,
    found: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, operation, expected, found } = self;
        write!(f, "step {step}, {operation}\n  must be {expected}\n  and is  {found}")
    }
}

impl std::error::Error for Disagreement {}

impl Disagreement {
    fn new(expected: impl fmt::Debug, found: impl fmt::Debug) -> Self {
        let (expected, found) = (shown(expected), shown(found));
        Self { step: 0, operation: String::new(), expected, found }
    }

    fn in_step(self, step: usize, operation: impl fmt::Debug) -> Self {
        Self { step, operation: shown(operation), ..self }
    }
}

/// Large values are not shown whole.
fn shown(what: impl fmt::Debug) -> String {
    const SHOWN_MAX: usize = 2000;
    let mut text = format!("{what:?}");
    if text.len() > SHOWN_MAX {
        text.truncate(text.floor_char_boundary(SHOWN_MAX));
        text.push('…');
    }
    text
}

type Agreed<T = ()> = Result<T, Disagreement>;

/// Holds an answer against what the model says: the answer, when that is no error.
fn agree<T: PartialEq + fmt::Debug>(
    expected: Verdict<T>,
    found: larder_store::Result<T>,
) -> Agreed<Option<T>> {
    match (&expected, &found) {
        (Ok(right), Ok(answer)) if right == answer => Ok(found.ok()),
        (Err(kinds), Err(error)) if kinds.iter().any(|kind| is_same(*kind, error.kind())) => {
            Ok(None)
        }
        _ => Err(Disagreement::new(expected, found)),
    }
}

/// Holds what must be so against what is so.
fn expect<T: PartialEq + fmt::Debug>(expected: T, found: T) -> Agreed {
    if expected == found { Ok(()) } else { Err(Disagreement::new(expected, found)) }
}

/// How much too large something is, is told as far as it was seen.
fn is_same(expected: ErrorKind, found: ErrorKind) -> bool {
    use ErrorKind::TooLarge;
    match (expected, found) {
        (TooLarge { of, max, .. }, TooLarge { of: found, bytes, max: limit }) => {
            of == found && max == limit && bytes > max
        }
        _ => expected == found,
    }
}

/// A handle on a namespace, and what the model knows it as.
#[derive(Clone)]
struct Handle {
    namespace: Namespace,
    place: Place,
}

/// A store and its model, and what is open of both.
struct Run {
    store: Store,
    model: Model,
    handles: Vec<Handle>,
    readers: Vec<OpenReader>,
    writers: Vec<OpenWriter>,
    /// What listings have answered with, and what it means.
    cursors: Vec<(String, After)>,
    /// Every version that was told, in order, and to find one again.
    told: Vec<Version>,
    ever_told: HashSet<Version>,
}

impl Run {
    fn new(engine: Engine, case: &Case) -> Agreed<Self> {
        let mut run = Self {
            store: Store::open(engine, case).map_err(|error| Disagreement::new("open", error))?,
            model: Model::new(BEGIN_MS),
            handles: Vec::new(),
            readers: Vec::new(),
            writers: Vec::new(),
            cursors: Vec::new(),
            told: Vec::new(),
            ever_told: HashSet::new(),
        };
        run.create(0, "first", None)?;
        Ok(run)
    }

    fn step(&mut self, operation: &Operation) -> Agreed {
        match operation {
            Operation::Write { at, write } => self.together([(*at, write)]),
            Operation::Together(writes) => self.together(writes.iter().map(|(at, w)| (*at, w))),
            Operation::Bulk { at, bulk } => self.bulk(*at, *bulk),
            Operation::Get { at, key } => self.get(*at, *key),
            Operation::GetMany { at, keys, count } => self.get_many(*at, keys, *count),
            Operation::List { at, page } => self.list(*at, *page),
            Operation::DeletePage { at, page } => self.delete_page(*at, *page),
            Operation::Validate { at, change } => self.validate(*at, change),
            Operation::OpenReader { reader, at, key } => self.open_reader(*reader, *at, *key),
            Operation::Read { reader, offset, max } => self.read(*reader, *offset, *max),
            Operation::DropReader { reader } => self.drop_reader(*reader),
            Operation::OpenWriter { writer, at, key, options } => {
                self.open_writer(*writer, *at, *key, *options)
            }
            Operation::WritePiece { writer, piece, large } => {
                let piece = if *large { large_value() } else { piece.content() };
                self.write_piece(*writer, piece)
            }
            Operation::Finish { writer } => self.finish(*writer),
            Operation::SetClock(moment) => self.set_clock(moment.now_ms()),
            Operation::Reopen { handles_first } => self.reopen(*handles_first),
            Operation::Sweep => self.sweep(),
            Operation::Check => self.check(),
            Operation::Compact => self.compact(),
            Operation::Flush => agree(Ok(()), self.store.larder().flush()).map(drop),
            Operation::Create { at, title, id } => {
                self.create(at.of(PLACES), &title.text(), id.map(|id| id.text()))
            }
            Operation::OpenOrCreate { at, title } => {
                self.open_or_create(at.of(PLACES), &title.text())
            }
            Operation::Find { at, title } => self.find(*at, &title.text()),
            Operation::Scope { at, from, prefix } => self.scope(at.of(PLACES), *from, *prefix),
            Operation::Rename { from, to } => self.rename(&from.text(), &to.text()),
            Operation::SetQuota { title, keys, bytes } => {
                self.set_quota(&title.text(), *keys, *bytes)
            }
            Operation::DeleteNamespace { title } => self.delete_namespace(&title.text()),
            Operation::Info { at } => self.info(*at),
        }
    }

    /// The store holds what the model holds, before and after it is opened once more. Then
    /// everything goes, and nothing is left but in the readers that are open.
    fn end(&mut self) -> Agreed {
        self.verify()?;
        for _ in 0..2 {
            self.reopen(false)?;
            self.verify()?;
            self.write_nothing()?;
        }
        self.sweep()?;
        self.verify()?;
        self.read_to_the_last()
    }

    /// The handle that is meant, while there is one.
    fn handle(&self, at: crate::operation::Slot) -> Option<Handle> {
        self.handles.get(at.of(self.handles.len())).cloned()
    }

    /// Notes the version of a write, which no write before may have had.
    fn tell(&mut self, version: Version) -> Agreed {
        self.told.push(version);
        match self.ever_told.insert(version) {
            true => Ok(()),
            false => Err(Disagreement::new("a version that was never told", version)),
        }
    }
}

/// Puts something in one of the places, where it replaces another.
fn place<T>(places: &mut Vec<T>, at: usize, new: T) {
    match places.get_mut(at) {
        Some(place) => *place = new,
        None => places.push(new),
    }
}
