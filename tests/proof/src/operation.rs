//! What may be done to a store, as data: a proptest strategy makes it, and so does a fuzzer from
//! bytes.
//!
//! What an operation is about is named by small numbers that always mean something (see
//! [`Key`] and its like), so that operations meet, and so that what is left of a failure is short.

mod choice;

pub(crate) use choice::{BEGIN_MS, NO_JSON, large_value};

pub use choice::{ByteCount, Id, Key, Limit, Metadata, Moment, Prefix, Slot, Time, Title, Value};

#[cfg(fuzzing)]
use arbitrary::Arbitrary;
use proptest_derive::Arbitrary as Strategy;

/// A whole test: how a store is opened, and what is done to it.
#[derive(Clone, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Case {
    /// Whether the store is opened at the relaxed durability.
    pub relaxed: bool,
    /// Whether it has a cache of hot values.
    pub cached: bool,
    /// What is done, in this order.
    #[proptest(
        strategy = "proptest::collection::vec(proptest::arbitrary::any::<Operation>(), 1..40)"
    )]
    pub operations: Vec<Operation>,
}

/// Something that is done to a store. `at` is one of the handles on namespaces.
#[derive(Clone, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Operation {
    /// One write.
    #[proptest(weight = 30)]
    Write { at: Slot, write: Write },
    /// Several writes at once, which the engine on disk puts into one transaction.
    #[proptest(weight = 4)]
    Together(
        #[proptest(
            strategy = "proptest::collection::vec(proptest::arbitrary::any::<(Slot, Write)>(), 2..6)"
        )]
        Vec<(Slot, Write)>,
    ),
    /// A commit of as many puts as one may have, or one more.
    #[proptest(weight = 1)]
    Bulk { at: Slot, bulk: Bulk },
    /// Everything that is kept of a key, asked for in three ways.
    #[proptest(weight = 10)]
    Get { at: Slot, key: Key },
    /// A bulk get of these keys, over and over to so many.
    #[proptest(weight = 3)]
    GetMany { at: Slot, keys: [Key; 3], count: Limit },
    /// A page of a listing.
    #[proptest(weight = 8)]
    List { at: Slot, page: Page },
    /// The deletion of a page.
    #[proptest(weight = 3)]
    DeletePage { at: Slot, page: Page },
    /// Whether a commit would take this operation.
    #[proptest(weight = 1)]
    Validate { at: Slot, change: Change },
    /// A reader, in the place of another.
    #[proptest(weight = 3)]
    OpenReader { reader: Slot, at: Slot, key: Key },
    /// A read in pieces.
    #[proptest(weight = 4)]
    Read { reader: Slot, offset: ByteCount, max: ByteCount },
    /// The end of a reader.
    #[proptest(weight = 1)]
    DropReader { reader: Slot },
    /// A writer, in the place of another, which is dropped.
    #[proptest(weight = 3)]
    OpenWriter { writer: Slot, at: Slot, key: Key, options: Options },
    /// A write in pieces.
    #[proptest(weight = 4)]
    WritePiece { writer: Slot, piece: Value, large: bool },
    /// What was written in pieces becomes a value.
    #[proptest(weight = 3)]
    Finish { writer: Slot },
    /// The clock is set, forward or back.
    #[proptest(weight = 10)]
    SetClock(Moment),
    /// The store is closed and opened again, with its handles dropped before or after.
    #[proptest(weight = 2)]
    Reopen { handles_first: bool },
    /// What is expired, deleted or left over is freed.
    #[proptest(weight = 2)]
    Sweep,
    /// The whole store is read.
    #[proptest(weight = 2)]
    Check,
    /// Free space is given back.
    #[proptest(weight = 1)]
    Compact,
    /// Everything is made durable.
    #[proptest(weight = 1)]
    Flush,
    /// A namespace is created, with an id of its own or one that the store chooses.
    #[proptest(weight = 3)]
    Create { at: Slot, title: Title, id: Option<Id> },
    /// A namespace is looked up by its title, or created.
    #[proptest(weight = 3)]
    OpenOrCreate { at: Slot, title: Title },
    /// A namespace is looked up by its title, and the one of a handle by its id.
    #[proptest(weight = 2)]
    Find { at: Slot, title: Title },
    /// A handle is narrowed to a prefix.
    #[proptest(weight = 4)]
    Scope { at: Slot, from: Slot, prefix: Prefix },
    /// A namespace gets another title.
    #[proptest(weight = 2)]
    Rename { from: Title, to: Title },
    /// A namespace may hold so much, or as much as it likes.
    #[proptest(weight = 1)]
    SetQuota { title: Title, keys: Option<Limit>, bytes: Option<ByteCount> },
    /// A namespace goes.
    #[proptest(weight = 1)]
    DeleteNamespace { title: Title },
    /// Every namespace is listed, and the one of a handle asked what it holds.
    #[proptest(weight = 2)]
    Info { at: Slot },
}

