//! From 10 thousand keys to 10 million: what a get takes as the store outgrows its cache.

use crate::guest::{Given, Guest};
use crate::measure::{Measured, in_turn};
use crate::report::{Lines, Section};
use crate::stores::{self, CACHE_BYTES, Filled};
use crate::{Extent, Plan, micro};
use anyhow::Result;
use pollster::block_on;
use std::cell::RefCell;
use std::time::Duration;

const VALUE_BYTES: usize = 100;

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    let (counts, time): (&[u32], _) = match plan.extent {
        Extent::Short => (&[10_000, 1_000_000], 2),
        Extent::Full => (&[10_000, 100_000, 1_000_000], 10),
        Extent::Long => (&[10_000, 100_000, 1_000_000, 10_000_000], 20),
    };
    let guest = Guest::pooled()?;
    let mut section = Section::new("Growth", &about());
    let (mut ours, mut raws, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for keys in counts.iter().copied() {
        let filled = Filled::open(&plan.scratch, keys, VALUE_BYTES)?.warm(keys)?;
        let [get, floor, raw] = uniform(&filled, &guest, keys, Duration::from_secs(time))?;
        let what = format!("get of 100 B, uniform of {keys} ({} MiB)", filled.file_bytes >> 20);
        // At 10 M keys neither cache holds what is asked for, and no goal was set.
        let goal = (keys <= 1_000_000).then_some(1.25);
        section.time_of_all(&what, &get, &[&floor, &raw], goal);
        section.time(&what, &get, &raw, None);
        for (points, measured) in [(&mut ours, &get), (&mut raws, &raw), (&mut floors, &floor)] {
            points.push((f64::from(keys), measured.seconds * 1e6));
        }
    }
    section.plot(Lines {
        name: "get of 100 B, any key".into(),
        x: "keys".into(),
        y: "µs".into(),
        lines: vec![
            ("in a guest".into(), ours),
            ("raw redb".into(), raws),
            ("a host function that does nothing".into(), floors),
        ],
    });
    Ok(vec![section])
}

fn about() -> String {
    format!(
        "Any of the keys, each as likely, with a cache of {} MiB for Larder and as much for raw redb \
         on the same file.",
        CACHE_BYTES >> 20
    )
}

/// A get of any key: in the guest, as a call that does nothing, and in redb.
pub fn uniform(filled: &Filled, guest: &Guest, keys: u32, time: Duration) -> Result<[Measured; 3]> {
    let floor = stores::value(VALUE_BYTES).into();
    let given = Given { floor, ..Given::new(&filled.namespace)? };
    let running = RefCell::new(block_on(guest.instance(&given))?);
    running.borrow_mut().choose(keys, 0)?;
    let mut buffer = Vec::new();
    let sides = vec![
        micro::calls("get", &running, "get", VALUE_BYTES as u64),
        micro::calls("floor", &running, "floor-get", VALUE_BYTES as u64),
        micro::native("raw redb", keys, |key| {
            Ok(filled.raw.get(&mut buffer, key)?.map_or(0, |value| value.len()))
        }),
    ];
    micro::all(in_turn(sides, time)?)
}
