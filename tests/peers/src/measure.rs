//! Timing in turn: machines are noisy, so that only what was measured in the same moments compares.

use anyhow::Result;
use std::time::{Duration, Instant};

/// One of the things that are compared: does itself so many times and says how long that took.
pub struct Side<'a> {
    pub name: &'a str,
    run: Box<dyn FnMut(u32) -> Result<Duration> + 'a>,
}

/// What was measured of one side.
#[derive(Clone, Debug)]
pub struct Measured {
    pub name: String,
    /// Seconds for one, the median of all turns.
    pub seconds: f64,
    /// Each turn, in the order of the turns of the others.
    turns: Vec<f64>,
}

impl<'a> Side<'a> {
    /// A side that times itself, where it is not to count all that it does.
    pub fn timed(name: &'a str, run: impl FnMut(u32) -> Result<Duration> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }

    /// A side of which all counts.
    pub fn new(name: &'a str, mut run: impl FnMut(u32) -> Result<()> + 'a) -> Self {
        Self::timed(name, move |times| {
            let began = Instant::now();
            run(times)?;
            Ok(began.elapsed())
        })
    }
}

impl Measured {
    /// What was timed elsewhere: seconds for one, in the turns of the others.
    pub fn of(name: &str, turns: Vec<f64>) -> Self {
        Self { name: name.to_owned(), seconds: median(turns.clone()), turns }
    }

    /// How many times as long as the other: the median of the ratios within each turn.
    pub fn against(&self, other: &Self) -> f64 {
        median(self.turns.iter().zip(&other.turns).map(|(ours, theirs)| ours / theirs).collect())
    }

    /// The same against the sum of several.
    pub fn against_sum(&self, others: &[&Self]) -> f64 {
        let sums = (0..self.turns.len())
            .map(|turn| others.iter().filter_map(|other| other.turns.get(turn)).sum::<f64>());
        median(self.turns.iter().zip(sums).map(|(ours, theirs)| ours / theirs).collect())
    }

    /// So many in one call of the side: seconds for each.
    pub fn each_of(mut self, many: f64) -> Self {
        self.seconds /= many;
        self.turns.iter_mut().for_each(|turn| *turn /= many);
        self
    }
}

/// Times all sides in turn, for about so long in all, after a turn to warm up.
pub fn in_turn(sides: Vec<Side<'_>>, time: Duration) -> Result<Vec<Measured>> {
    const TURNS: u32 = 21;
    let share = time / (TURNS + 2) / u32::try_from(sides.len())?;
    let mut sides: Vec<_> = sides.into_iter().map(|side| (side, 1, Vec::new())).collect();
    for (side, times, _) in &mut sides {
        *times = times_within(side, share)?;
    }
    for _ in 0..TURNS {
        for (side, times, turns) in &mut sides {
            turns.push((side.run)(*times)?.as_secs_f64() / f64::from(*times));
        }
    }
    let measured = |(side, _, turns): (Side<'_>, u32, Vec<f64>)| Measured::of(side.name, turns);
    Ok(sides.into_iter().map(measured).collect())
}

/// How many times fill the share of one turn.
fn times_within(side: &mut Side<'_>, share: Duration) -> Result<u32> {
    let mut times = 1;
    loop {
        let took = (side.run)(times)?;
        if took >= share / 4 || times >= 1 << 24 {
            let fit = share.as_secs_f64() / took.as_secs_f64().max(1e-9);
            return Ok(((f64::from(times) * fit) as u32).max(1));
        }
        times *= 2;
    }
}

pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}
