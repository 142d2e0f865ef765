//! `larder restore`: a store from a backup.

use super::backup::print_copied;
use crate::args::{ProjectArgs, Restore};
use crate::progress::Progress;
use crate::settings;
use crate::store::leave_out_of_version_control;
use anyhow::{Context as _, Result};
use larder_store::Larder;

pub fn run(project: &ProjectArgs, args: Restore) -> Result<()> {
    let project = settings::project(project, None)?;
    let Restore { backup, store } = args;
    let directory = settings::store_directory(store.as_deref(), project.as_ref())?;
    let progress = Progress::of_keys("copying", None);
    let copied =
        Larder::restore_with(&backup, &directory, move |copied| progress.set(copied.keys))?;
    leave_out_of_version_control(&directory)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    print_copied(copied.into(), &directory)
}
