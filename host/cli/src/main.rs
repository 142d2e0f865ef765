//! The `larder` command: serves components with their key-value namespaces, and manages those.
//!
//! # Layout
//!
//! - [`args`]: the command line as it is written, [`config`]: `larder.toml` as it is written, or
//!   what is translated into it, [`settings`]: both together, checked before any work.
//! - [`commands`]: one file per command.
//! - [`store`]: opening the store and its bindings; [`seed`]: what a namespace begins with; [`reach`]: the way to one that may be open
//!   elsewhere; [`clock`]: time from a file, for tests.
//! - [`engine`] and [`guest`]: wasmtime, and what one instance of a component is given.
//! - [`serve`]: HTTP in front of a component; [`build`] and [`watch`]: what `dev` adds.
//! - [`bulk`]: wrangler's files of many keys.
//! - [`output`]: what is printed, and how; [`progress`]: how far a long command is.

mod args;
mod build;
mod bulk;
mod clock;
mod commands;
mod config;
mod engine;
mod guest;
mod output;
mod progress;
mod reach;
mod seed;
mod serve;
mod settings;
mod shutdown;
mod store;
mod watch;

use clap::Parser as _;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(args::Args::parse()) {
        Ok(code) => code,
        // Whoever read our output has seen enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(format_args!("error: {}", output::error(&error)));
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
