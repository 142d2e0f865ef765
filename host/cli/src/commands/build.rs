//! `larder build`: a project's component.

use super::serve::runtime;
use crate::args::{Build, ProjectArgs};
use crate::config;
use crate::output;
use crate::settings::{self, BuildSettings};
use anyhow::{Context as _, Result};
use std::path::{Path, absolute};

pub fn run(args: &ProjectArgs, build: &Build) -> Result<()> {
    let directory = build.directory.as_deref();
    let project = settings::project(args, directory)?.with_context(|| {
        let directory = directory.unwrap_or(Path::new(".")).display();
        format!("there is no {} in {directory} or above, by which to build", config::FILE_NAME)
    })?;
    let output = build.output.as_deref().map(absolute).transpose()?;
    let settings = BuildSettings::with(&project, build.backend, output.as_deref())?;
    let settings = settings.with_context(|| {
        format!("{} has neither `main` nor `build`", output::path(&project.path))
    })?;
    runtime()?.block_on(async {
        settings.add_rust_target().await?;
        settings.run().await
    })
}
