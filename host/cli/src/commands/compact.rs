//! `larder compact`: space back to the system.

use super::store;
use crate::args::{ProjectArgs, ReachArgs};
use crate::output;
use anyhow::Result;
use std::io::Write as _;

pub async fn run(project: &ProjectArgs, args: &ReachArgs) -> Result<()> {
    let store = store(project, args, false)?;
    let compacted = store.client.compact().await?;
    store.close().await?;
    let (before, after) =
        (output::size(compacted.bytes_before), output::size(compacted.bytes_after));
    let mut answer = output::answer();
    writeln!(answer, "compacted from {before} to {after}")?;
    Ok(answer.flush()?)
}
