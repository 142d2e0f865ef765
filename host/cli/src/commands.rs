//! The commands: one file each.

mod build;
mod check;
mod compact;
mod dev;
mod key;
mod namespace;
mod new;
mod run;
mod serve;
mod types;
mod wit;

use crate::args::{Args, Command, ProjectArgs};
use anyhow::{Context as _, Result};
use std::env;
use std::process::ExitCode;

/// Runs the command. A failure is an error; a code is a component's own.
pub fn run(args: Args) -> Result<ExitCode> {
    let Args { project, command } = args;
    if let Some(directory) = &project.working_directory {
        env::set_current_dir(directory)
            .with_context(|| format!("cannot work in {}", directory.display()))?;
    }
    let done = match command {
        Command::Dev(args) => dev::run(&project, &args),
        Command::New(args) => new::run(&args),
        Command::Types(args) => types::run(&project, &args),
        Command::Build(args) => return build::run(&project, &args),
        Command::Serve(args) => serve::run(&project, &args),
        Command::Run(args) => return run::run(&project, &args),
        Command::Namespace(args) => namespace::run(&project, args),
        Command::Key(args) => key::run(&project, args),
        Command::Check(args) => check::run(&project, &args),
        Command::Compact(args) => compact::run(&project, &args),
        Command::Wit(args) => wit::run(&args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The settings of the store that a command of management works on.
fn store_settings(
    project: &ProjectArgs,
    args: &crate::args::StoreArgs,
) -> Result<crate::settings::StoreSettings> {
    let project = crate::settings::project(project, None)?;
    crate::settings::StoreSettings::new(args, project.as_ref())
}
