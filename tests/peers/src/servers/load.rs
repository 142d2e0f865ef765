//! Load by wrk: clients that each send a request when the last one was answered.

use super::serving::Serving;
use super::tools;
use crate::measure::Measured;
use crate::report::{Section, time};
use anyhow::{Context as _, Result, ensure};
use std::process::Command;
use std::time::Duration;

/// A server and what it is asked for.
pub struct Target<'a> {
    pub name: &'a str,
    pub serving: &'a Serving,
    /// Before the number of a key.
    pub path: &'a str,
    /// In how many of the rounds it takes part, from the first.
    pub rounds: usize,
}

/// How it is asked.
#[derive(Clone, Copy)]
pub struct Load {
    pub clients: u32,
    /// How many keys there are.
    pub keys: u32,
    /// How long in each round, in whole seconds.
    pub each: Duration,
    pub rounds: usize,
}

/// What came of it.
pub struct Driven {
    /// For one request: the time of all through their number.
    pub request: Measured,
    /// What 99 of 100 requests took at most.
    pub p99: Measured,
    /// Of processors, for one request: the server's own, without wrk's.
    processors: Measured,
}

/// Drives all in turn, after a second for each to warm up.
pub fn drive(targets: &[Target<'_>], load: Load) -> Result<Vec<Driven>> {
    let mut turns = vec![<[Vec<f64>; 3]>::default(); targets.len()];
    for target in targets {
        wrk(target, Load { each: Duration::from_secs(1), ..load })?;
    }
    for round in 0..load.rounds {
        for (target, turns) in targets.iter().zip(&mut turns) {
            if round < target.rounds {
                let figures = wrk(target, load)?;
                turns.iter_mut().zip(figures).for_each(|(turns, figure)| turns.push(figure));
            }
        }
    }
    let driven = targets.iter().zip(turns).map(|(target, [request, p99, processors])| Driven {
        request: Measured::of(target.name, request),
        p99: Measured::of(target.name, p99),
        processors: Measured::of(target.name, processors),
    });
    Ok(driven.collect())
}

/// Seconds for one request, what 99 of 100 took at most, and seconds of processors for one.
fn wrk(target: &Target<'_>, load: Load) -> Result<[f64; 3]> {
    let Load { clients, keys, each, .. } = load;
    let mut command = Command::new("wrk");
    command.args(["-t1", "--timeout", "30s", "-c", &clients.to_string()]);
    command.args(["-d", &format!("{}s", each.as_secs()), "-s"]);
    command.arg(tools::folder().join("src/servers/load.lua")).arg(target.serving.url());
    command.args(["--", target.path, &keys.to_string()]);
    let before = target.serving.processors()?;
    let printed = tools::run(&mut command)?;
    let processors = target.serving.processors()? - before;
    let figures = printed.lines().find_map(|line| line.strip_prefix("figures "));
    let figures = figures.with_context(|| format!("wrk printed no figures:\n{printed}"))?;
    let figures: Vec<f64> = figures.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let &[requests, micros, failed, p99] = figures.as_slice() else {
        anyhow::bail!("wrk printed {printed}")
    };
    let name = target.name;
    ensure!(failed == 0.0 && requests > 0.0, "{name}: of {requests} requests {failed} failed");
    Ok([micros / requests / 1e6, p99 / 1e6, processors / requests])
}

/// Rows of how the requests of one compare with those of the other: their time, their p99, and what
/// they take of processors.
pub fn compare(
    section: &mut Section,
    what: &str,
    ours: &Driven,
    theirs: &Driven,
    goal: Option<f64>,
) {
    let each = |one: &Measured| format!("{} ({:.0}/s)", time(one.seconds), 1.0 / one.seconds);
    let ratio = ours.request.against(&theirs.request);
    let name = theirs.request.name.clone();
    section.row(what, each(&ours.request), &name, each(&theirs.request), ratio, goal);
    section.time(&format!("{what}, p99"), &ours.p99, &theirs.p99, None);
    let what = format!("{what}, processors");
    section.time(&what, &ours.processors, &theirs.processors, None);
}
