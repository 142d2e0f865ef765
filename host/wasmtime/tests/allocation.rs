//! What is too large costs the host nothing. In a process of its own, since it counts what the
//! whole process allocates.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "main/probe.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod probe;

use probe::{Probe, data, whole};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn what_is_too_large_is_refused_before_it_is_copied() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    let tries = |probe: &mut Probe, bytes: u32| {
        let _: Vec<String> = probe.call("text-everywhere", ("DATA", bytes));
        let refused: [Result<(), String>; 4] = [
            probe.call("put-zeros", ("DATA", "k", bytes)),
            probe.call("write-zeros", ("DATA", "k", bytes, 1_u32)),
            probe.call("commit-zeros", ("DATA", bytes, 1_u32)),
            probe.call("commit-zeros", ("DATA", 2 * bytes, 3_u32)),
        ];
        refused.into_iter().all(|refused| refused.is_err())
    };
    // What is allocated once and for all.
    tries(&mut probe, 2_000);

    let _profiler = dhat::Profiler::builder().testing().build();
    assert!(tries(&mut probe, 30_000_000));
    let allocated = dhat::HeapStats::get().total_bytes;
    assert!(allocated < 1_000_000, "{allocated} bytes were allocated");
}
