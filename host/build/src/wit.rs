//! The WIT that a component is built against.

use crate::{Source, World};
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory of WIT, which is removed when it was made for one build.
pub enum Wit {
    Shared(PathBuf),
    Own(TempDir),
}

impl Wit {
    pub fn path(&self) -> &Path {
        match self {
            Self::Shared(path) => path,
            Self::Own(directory) => directory.path(),
        }
    }
}

/// The WIT in which the source's world is, with all that it may import.
pub fn directory(source: &Source, sdk: &Path) -> Result<Wit> {
    let shared = sdk.join("wit");
    let World::Own { wit, .. } = &source.world else { return Ok(Wit::Shared(shared)) };
    let own = tempfile::tempdir()?;
    // What the project brings along wins over what comes with us.
    copy(&shared.join("deps"), &own.path().join("deps"))?;
    copy(wit, own.path())
        .with_context(|| format!("cannot read the world's WIT in {}", wit.display()))?;
    Ok(Wit::Own(own))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to)?,
            false if from.extension().is_some_and(|extension| extension == "wit") => {
                fs::copy(&from, &to)?;
            }
            false => {}
        }
    }
    Ok(())
}
