//! `larder backup`: a copy of the store.

use super::store;
use crate::args::{Backup, ProjectArgs};
use crate::output;
use crate::progress::Progress;
use anyhow::Result;
use larder_server::Copied;
use std::io::Write as _;
use std::path::Path;

pub async fn run(project: &ProjectArgs, args: &Backup) -> Result<()> {
    // Whoever has the store open may work elsewhere.
    let directory = std::path::absolute(&args.directory)?;
    let store = store(project, &args.store, false)?;
    let namespaces = store.client.namespaces().await?;
    let keys = namespaces.iter().map(|namespace| namespace.keys).sum();
    let progress = Progress::of_keys("copying", Some(keys));
    let copied = store.client.backup(&directory, |copied| progress.set(copied.keys)).await?;
    drop(progress);
    store.close().await?;
    print_copied(copied, &directory)
}

/// Says what a verified copy holds.
pub fn print_copied(copied: Copied, directory: &Path) -> Result<()> {
    let namespaces = output::count(copied.namespaces, "namespace");
    let keys = output::count(copied.keys, "key");
    let (size, directory) = (output::size(copied.bytes), output::path(directory));
    let mut answer = output::answer();
    writeln!(answer, "copied {namespaces}, {keys}, {size} to {directory}: read back and sound")?;
    Ok(answer.flush()?)
}
