//! `larder compact`: space back to the system.

use super::store_settings;
use crate::args::{ProjectArgs, StoreArgs};
use crate::output;
use anyhow::Result;
use std::io::Write as _;

pub fn run(project: &ProjectArgs, args: &StoreArgs) -> Result<()> {
    let larder = store_settings(project, args)?.open()?;
    let compacted = larder.blocking().compact()?;
    larder.blocking().close()?;
    let (before, after) =
        (output::size(compacted.bytes_before), output::size(compacted.bytes_after));
    let mut answer = output::answer();
    writeln!(answer, "compacted from {before} to {after}")?;
    Ok(answer.flush()?)
}
