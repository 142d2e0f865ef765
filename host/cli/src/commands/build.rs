//! `larder build`: a project's component.

use super::serve::runtime;
use crate::args::{Build, ProjectArgs};
use crate::config;
use crate::output;
use crate::settings::{self, BuildSettings};
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result};
use std::path::{Path, absolute};
use std::process::ExitCode;

pub fn run(args: &ProjectArgs, build: &Build) -> Result<ExitCode> {
    let directory = build.directory.as_deref();
    let mut project = settings::project(args, directory)?.with_context(|| {
        let directory = directory.unwrap_or(Path::new(".")).display();
        format!("there is no {} in {directory} or above, by which to build", config::SOUGHT)
    })?;
    project.config.instance_reuse = build.instance_reuse.or(project.config.instance_reuse);
    let output = build.output.as_deref().map(absolute).transpose()?;
    let settings = BuildSettings::with(&project, build.backend, output.as_deref())?;
    let settings = settings.with_context(|| {
        let lacks = if project.is_wrangler() { "no `main`" } else { "neither `main` nor `build`" };
        format!("{} has {lacks}", output::path(&project.path))
    })?;
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let mut shutdown = Shutdown::listen()?;
        let building = async {
            settings.add_rust_target().await?;
            settings.run().await
        };
        // Whatever the build runs ends with it.
        tokio::select! {
            built = building => built.map(|()| ExitCode::SUCCESS),
            code = shutdown.requested() => Ok(ExitCode::from(code)),
        }
    });
    // A thread of ours may be waiting for another that installs the same.
    runtime.shutdown_background();
    result
}
