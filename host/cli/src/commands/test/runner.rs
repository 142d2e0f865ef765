//! What runs a project's tests, and what it is told.

use crate::config::ConfigFile;
use crate::output;
use crate::reach::SOCKET_VARIABLE;
use crate::settings;
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result, bail};
use larder_build::javascript;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::process::{Child, Command};

/// The address of the component, where one is served.
const URL_VARIABLE: &str = "LARDER_URL";
/// Where this command is, for tests that run it again.
const COMMAND_VARIABLE: &str = "LARDER";

/// What usually runs the tests of a project in JavaScript.
const NPM: &[&str] = &["npm", "test"];

/// A command that runs tests.
pub struct Runner {
    command: Vec<OsString>,
    directory: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Runner {
    /// The command that was given, which runs where we are, or the one that is usual for the
    /// project, which runs in its directory.
    pub fn new(given: &[OsString], project: &ConfigFile) -> Result<Self> {
        let environment = environment(project)?;
        if !given.is_empty() {
            let directory = std::env::current_dir().context("cannot tell the working directory")?;
            return Ok(Self { command: given.to_vec(), directory, environment });
        }
        let directory = project.directory.clone();
        let Some(command) = usual(project) else {
            bail!(
                "{} is no project of Rust, JavaScript or Python: say what runs its tests: larder \
                 test -- CMD",
                output::path(&directory)
            );
        };
        let command = command.iter().map(OsString::from).collect();
        Ok(Self { command, directory, environment })
    }

    /// Runs the tests and gives their exit code. A signal to stop is theirs to heed.
    pub async fn run(
        &self,
        socket: &Path,
        url: Option<&str>,
        shutdown: &mut Shutdown,
    ) -> Result<u8> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(0) };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory).kill_on_drop(true);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env(SOCKET_VARIABLE, socket).env_remove(URL_VARIABLE);
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

/// The project's variables, where this command is, and by what the project's language finds its
/// guest package.
fn environment(project: &ConfigFile) -> Result<Vec<(OsString, OsString)>> {
    let config = &project.config;
    let vars = config.vars.iter().map(|(name, value)| (name.into(), value.into()));
    let mut environment: Vec<(OsString, OsString)> = vars.collect();
    let larder = std::env::current_exe().context("cannot tell where this command is")?;
    environment.push((COMMAND_VARIABLE.into(), larder.into()));
    if usual(project) == Some(NPM) {
        let node = javascript::test_environment(&settings::javascript(config), &config.vars)?;
        environment.extend(node.into_iter().map(|(name, value)| (name.into(), value)));
    }
    Ok(environment)
}

/// What usually runs the tests of a project: by the language of what it builds, or else by what
/// lies in its directory.
fn usual(project: &ConfigFile) -> Option<&'static [&'static str]> {
    const PYTEST: &[&str] = &["pytest"];
    const CARGO: &[&str] = &["cargo", "test"];
    let has = |name: &str| project.directory.join(name).exists();
    if let Some(main) = &project.config.main {
        return match Path::new(main).extension().and_then(OsStr::to_str) {
            Some("c") => None,
            Some("js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx") => Some(NPM),
            _ => Some(PYTEST),
        };
    }
    match () {
        () if has("Cargo.toml") => Some(CARGO),
        () if has("package.json") => Some(NPM),
        () if has("pyproject.toml") || has("requirements.txt") => Some(PYTEST),
        () => None,
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
