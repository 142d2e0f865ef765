//! What runs a project's tests, and what it is told.

use super::environment::Language;
use crate::config::ConfigFile;
use crate::output;
use crate::reach::SOCKET_VARIABLE;
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result, bail};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::process::{Child, Command};

/// The address of the component, where one is served.
const URL_VARIABLE: &str = "LARDER_URL";

/// A command that runs tests.
pub struct Runner {
    command: Vec<OsString>,
    directory: PathBuf,
}

impl Runner {
    /// The command that was given, which runs where we are, or the one that is usual for the
    /// project, which runs in its directory.
    pub fn new(given: &[OsString], project: &ConfigFile) -> Result<Self> {
        if !given.is_empty() {
            let directory = std::env::current_dir().context("cannot tell the working directory")?;
            return Ok(Self { command: given.to_vec(), directory });
        }
        let directory = project.directory.clone();
        let Some(language) = Language::of(project) else {
            bail!(
                "{} is no project of Rust, JavaScript or Python: say what runs its tests: larder \
                 test -- CMD",
                output::path(&directory)
            );
        };
        let command = language.command().iter().map(OsString::from).collect();
        Ok(Self { command, directory })
    }

    /// Runs the tests and gives their exit code. A signal to stop is theirs to heed.
    pub async fn run(
        &self,
        socket: &Path,
        url: Option<&str>,
        environment: Vec<(OsString, OsString)>,
        shutdown: &mut Shutdown,
    ) -> Result<u8> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(0) };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory).kill_on_drop(true);
        command.envs(environment).env(SOCKET_VARIABLE, socket).env_remove(URL_VARIABLE);
        if let Some(url) = url {
            command.env(URL_VARIABLE, url);
        }
        let shown = self.command.join(OsStr::new(" "));
        let shown = shown.to_string_lossy();
        output::note(format_args!("testing: {shown}"));
        let mut child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
        tokio::select! {
            status = child.wait() => return Ok(code(status?)),
            _ = shutdown.requested() => terminate(&child),
        }
        tokio::select! {
            status = child.wait() => Ok(code(status?)),
            // As asked again: what is dropped is killed.
            code = shutdown.requested() => Ok(code),
        }
    }
}

#[cfg(unix)]
fn terminate(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself, from the signal that its terminal sent to both of us.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Ctrl-C reaches the child by itself.
#[cfg(windows)]
fn terminate(_: &Child) {}

/// The exit code, or what a shell makes of the end by a signal.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(windows)]
    let by_signal = None;
    match (status.code(), by_signal) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(signal)) => 128 + u8::try_from(signal).unwrap_or(0),
        (None, None) => 1,
    }
}
