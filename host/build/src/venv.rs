//! Python, and what comes as its packages.

use crate::process;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::process::Command;

/// What people run to have Python.
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// Whether there is a Python that can make virtual environments; `remedy` says what to install.
pub async fn available(remedy: &str) -> Result<()> {
    let check = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    let output = process::output(Command::new(PYTHON).args(["-c", check]), remedy).await?;
    if !output.status.success() {
        bail!("{PYTHON} is older than 3.10 or lacks venv: {remedy}");
    }
    Ok(())
}

/// Makes a virtual environment in `directory`, with the packages that `requirements` names by their
/// hashes.
pub async fn install(directory: &Path, requirements: &[u8], remedy: &str) -> Result<()> {
    let locked = directory.join("requirements.txt");
    fs::write(&locked, requirements).await?;
    create(&directory.join("venv"), &locked, &["--no-deps", "--require-hashes"], remedy).await
}

/// Makes the virtual environment `venv`, with the packages of the file `requirements`.
pub async fn create(
    venv: &Path,
    requirements: &Path,
    options: &[&str],
    remedy: &str,
) -> Result<()> {
    available(remedy).await?;
    // One that an interrupted installation has left may lack anything.
    process::run(Command::new(PYTHON).args(["-m", "venv", "--clear"]).arg(venv), remedy).await?;
    let mut pip = Command::new(program(venv, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(options)
        .arg("--requirement")
        .arg(requirements);
    process::run(&mut pip, remedy).await.context("`pip install` failed")?;
    Ok(())
}

/// The Python of the virtual environment that [`install`] made in `directory`.
pub fn python(directory: &Path) -> PathBuf {
    program(&directory.join("venv"), "python")
}

/// A program of the virtual environment `venv`.
pub fn program(venv: &Path, name: &str) -> PathBuf {
    let directory = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Where the packages of the virtual environment `venv` lie.
pub fn site_packages(venv: &Path) -> Option<PathBuf> {
    if cfg!(windows) {
        return Some(venv.join("Lib/site-packages"));
    }
    let versions = std::fs::read_dir(venv.join("lib")).ok()?;
    let mut packages = versions.flatten().map(|version| version.path().join("site-packages"));
    packages.find(|path| path.is_dir())
}
