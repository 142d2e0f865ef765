//! `larder check`: whether the store is what was written.

use super::store;
use crate::args::{ProjectArgs, ReachArgs};
use crate::output;
use crate::settings;
use anyhow::{Error, Result, bail};
use larder_server::Checked;
use larder_server::client::ClientError;
use larder_store::Larder;
use larder_store::engine::CheckReport;
use std::io::Write as _;

pub async fn run(project: &ProjectArgs, args: &ReachArgs) -> Result<()> {
    let store = store(project, args, false)?;
    match store.client.check().await {
        Err(ClientError::Unreachable(error)) if is_damage(&*error) => {
            inspect(project, args, Error::from_boxed(error))
        }
        checked => {
            let checked = checked?;
            store.close().await?;
            print(&checked)
        }
    }
}

/// Whether the store is so damaged that it was not opened.
fn is_damage(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(larder_store::Error::Corrupt { .. }))
}

/// Says of a store that nobody can open what is damaged, as far as it can be read.
fn inspect(project: &ProjectArgs, args: &ReachArgs, refused: Error) -> Result<()> {
    let project = settings::project(project, None)?;
    let directory = settings::store_directory(args.store.store.as_deref(), project.as_ref())?;
    let Ok(CheckReport { keys, bytes, damage }) = Larder::inspect(&directory) else {
        return Err(refused);
    };
    output::note(output::error(&refused));
    if damage.is_empty() {
        let copy = "every entry can be read: `larder restore` makes a sound store of this one";
        bail!("{copy}, in a new directory");
    }
    print(&Checked { keys, bytes, damage })
}

fn print(checked: &Checked) -> Result<()> {
    let (keys, size) = (output::count(checked.keys, "key"), output::size(checked.bytes));
    let mut answer = output::answer();
    for damage in &checked.damage {
        writeln!(answer, "{damage}")?;
    }
    let places = checked.damage.len() as u64;
    if places > 0 {
        answer.flush()?;
        bail!("read {keys} with {size} of values: damaged in {}", output::count(places, "place"));
    }
    writeln!(answer, "read {keys} with {size} of values: sound")?;
    Ok(answer.flush()?)
}
