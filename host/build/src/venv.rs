//! Python, and the tools that come as its packages.

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
    available(remedy).await?;
    let locked = directory.join("requirements.txt");
    fs::write(&locked, requirements).await?;
    let venv = directory.join("venv");
    // One that an interrupted installation has left may lack anything.
    process::run(Command::new(PYTHON).args(["-m", "venv", "--clear"]).arg(&venv), remedy).await?;
    let mut pip = Command::new(python(directory));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--require-hashes", "--requirement"])
        .arg(&locked);
    process::run(&mut pip, remedy).await.context("`pip install` failed")?;
    Ok(())
}

/// The Python of the virtual environment in `directory`.
pub fn python(directory: &Path) -> PathBuf {
    directory.join(if cfg!(windows) { "venv/Scripts/python.exe" } else { "venv/bin/python" })
}
