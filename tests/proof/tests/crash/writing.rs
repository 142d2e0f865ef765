//! The process that is killed.

use crate::action::{self, Action, NAMESPACE, NAMESPACE_SIZES, NAMESPACES, WRITERS, Way};
use crate::plan::{Life, Load};
use crate::report::{Answered, Long, Report};
use larder_store::{
    BlockingLarder, BlockingNamespace, Clock as _, CommitOutcome, Condition, DeleteOutcome,
    Expiration, Operation, PutOptions, SystemClock, WriteOutcome,
};
use std::thread::{scope, sleep};
use std::time::Duration;

/// How long the writers of a [`Load::Pausing`] go on.
const BEFORE_PAUSE_MS: u64 = 100;

/// Writes until it is killed.
pub fn write(life: &Life) {
    let options = larder_store::Options::new().cache_bytes(8 << 20).durability(life.durability);
    let larder = options.open(&life.store).unwrap().blocking();
    Report::Opened.say();
    let namespace = larder.open_or_create(NAMESPACE).unwrap().blocking();
    let began_ms = monotonic_ms();
    let goes_on = || life.load != Load::Pausing || monotonic_ms() < began_ms + BEFORE_PAUSE_MS;
    scope(|scope| {
        for writer in 0..WRITERS {
            let (namespace, life, goes_on) = (&namespace, &life, &goes_on);
            scope.spawn(move || {
                for n in life.done[writer] + 1.. {
                    if !goes_on() {
                        break;
                    }
                    let action = Action::of(life.seed, writer, n);
                    answered(writer, n, || act(namespace, writer, n, action));
                }
            });
        }
        if life.namespaces {
            scope.spawn(|| {
                for n in life.done[NAMESPACES] + 1.. {
                    if !goes_on() {
                        break;
                    }
                    answered(NAMESPACES, n, || make_or_delete_namespace(&larder, n));
                }
            });
        }
        scope.spawn(|| keep_up(&larder, life));
    });
    // Killed here, or in the writer's upkeep.
    loop {
        sleep(Duration::from_secs(1));
    }
}

/// Does an action and says that it was answered, with its version and what a counter came to.
fn answered(writer: usize, n: u64, act: impl FnOnce() -> (Option<u64>, Option<i64>)) {
    let before = (SystemClock.now_ms(), monotonic_ms());
    let (version, count) = act();
    let after = (SystemClock.now_ms(), monotonic_ms());
    let (wall_ms, monotonic_ms) = ((before.0, after.0), (before.1, after.1));
    Report::Answered(Answered { writer, n, version, count, wall_ms, monotonic_ms }).say();
}

fn act(
    namespace: &BlockingNamespace,
    writer: usize,
    n: u64,
    action: Action,
) -> (Option<u64>, Option<i64>) {
    let expiration = |ttl_ms: Option<u64>| ttl_ms.map(Expiration::TtlMs);
    match action {
        Action::Put { key, size, metadata, ttl_ms, way } => {
            let value = action::value(writer, n, size);
            let mut options = PutOptions::new();
            options.expiration = expiration(ttl_ms);
            options.metadata = metadata.then(|| action::metadata(n));
            (Some(put(namespace, &key, &value, options, way)), None)
        }
        Action::Increment { key, delta } => {
            let counter = namespace.increment(&key, delta, None).unwrap();
            (Some(counter.version.as_u64()), Some(counter.value))
        }
        Action::Commit { keys, deleted, counter } => {
            let put = |key| Operation::Put {
                key,
                value: n.to_string().into(),
                expiration: None,
                metadata: None,
            };
            let mut operations: Vec<_> = keys.into_iter().map(put).collect();
            operations.push(Operation::Delete { key: deleted });
            operations.push(Operation::Increment { key: counter, delta: 1, expiration: None });
            match namespace.commit(Vec::new(), operations).unwrap() {
                CommitOutcome::Committed { version, counters } => {
                    (Some(version.as_u64()), Some(counters[0]))
                }
                CommitOutcome::Conflict(check) => panic!("check {check} of none did not hold"),
            }
        }
        Action::Delete { key, by_version } => {
            match namespace.head(&key).unwrap() {
                Some(info) if by_version => {
                    let outcome = namespace.delete_if(&key, info.head.version).unwrap();
                    assert_eq!(outcome, DeleteOutcome::Deleted, "{key}");
                }
                _ => drop(namespace.delete(&key).unwrap()),
            }
            (None, None)
        }
        Action::Expire { key, ttl_ms } => {
            let version = namespace.expire(&key, expiration(ttl_ms)).unwrap();
            (version.map(|version| version.as_u64()), None)
        }
        Action::Abandon { key, size } => {
            let mut pieces = namespace.open_writer(&key, PutOptions::new()).unwrap();
            pieces.write(&action::value(writer, n, size)).unwrap();
            (None, None)
        }
    }
}

