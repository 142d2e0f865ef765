//! What the writers do: the n-th action of each follows from the seed alone, so that the process
//! that does it and the one that checks it need not tell each other.

use bytes::Bytes;

/// Writers of values; the one after them makes and deletes namespaces.
pub const WRITERS: usize = 8;
/// The number of the writer that makes and deletes namespaces.
pub const NAMESPACES: usize = WRITERS;
/// The namespace that all but it write to.
pub const NAMESPACE: &str = "data";

pub const HOUR_MS: u64 = 3_600_000;

/// What one action does. Keys are those of its writer alone.
#[derive(Clone, Debug)]
pub enum Action {
    Put {
        key: String,
        size: usize,
        metadata: bool,
        ttl_ms: Option<u64>,
        way: Way,
    },
    Increment {
        key: String,
        delta: i64,
    },
    /// Puts the action's number under each key, deletes one, and counts.
    Commit {
        keys: Vec<String>,
        deleted: String,
        counter: String,
    },
    Delete {
        key: String,
        by_version: bool,
    },
    Expire {
        key: String,
        ttl_ms: Option<u64>,
    },
    /// Begins a value in pieces and drops the writer.
    Abandon {
        key: String,
        size: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Whole,
    InPieces,
    /// On the condition that the key is as it was read before.
    ByVersion,
}

impl Action {
    pub fn of(seed: u64, writer: usize, n: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ ((writer as u64) << 56) ^ (n << 8));
        let put = |key: String, size| Self::Put {
            key,
            size,
            metadata: false,
            ttl_ms: None,
            way: Way::Whole,
        };
        match writer {
            0 => small(&mut rng),
            1 => put(format!("1/{}", rng.u8(..10)), 10_000 + rng.usize(..500)),
            2 => put(format!("2/{}", rng.u8(..3)), 2_000_000 + rng.usize(..90_000)),
            3 => Self::Increment { key: format!("3/{}", rng.u8(..5)), delta: rng.i64(-9..100) },
            4 => commit(&mut rng),
            5 => in_pieces(&mut rng),
            6 => expiring(&mut rng),
            _ => changing(&mut rng),
        }
    }
}

fn small(rng: &mut fastrand::Rng) -> Action {
    let (key, size) = (format!("0/{}", rng.u8(..40)), rng.usize(..2_000));
    Action::Put { key, size, metadata: rng.bool(), ttl_ms: None, way: Way::Whole }
}

fn commit(rng: &mut fastrand::Rng) -> Action {
    let keys = (0..rng.usize(1..6)).map(|_| format!("4/{}", rng.u8(..12))).collect();
    let deleted = format!("4/{}", rng.u8(12..15));
    Action::Commit { keys, deleted, counter: "4/count".into() }
}

fn in_pieces(rng: &mut fastrand::Rng) -> Action {
    let (key, size) = (format!("5/{}", rng.u8(..3)), rng.usize(1..2_000_000));
    if rng.u8(..5) == 0 {
        return Action::Abandon { key, size };
    }
    Action::Put { key, size, metadata: rng.bool(), ttl_ms: None, way: Way::InPieces }
}

fn expiring(rng: &mut fastrand::Rng) -> Action {
    let key = format!("6/{}", rng.u8(..12));
    if rng.u8(..5) == 0 {
        return Action::Delete { key, by_version: false };
    }
    let ttl_ms = Some(if rng.bool() { rng.u64(1..300) } else { rng.u64(300..5_000) });
    let size = [20, 3_000, 700_000][rng.usize(..20) / 9];
    Action::Put { key, size, metadata: rng.bool(), ttl_ms, way: Way::Whole }
}

fn changing(rng: &mut fastrand::Rng) -> Action {
    let key = format!("7/{}", rng.u8(..10));
    let ttl_ms = rng.bool().then(|| HOUR_MS + rng.u64(..HOUR_MS));
    let size = rng.usize(..4_000);
    match rng.u8(..6) {
        0 => Action::Delete { key, by_version: false },
        1 => Action::Delete { key, by_version: true },
        2 | 3 => Action::Expire { key, ttl_ms },
        _ => Action::Put { key, size, metadata: rng.bool(), ttl_ms, way: Way::ByVersion },
    }
}

/// The value of a writer's n-th action: each kilobyte says whose it is and where in it it lies, so
/// that one that is torn or out of place is told.
pub fn value(writer: usize, n: u64, size: usize) -> Bytes {
    let mut value = Vec::with_capacity(size + 1024);
    while value.len() < size {
        let line = format!("{writer}/{n}/{} ", value.len());
        let end = value.len() + 1024;
        while value.len() < end {
            value.extend_from_slice(line.as_bytes());
        }
        value.truncate(end);
    }
    value.truncate(size);
    value.into()
}

pub fn metadata(n: u64) -> String {
    format!("{{\"n\":{n}}}")
}

/// The namespace that the n-th action makes, or deletes if n is even.
pub fn namespace_title(n: u64) -> String {
    format!("made-{}", n - u64::from(n.is_multiple_of(2)))
}

/// What is put into it, key by key.
pub const NAMESPACE_SIZES: [usize; 12] = [0, 5, 900, 1_100, 20, 20, 20, 20, 20, 600_000, 7, 1];
