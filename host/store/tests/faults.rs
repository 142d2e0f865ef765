//! A disk that fails: what was answered stays so or is told, and the store comes back by itself.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use larder_store::engine::BackedUp;
use larder_store::limits::PIECE_BYTES;
use larder_store::{Durability, Error, Options, PutOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Runs a test in a process of its own, whose writes can be made to fail: where a file may not grow
/// beyond a limit, a write is an error if the signal for it is ignored, which only a shell can say
/// without unsafe code.
#[track_caller]
fn apart(name: &str, test: impl FnOnce(&Path)) {
    const APART: &str = "LARDER_TEST_APART";
    if std::env::var_os(APART).is_some() {
        let directory = tempfile::tempdir().unwrap();
        return test(directory.path());
    }
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(APART, "1")
        .status();
    assert!(status.unwrap().success());
}

/// Makes every write to a file fail, or none.
fn fail_writes(fail: bool) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = if fail { Some(0) } else { maximum };
    setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
}

/// Waits until `is_so`, at most 10 s.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not within 10 s: {what}");
}

/// What this process has used of its processors so far.
fn processor_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
fn a_value_in_pieces_is_whole_or_refused_after_a_failure_has_taken_pieces() {
    apart("a_value_in_pieces_is_whole_or_refused_after_a_failure_has_taken_pieces", |path| {
        let larder = Options::new().durability(Durability::Relaxed).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        namespace.put("before", "v").unwrap();
        larder.blocking().flush().unwrap();
        let mut writer = namespace.open_writer("k", PutOptions::new()).unwrap();
        writer.write(&vec![1; 2 * PIECE_BYTES]).unwrap();
        fail_writes(true);
        eventually("the flush fails", || namespace.get("before").is_err());
        fail_writes(false);
        eventually("the store is back", || namespace.put("after", "v").is_ok());
        let finished = writer.write(&vec![2; 2 * PIECE_BYTES]).and_then(|()| writer.finish());
        match namespace.get("k").unwrap() {
            None => assert!(finished.is_err()),
            Some(value) => {
                assert!(value == [[1; 2 * PIECE_BYTES], [2; 2 * PIECE_BYTES]].concat());
            }
        }
    });
}

/// What a directory holds.
fn names(path: &Path) -> Vec<String> {
    let names = fs::read_dir(path).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_backup_that_the_disk_refuses_leaves_nothing_and_the_store_serves_on() {
    apart("a_backup_that_the_disk_refuses_leaves_nothing_and_the_store_serves_on", |path| {
        let larder = Options::new().open(path.join("original")).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        for i in 0..4 {
            namespace.put(&format!("k{i}"), vec![1; 10_000_000]).unwrap();
        }
        // Until the store itself has nothing left to write.
        std::thread::sleep(Duration::from_millis(1500));
        let backup = path.join("backup");
        let saying = |so_far: BackedUp| fail_writes(so_far.keys == 2);
        let error = larder.blocking().backup_with(&backup, saying).unwrap_err();
        fail_writes(false);
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert!(error.to_string().contains(backup.to_str().unwrap()), "{error}");
        assert_eq!(names(path), ["original"]);
        namespace.put("after", "v").unwrap();
        larder.blocking().backup(&backup).unwrap();
    });
}

#[test]
fn a_backup_of_a_store_that_fails_meanwhile_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("original");
    let open = || Options::new().cache_bytes(1 << 20).open(&path).unwrap();
    let namespace = open().blocking().open_or_create("a").unwrap().blocking();
    for i in 0..4 {
        namespace.put(&format!("k{i}"), vec![1; 10_000_000]).unwrap();
    }
    drop(namespace);
    let larder = open();
    let data = path.join("data.redb");
    let whole = data.with_extension("whole");
    fs::copy(&data, &whole).unwrap();
    let broken = data.clone();
    let breaking = move |_| {
        fs::File::options().write(true).open(&broken).unwrap().set_len(4096).unwrap();
    };
    let result = larder.blocking().backup_with(directory.path().join("backup"), breaking);
    assert!(matches!(result, Err(Error::Io { .. } | Error::Foreign { .. })), "{result:?}");
    assert_eq!(names(directory.path()), ["original"]);
    fs::rename(whole, &data).unwrap();
    let backed_up = || larder.blocking().backup(directory.path().join("backup")).is_ok();
    eventually("the store is backed up", backed_up);
}

#[test]
fn a_store_that_is_down_is_tried_again_without_haste() {
    apart("a_store_that_is_down_is_tried_again_without_haste", |path| {
        let larder = Options::new().durability(Durability::Relaxed).open(path).unwrap();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        namespace.put("k", "old").unwrap();
        larder.blocking().flush().unwrap();
        fail_writes(true);
        namespace.put("k", "new").unwrap();
        eventually("the flush fails", || namespace.get("k").is_err());
        let before = processor_ticks();
        std::thread::sleep(Duration::from_secs(2));
        let used = processor_ticks() - before;
        fail_writes(false);
        eventually("the store is back", || namespace.get("k").is_ok());
        assert!(used < 50, "{used} of 200 hundredths of a second");
    });
}

#[test]
fn a_reader_in_pieces_goes_on_when_the_disk_reads_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Options::new().cache_bytes(1 << 20).open(directory.path()).unwrap();
    open()
        .blocking()
        .open_or_create("a")
        .unwrap()
        .blocking()
        .put("k", vec![1; 20_000_000])
        .unwrap();
    let larder = open();
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    let reader = namespace.open_reader("k").unwrap().unwrap();
    let data = directory.path().join("data.redb");
    let whole = data.with_extension("whole");
    fs::copy(&data, &whole).unwrap();
    fs::File::options().write(true).open(&data).unwrap().set_len(4096).unwrap();
    assert!(reader.read(10_000_000, 1).is_err());
    fs::rename(whole, &data).unwrap();
    eventually("the store is back", || reader.read(10_000_000, 1).is_ok());
}

/// Counts the times that a store says it is opened anew.
struct CountReopenings(Arc<AtomicUsize>);

impl tracing::Subscriber for CountReopenings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.level() == &tracing::Level::WARN
    }
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |_: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text += &format!("{value:?} ");
        });
        if text.contains("opened anew") {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn many_reads_that_fail_at_once_have_the_file_opened_anew_once() {
    apart("many_reads_that_fail_at_once_have_the_file_opened_anew_once", |path| {
        let reopened = Arc::new(AtomicUsize::new(0));
        tracing::subscriber::set_global_default(CountReopenings(reopened.clone())).unwrap();
        let open = || Options::new().cache_bytes(1 << 20).open(path).unwrap();
        let namespace = open().blocking().open_or_create("a").unwrap();
        namespace.blocking().put("k", vec![1; 20_000_000]).unwrap();
        drop(namespace);
        let larder = open();
        let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
        let data = path.join("data.redb");
        let whole = data.with_extension("whole");
        fs::copy(&data, &whole).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| while namespace.get("k").is_ok() {});
            }
            std::thread::sleep(Duration::from_millis(50));
            fs::File::options().write(true).open(&data).unwrap().set_len(4096).unwrap();
        });
        fs::rename(whole, &data).unwrap();
        eventually("the store is back", || namespace.get("k").is_ok());
        assert_eq!(reopened.load(Ordering::Relaxed), 1);
    });
}