/// A write to one namespace.
#[derive(Clone, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Write {
    /// A put.
    #[proptest(weight = 8)]
    Put { key: Key, value: Value, options: Options },
    /// A delete.
    #[proptest(weight = 3)]
    Delete { key: Key },
    /// A delete on a condition.
    DeleteIf { key: Key, version: Known },
    /// Another expiration.
    #[proptest(weight = 2)]
    Expire { key: Key, time: Option<Time> },
    /// An addition to a counter.
    #[proptest(weight = 3)]
    Increment { key: Key, delta: Delta, time: Option<Time> },
    /// An atomic commit.
    #[proptest(weight = 4)]
    Commit {
        #[proptest(
            strategy = "proptest::collection::vec(proptest::arbitrary::any::<(Key, Condition)>(), 0..3)"
        )]
        checks: Vec<(Key, Condition)>,
        #[proptest(
            strategy = "proptest::collection::vec(proptest::arbitrary::any::<Change>(), 0..6)"
        )]
        changes: Vec<Change>,
    },
}

/// One operation of a commit.
#[derive(Clone, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Change {
    /// A put.
    #[proptest(weight = 3)]
    Put { key: Key, value: Value, time: Option<Time>, metadata: Option<Metadata> },
    /// A delete.
    Delete { key: Key },
    /// An addition to a counter.
    #[proptest(weight = 2)]
    Increment { key: Key, delta: Delta, time: Option<Time> },
    /// Another expiration.
    Expire { key: Key, time: Option<Time> },
}

/// A commit of many puts.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Bulk {
    /// How many.
    pub count: Limit,
    /// What comes before the number in each key.
    pub stem: Slot,
    /// When they stop existing.
    pub time: Option<Time>,
    /// Whether the values are so large that together they are above the limit.
    pub large: bool,
}

/// What a put says besides key and value.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Options {
    /// When the key stops existing.
    pub time: Option<Time>,
    /// Its metadata.
    pub metadata: Option<Metadata>,
    /// What must hold for the put to happen.
    pub condition: Option<Condition>,
}

/// What must hold of a key.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Condition {
    /// It does not exist.
    Absent,
    /// It exists.
    Present,
    /// A version.
    #[proptest(weight = 2)]
    Version(Known),
}

/// A version that was told.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Known {
    /// That of the key itself.
    #[proptest(weight = 3)]
    Current,
    /// One of those before.
    Past(u8),
}

/// What is added to a counter.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Delta {
    /// A little.
    #[proptest(weight = 6)]
    Small(i8),
    /// As much as there is.
    Most,
    /// As little as there is.
    Least,
}

impl Delta {
    /// The number.
    pub fn number(self) -> i64 {
        match self {
            Self::Small(delta) => delta.into(),
            Self::Most => i64::MAX,
            Self::Least => i64::MIN,
        }
    }
}

/// Which page of which listing.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Page {
    /// With what the keys begin.
    pub prefix: Option<Prefix>,
    /// Where they begin.
    #[proptest(strategy = "proptest::option::weighted(0.2, proptest::arbitrary::any::<Key>())")]
    pub start: Option<Key>,
    /// Where they end.
    #[proptest(strategy = "proptest::option::weighted(0.2, proptest::arbitrary::any::<Key>())")]
    pub end: Option<Key>,
    /// From the last to the first.
    pub reverse: bool,
    /// How many.
    pub limit: Option<Limit>,
    /// After which page.
    pub cursor: Cursor,
}

/// Where a page goes on.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub enum Cursor {
    /// At the beginning.
    #[proptest(weight = 4)]
    None,
    /// At the beginning, as empty text.
    Empty,
    /// Where one of the last pages ended.
    #[proptest(weight = 6)]
    Past(Slot),
    /// There, with one character changed.
    Changed(Slot, u8),
    /// At text that was never a cursor.
    Garbage(Key),
}