fn put(
    namespace: &BlockingNamespace,
    key: &str,
    value: &[u8],
    mut options: PutOptions,
    way: Way,
) -> u64 {
    if way == Way::ByVersion {
        let found = namespace.head(key).unwrap();
        let version = found.map(|info| Condition::Version(info.head.version));
        options.condition = Some(version.unwrap_or(Condition::Absent));
    }
    let outcome = if way == Way::InPieces {
        let mut pieces = namespace.open_writer(key, options).unwrap();
        for piece in value.chunks(300_000) {
            pieces.write(piece).unwrap();
        }
        pieces.finish().unwrap()
    } else {
        namespace.put_with(key, value.to_vec(), options).unwrap()
    };
    match outcome {
        WriteOutcome::Written(version) => version.as_u64(),
        conflict => panic!("{key}, which nobody else writes: {conflict:?}"),
    }
}

fn make_or_delete_namespace(larder: &BlockingLarder, n: u64) -> (Option<u64>, Option<i64>) {
    let title = action::namespace_title(n);
    if n.is_multiple_of(2) {
        larder.delete_namespace(&title).unwrap();
        return (None, None);
    }
    let made = larder.open_or_create(&title).unwrap().blocking();
    for (key, size) in NAMESPACE_SIZES.into_iter().enumerate() {
        let value = action::value(NAMESPACES, n, size);
        made.put_with(&key.to_string(), value, PutOptions::new().ttl(Duration::from_hours(1)))
            .map(|outcome| assert!(matches!(outcome, WriteOutcome::Written(_))))
            .unwrap();
    }
    (None, None)
}

/// What an operator does meanwhile, as the load says.
fn keep_up(larder: &BlockingLarder, life: &Life) {
    let mut rng = fastrand::Rng::with_seed(life.seed);
    let mut backups = 0;
    for turn in 0.. {
        sleep(Duration::from_millis(rng.u64(1..40)));
        match life.load {
            Load::Compacting => compact(larder),
            Load::BackingUp if backups < 3 => {
                Report::Begun(Long::Backup(backups)).say();
                larder.backup(life.backup(backups)).unwrap();
                Report::Ended(Long::Backup(backups)).say();
                backups += 1;
            }
            Load::Steady => match turn % 16 {
                3 | 10 => drop(larder.sweep().unwrap()),
                7 => larder.flush().unwrap(),
                12 => assert_eq!(larder.check().unwrap().damage, Vec::<String>::new()),
                15 => compact(larder),
                _ => {}
            },
            Load::BackingUp | Load::Pausing | Load::Alone => break,
        }
    }
}

fn compact(larder: &BlockingLarder) {
    Report::Begun(Long::Compaction).say();
    larder.compact().unwrap();
    Report::Ended(Long::Compaction).say();
}

fn monotonic_ms() -> u64 {
    SystemClock.monotonic_ms().unwrap()
}
