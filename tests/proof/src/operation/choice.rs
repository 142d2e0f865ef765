//! The keys, values, times and titles that an operation can be about: few, so that operations meet,
//! and with each limit from both sides.

#[cfg(fuzzing)]
use arbitrary::Arbitrary;
use bytes::Bytes;
use larder_store::Expiration;
use larder_store::limits::{
    ID_BYTES_MAX, KEY_BYTES_MAX, LIST_KEYS_MAX, METADATA_BYTES_MAX, PIECE_BYTES, SCOPE_BYTES_MAX,
    TITLE_BYTES_MAX, VALUE_BYTES_MAX,
};
use proptest_derive::Arbitrary as Strategy;
use std::sync::LazyLock;

/// When the clocks of all tests begin, Unix time in milliseconds.
pub(crate) const BEGIN_MS: u64 = 1_750_000_000_500;

/// One of a few places for handles, readers, writers or cursors.
#[derive(Clone, Copy, Debug, Default, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Slot(u8);

impl Slot {
    /// Which of so many places, of which there is one at least.
    pub fn of(self, places: usize) -> usize {
        usize::from(self.0) % places.max(1)
    }
}

/// The one of `choices` that `number` means; `choices` are not empty.
fn choose<T: Copy + Default>(choices: &[T], number: u8) -> T {
    choices.get(usize::from(number) % choices.len().max(1)).copied().unwrap_or_default()
}

/// A key, legal or not.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Key(u8);

impl Key {
    /// The key itself.
    pub fn text(self) -> String {
        const COMMON: [&str; 8] = ["a", "b", "c", "p/a", "p/b", "p/q/a", "p/", "é"];
        const RARE: [&str; 8] = ["", ".", "..", "p/.", "p/..", "\0", "\u{10ffff}", "p"];
        match self.0 {
            0..224 => choose(&COMMON, self.0).into(),
            224..232 => choose(&RARE, self.0).into(),
            232..248 => "l".repeat(KEY_BYTES_MAX),
            248..252 => "l".repeat(KEY_BYTES_MAX - SCOPE_BYTES_MAX),
            _ => "l".repeat(KEY_BYTES_MAX + 1),
        }
    }
}

/// What keys begin with.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Prefix(u8);

impl Prefix {
    /// The prefix itself.
    pub fn text(self) -> String {
        const COMMON: [&str; 8] = ["", "p", "p/", "p/q/", "q/", "l", "é", "bulk"];
        match self.0 {
            0..216 => choose(&COMMON, self.0).into(),
            216..236 => "l".repeat(SCOPE_BYTES_MAX),
            236..246 => "l".repeat(SCOPE_BYTES_MAX + 1),
            246..251 => "l".repeat(KEY_BYTES_MAX),
            _ => "l".repeat(KEY_BYTES_MAX + 1),
        }
    }
}

/// A value: a counter or none, around each size at which the engine on disk keeps it elsewhere, or
/// above the limit.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Value {
    form: u8,
    more: u8,
}

impl Value {
    /// The value itself. No two of the same size are alike, but for counters and those of no byte.
    pub fn content(self) -> Bytes {
        let more = usize::from(self.more);
        let size = match self.form {
            0..64 => return Bytes::from_static(choose(&COUNTERS, self.more).as_bytes()),
            64..192 => more % 32,
            192..216 => 1020 + more % 10,
            216..248 => 1025 + more * 40,
            248..253 => PIECE_BYTES - 2 + more % 5,
            253 | 254 => 2 * PIECE_BYTES - 1 + more % 3,
            255 if more < 64 => return Bytes::from_static(&TOO_LARGE),
            255 => 3 * PIECE_BYTES + more,
        };
        MIXED.slice(more..more + size)
    }
}

/// A value of a piece, of which a commit cannot hold many.
pub(crate) fn large_value() -> Bytes {
    MIXED.slice(..PIECE_BYTES)
}

const COUNTERS: [&str; 16] = [
    "0",
    "-0",
    "1",
    "-1",
    "7",
    "41",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "01",
    "+1",
    "",
    "-",
    "1 ",
    "000000000000000000001",
];

static TOO_LARGE: [u8; VALUE_BYTES_MAX + 1] = [0; VALUE_BYTES_MAX + 1];

/// Bytes in no order, so that one in a wrong place is noticed.
static MIXED: LazyLock<Bytes> = LazyLock::new(|| {
    let mixed = |n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8;
    (0..3 * PIECE_BYTES as u32 + 1024).map(mixed).collect()
});

/// Metadata, legal or not.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Metadata(u8);

/// What [`Metadata`] may be that is no JSON.
pub(crate) const NO_JSON: [&str; 4] = ["", "{", "x", "{}{}"];

