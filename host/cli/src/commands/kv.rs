//! `larder kv`: what wrangler's commands of that name do, with their arguments, files and outputs.

mod bulk;
mod key;
mod namespace;
mod target;

use crate::args::ProjectArgs;
use crate::args::kv::{Kv, PlaceArgs};
use anyhow::{Result, bail};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

pub async fn run(project: &ProjectArgs, command: Kv) -> Result<()> {
    match command {
        Kv::Namespace(command) => namespace::run(project, command).await,
        Kv::Key(command) => key::run(project, command).await,
        Kv::Bulk(command) => bulk::run(project, command).await,
    }
}

/// There is no other place than this one.
fn refuse_remote(place: &PlaceArgs) -> Result<()> {
    if place.remote {
        bail!("--remote: Larder is local, and has no namespaces elsewhere: leave it out");
    }
    Ok(())
}

/// Says on standard output, as wrangler does, what is about to be done.
fn say(text: &str) -> Result<()> {
    let mut answer = io::stdout().lock();
    writeln!(answer, "{text}")?;
    Ok(answer.flush()?)
}

/// Says where that is before it.
fn say_located(text: &str) -> Result<()> {
    say(&format!("Resource location: local\n\n{text}"))
}

/// Asks before something is lost, where there is somebody to ask.
fn confirm(question: &str, flag: &str) -> Result<()> {
    if !io::stdin().is_terminal() {
        bail!("{question} There is no terminal to ask on: to go on, say {flag}");
    }
    let mut terminal = io::stderr();
    write!(terminal, "{question} (y/N) ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("nothing was deleted"),
    }
}
