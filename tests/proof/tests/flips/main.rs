//! A store whose file is not as it was written: every byte in turn is changed, and the file is cut
//! off everywhere. The outcome is an error or the right answer, and nothing else.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests fail by panicking")]

mod examine;
mod inspect;
mod range;
mod small_store;

use examine::examine;
use larder_proof::Image;
use range::Range;
use rustix::process::{Resource, Rlimit, setrlimit};
use small_store::{End, Small};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a process of its own is to examine; see [`Range`].
const RANGE: &str = "LARDER_FLIPS";
/// Set for the long run.
const ALL: &str = "LARDER_FLIPS_ALL";

/// What one process may use of memory, and how long one damaged store may take.
const MEMORY_BYTES: u64 = 4 << 30;
const PATIENCE: Duration = Duration::from_secs(60);

/// The process that examines damaged stores, since one may end it. Run as a test of its own it has
/// nothing to do.
#[test]
fn examines_a_range_of_flips() {
    let Ok(range) = std::env::var(RANGE) else { return };
    let range: Range = range.parse().unwrap();
    let limit = Some(MEMORY_BYTES);
    setrlimit(Resource::As, Rlimit { current: limit, maximum: limit }).unwrap();
    // redb's panics are caught where they belong, and there are thousands of them.
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_some_and(|place| place.file().starts_with("tests/")) {
            println!("{panic}");
        }
    }));
    let small = Small::new(range.end, range.pieces);
    let at = Arc::new(AtomicUsize::new(range.from));
    watch(&range, at.clone());
    let mut said = [0; 3];
    let offsets = (range.from..range.to.min(small.file.len())).step_by(range.step);
    let offsets: Vec<usize> = offsets.filter(|at| small.is_read(*at)).collect();
    for block in offsets.chunks(range.block) {
        at.store(block[0], Ordering::Relaxed);
        // The last of these is where the process ended, if it did.
        println!("{}", Range { from: block[0], to: block[block.len() - 1] + 1, block: 1, ..range });
        // What does no harm all at once is room that no page uses.
        if range.block > 1 && examine(&changed(&small, &range, block), &small).kind() == 2 {
            said[2] += block.len();
            continue;
        }
        for offset in block {
            let findings = examine(&changed(&small, &range, &[*offset]), &small);
            assert!(
                findings.wrong.is_empty(),
                "{RANGE}={}: {:?}",
                range.one(*offset),
                findings.wrong
            );
            said[findings.kind()] += 1;
        }
    }
    println!("{range}: {} refused, {} told, {} right", said[0], said[1], said[2]);
}

/// The file with these bytes changed.
fn changed(small: &Small, range: &Range, offsets: &[usize]) -> Image {
    let image = Image::new(&small.file);
    offsets.iter().for_each(|at| image.flip(*at, range.bits_at(*at)));
    image
}

/// Ends the process when one damaged store takes too long.
fn watch(range: &Range, at: Arc<AtomicUsize>) {
    let range = *range;
    std::thread::spawn(move || {
        let mut last = usize::MAX;
        loop {
            std::thread::sleep(PATIENCE);
            let now = at.load(Ordering::Relaxed);
            if now == last {
                println!("{RANGE}={} hangs", range.one(now));
                std::process::exit(3);
            }
            last = now;
        }
    });
}

/// Has ranges examined, each by a process of its own.
#[track_caller]
fn expect_sound(ranges: &[Range]) {
    let started: Vec<_> = ranges
        .iter()
        .map(|range| {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "examines_a_range_of_flips", "--nocapture"])
                .env(RANGE, range.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            let child = child.unwrap();
            // Read all at once: one whose output nobody takes would stand still.
            std::thread::spawn(|| child.wait_with_output().unwrap())
        })
        .collect();
    for child in started {
        let output = child.join().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let last: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
        let last = last.split_at(last.len().saturating_sub(9)).1.join("\n");
        println!("{last}");
        assert!(
            output.status.success(),
            "{}\n{last}\nreplay with {RANGE}=RANGE cargo test -p larder-proof --test flips",
            output.status,
        );
    }
}

/// Both halves of a file, for two processors.
fn halves(range: Range) -> [Range; 2] {
    let middle = Small::new(range.end, range.pieces).middle();
    [Range { to: middle, ..range }, Range { from: middle, ..range }]
}

#[test]
fn a_changed_byte_is_told_or_does_no_harm() {
    for end in [End::Closed, End::Killed] {
        expect_sound(&halves(Range::whole(end)));
    }
    if std::env::var_os(ALL).is_some() {
        for end in [End::Closed, End::Killed] {
            for bits in [1, 2, 4, 8, 16, 32, 64, 128, 0xff] {
                expect_sound(&halves(Range { bits: Some(bits), block: 1, ..Range::whole(end) }));
            }
        }
    }
}

#[test]
fn a_changed_byte_of_a_value_in_pieces_is_told() {
    let step = if std::env::var_os(ALL).is_some() { 61 } else { 4999 };
    for end in [End::Closed, End::Killed] {
        expect_sound(&halves(Range { step, pieces: true, ..Range::whole(end) }));
    }
}

#[test]
fn a_file_that_is_cut_off_is_told_or_does_no_harm() {
    for end in [End::Closed, End::Killed] {
        let small = Small::new(end, false);
        for page in 0..small.file.len().div_ceil(4096) {
            for more in [1, 320, 2048, 4095, 4096] {
                let kept = (page * 4096 + more).min(small.file.len());
                let findings = examine(&Image::new(&small.file[..kept]), &small);
                assert!(findings.wrong.is_empty(), "{end:?}, {kept} bytes: {:?}", findings.wrong);
            }
        }
    }
}

/// What is kept out of the tests above because it is never read is shown not to be: a store that
/// differs in all of it at once is the same.
#[test]
fn what_is_never_read_may_be_anything() {
    for end in [End::Closed, End::Killed] {
        let small = Small::new(end, false);
        let image = Image::new(&small.file);
        (0..small.file.len()).filter(|at| !small.is_read(*at)).for_each(|at| image.flip(at, 0xff));
        let findings = examine(&image, &small);
        assert!(findings.wrong.is_empty() && findings.kind() == 2, "{end:?}: {findings:?}");
    }
}
