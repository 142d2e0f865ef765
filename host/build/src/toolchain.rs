//! What is installed for a language, in the user's cache directory.

use crate::sdk::{self, File};
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The installed packages of a language.
pub struct Toolchain {
    /// Where our own files for the language are; the packages lie in the directory around it.
    pub sdk: PathBuf,
}

impl Toolchain {
    /// The toolchain that `locked` says, which `install` puts into a directory when it is not there.
    pub async fn ready(
        language: &str,
        locked: &[File],
        sdk: &[&[File]],
        install: impl AsyncFnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let name = format!("{language}-{}", sdk::digest(locked.iter()));
        let directory = directory(&name)?;
        let installed = directory.join("installed");
        if !installed.exists() {
            let _alone = lock(&directory).await?;
            if !installed.exists() {
                install(&directory).await?;
                fs::write(&installed, [])?;
            }
        }
        let sdk = sdk::unpack(&directory, sdk)?;
        Ok(Self { sdk })
    }
}

/// Holds others off for as long as the file is open, also those of other processes.
pub async fn lock(directory: &Path) -> Result<fs::File> {
    let path = directory.join("lock");
    let file =
        fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    Ok(locked.await??)
}

/// A directory that is being filled. It is removed when that ends early: whatever looked for it later
/// would take it for whole.
pub struct Unfinished(Option<PathBuf>);

impl Unfinished {
    pub fn new(directory: PathBuf) -> Self {
        Self(Some(directory))
    }

    pub fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(directory) = &self.0 else { return };
        // The tool that fills it was told to end, which may take it a moment.
        for _ in 0..20 {
            if fs::remove_dir_all(directory).is_ok() || !directory.exists() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A directory of that name in the user's cache directory.
pub fn directory(name: &str) -> Result<PathBuf> {
    let project = directories_next::ProjectDirs::from("", "", "larder");
    let project = project.context("there is no home directory, in which to keep toolchains")?;
    let directory = project.cache_dir().join(name);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}