impl Metadata {
    /// The text itself.
    pub fn text(self) -> String {
        const COMMON: [&str; 4] = ["{}", "null", " [1, \"é\"]", "1"];
        let quoted = |bytes: usize| format!("\"{}\"", "m".repeat(bytes - 2));
        match self.0 {
            0..208 => choose(&COMMON, self.0).into(),
            208..228 => quoted(METADATA_BYTES_MAX),
            228..242 => quoted(METADATA_BYTES_MAX + 1),
            _ => choose(&NO_JSON, self.0).into(),
        }
    }
}

/// When a key is to stop existing: around where the clock may stand, or as late as can be.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Time(u8);

impl Time {
    /// The expiration itself.
    pub fn expiration(self) -> Expiration {
        let few = u64::from(self.0 % 16);
        match self.0 {
            0..112 => Expiration::TtlMs(few),
            112..144 => Expiration::Ttl(few % 3),
            144..208 => Expiration::AtMs(BEGIN_MS + few),
            208..240 => Expiration::At(BEGIN_MS / 1000 + few % 4),
            240..244 => Expiration::AtMs(u64::MAX),
            244..248 => Expiration::TtlMs(u64::MAX - BEGIN_MS - few),
            248..250 => Expiration::Ttl(u64::MAX),
            250..252 => Expiration::At(u64::MAX),
            252..254 => Expiration::At(u64::MAX / 1000 + few % 2),
            _ => Expiration::TtlMs(u64::MAX),
        }
    }
}

/// Where a clock may stand: near the expirations of [`Time`], or far off.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Moment(u8);

impl Moment {
    /// Unix time in milliseconds.
    pub fn now_ms(self) -> u64 {
        let few = u64::from(self.0 % 16);
        match self.0 {
            0..176 => BEGIN_MS + few,
            176..224 => BEGIN_MS + 500 * few,
            224..240 => BEGIN_MS + 60 * 60 * 1000 + few,
            240..248 => BEGIN_MS - few,
            248..252 => few,
            _ => u64::MAX - few % 2,
        }
    }
}

/// A number of keys, on a page or otherwise: small, or at a limit or above it.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Limit(u8);

impl Limit {
    /// The number itself.
    pub fn number(self) -> u32 {
        const LIMITS: [u32; 8] = [0, 99, 100, 101, 999, 1000, 1001, u32::MAX];
        match self.0 {
            0..160 => u32::from(self.0 % 4) + 1,
            _ => choose(&LIMITS, self.0),
        }
    }

    /// A number of which there can be so many.
    pub fn count(self) -> usize {
        (self.number() as usize).min(LIST_KEYS_MAX + 1)
    }
}

/// A number of bytes: an offset into a value, or how much of it is read.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct ByteCount(u8);

impl ByteCount {
    /// The number itself.
    pub fn number(self) -> usize {
        const NUMBERS: [usize; 16] = [
            0,
            0,
            1,
            2,
            7,
            1000,
            1024,
            1025,
            PIECE_BYTES - 1,
            PIECE_BYTES,
            PIECE_BYTES + 1,
            2 * PIECE_BYTES - 1,
            2 * PIECE_BYTES,
            3 * PIECE_BYTES,
            usize::MAX,
            usize::MAX,
        ];
        choose(&NUMBERS, self.0)
    }
}

/// A namespace's title, legal or not.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Title(u8);

impl Title {
    /// The title itself.
    pub fn text(self) -> String {
        const COMMON: [&str; 3] = ["first", "second", "é third"];
        const ILLEGAL: [&str; 3] = ["", "\n", "a\u{7f}"];
        match self.0 {
            0..240 => choose(&COMMON, self.0).into(),
            240..246 => "t".repeat(TITLE_BYTES_MAX),
            246..250 => "t".repeat(TITLE_BYTES_MAX + 1),
            _ => choose(&ILLEGAL, self.0).into(),
        }
    }
}

/// A namespace's id, legal or not.
#[derive(Clone, Copy, Debug, Strategy)]
#[cfg_attr(fuzzing, derive(Arbitrary))]
pub struct Id(u8);

impl Id {
    /// The id itself.
    pub fn text(self) -> String {
        const COMMON: [&str; 3] = ["one", "Two-2", "_3"];
        const ILLEGAL: [&str; 3] = ["", "a b", "é"];
        match self.0 {
            0..224 => choose(&COMMON, self.0).into(),
            224..236 => "i".repeat(ID_BYTES_MAX),
            236..246 => "i".repeat(ID_BYTES_MAX + 1),
            _ => choose(&ILLEGAL, self.0).into(),
        }
    }
}
