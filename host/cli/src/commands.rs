//! The commands: one file each.

mod backup;
mod build;
mod check;
mod clear;
mod compact;
mod dev;
mod export;
pub mod import;
mod key;
mod kv;
mod namespace;
mod new;
mod restore;
mod run;
mod serve;
mod test;
mod types;
mod wit;

use crate::args::{Args, Command, ProjectArgs, ReachArgs};
use crate::reach::{Reach, Store};
use crate::settings;
use anyhow::{Context as _, Result};
use std::env;
use std::future::Future;
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
        Command::Test(args) => return test::run(&project, &args),
        Command::Serve(args) => serve::run(&project, &args),
        Command::Run(args) => return run::run(&project, &args),
        Command::Namespace(args) => wait(namespace::run(&project, args)),
        Command::Key(args) => wait(key::run(&project, args)),
        Command::Kv(args) => wait(kv::run(&project, args)),
        Command::Export(args) => wait(export::run(&project, args)),
        Command::Import(args) => wait(import::run(&project, args)),
        Command::Backup(args) => wait(backup::run(&project, &args)),
        Command::Restore(args) => restore::run(&project, args),
        Command::Check(args) => wait(check::run(&project, &args)),
        Command::Compact(args) => wait(compact::run(&project, &args)),
        Command::Wit(args) => wit::run(&args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// What a command of management waits on. Whoever comes through the socket meanwhile is answered
/// by a thread of its own, also while this one waits for its input.
fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(work);
    // A connection of another's may still be open.
    runtime.shutdown_background();
    result
}

/// The store that a command of management works on.
fn store(project: &ProjectArgs, args: &ReachArgs, create: bool) -> Result<Store> {
    let project = settings::project(project, None)?;
    Ok(Store::new(Reach::new(args, project.as_ref(), create)?))
}
