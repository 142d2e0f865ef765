//! Packages of Python, each set in a virtual environment of its own.

use crate::process;
use anyhow::Result;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::process::Command;

const REMEDY: &str = "install Python 3.10 or newer with venv, from python.org or by your system's \
                      package manager (Debian: python3 and python3-venv)";

/// A virtual environment.
pub struct Venv(PathBuf);

impl Venv {
    /// Whether one can be made.
    pub async fn available() -> Result<()> {
        let check = "import sys, venv, ensurepip\nassert sys.version_info >= (3, 10), \
                     f'Python {sys.version} is too old'";
        let output = process::output(python().args(["-c", check]), REMEDY).await?;
        if !output.status.success() {
            let said = process::said(&output);
            let reason = said.lines().next_back().unwrap_or_default();
            anyhow::bail!("Python cannot be used to build: {reason}; {REMEDY}");
        }
        Ok(())
    }

    /// Makes one in `directory`, with the packages of a requirements file. What cannot be finished
    /// is removed.
    pub async fn create(directory: &Path, requirements: &Path) -> Result<Self> {
        Self::available().await?;
        let venv = Self(directory.to_owned());
        let made = venv.fill(requirements).await;
        if made.is_err() {
            // The error that matters is the one before.
            let _ = fs::remove_dir_all(directory).await;
        }
        made.map(|()| venv)
    }

    /// The one that is in `directory`.
    pub fn existing(directory: &Path) -> Option<Self> {
        directory.join("pyvenv.cfg").exists().then(|| Self(directory.to_owned()))
    }

    async fn fill(&self, requirements: &Path) -> Result<()> {
        process::run(python().args(["-m", "venv"]).arg(&self.0), REMEDY).await?;
        let mut pip = self.command("python");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        process::run(pip.arg("--requirement").arg(requirements), REMEDY).await?;
        Ok(())
    }

    /// One of its programs.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        Command::new(self.0.join(programs).join(program.as_ref()))
    }

    /// Where its packages lie.
    pub fn site_packages(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return Some(self.0.join("Lib/site-packages"));
        }
        let versions = std::fs::read_dir(self.0.join("lib")).ok()?;
        let mut packages = versions.flatten().map(|version| version.path().join("site-packages"));
        packages.find(|path| path.is_dir())
    }
}

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}
