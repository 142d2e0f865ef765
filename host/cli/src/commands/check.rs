//! `larder check`: whether the store is what was written.

use super::store;
use crate::args::{ProjectArgs, ReachArgs};
use crate::output;
use anyhow::{Result, bail};
use std::io::Write as _;

pub async fn run(project: &ProjectArgs, args: &ReachArgs) -> Result<()> {
    let store = store(project, args, false)?;
    let report = store.client.check().await?;
    store.close().await?;
    let (keys, size) = (output::count(report.keys, "key"), output::size(report.bytes));
    let mut answer = output::answer();
    for damage in &report.damage {
        writeln!(answer, "{damage}")?;
    }
    let places = report.damage.len() as u64;
    if places > 0 {
        answer.flush()?;
        bail!("read {keys} with {size} of values: damaged in {}", output::count(places, "place"));
    }
    writeln!(answer, "read {keys} with {size} of values: sound")?;
    Ok(answer.flush()?)
}
