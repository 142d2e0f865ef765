//! The directory in which a copy is made, and in which nothing is left when it comes to nothing.

use super::directory::{self, Directory, Found, NEW_STORE_FILES};
use super::guard::{Result as Guarded, guarded};
use super::room::Wanted;
use crate::{Error, Result};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A directory that held nothing. Dropped before it has been adopted, it holds nothing again, and
/// is gone if it was not there before.
pub(super) struct NewDirectory {
    path: PathBuf,
    /// None before it is this process's, and when it has become a store's.
    directory: Option<Directory>,
    /// Directories that were not there before, the innermost first.
    made: Vec<PathBuf>,
}

impl NewDirectory {
    /// Takes the directory, which may hold nothing but what a copy that was cut off has left, and
    /// may not lie within that of the `source`.
    pub(super) fn take(path: &Path, source: Option<&Path>) -> Result<Self> {
        expect_free(path)?;
        if source.is_some_and(|source| lies_within(path, source)) {
            let reason = "it lies within the store's own directory and would be lost with it";
            return Err(refused(path, reason));
        }
        let made = path.ancestors().take_while(|path| !path.as_os_str().is_empty());
        let made = made.take_while(|path| !path.exists()).map(Path::to_owned).collect();
        let mut new = Self { path: path.to_owned(), directory: None, made };
        let (directory, found) = Directory::take(path, true)?;
        if found == Found::Store {
            return Err(refused(path, HOLDS_A_STORE));
        }
        new.directory = Some(directory);
        Ok(new)
    }

    /// Where the copy is written.
    pub(super) fn new_data(&self) -> Result<PathBuf> {
        self.directory.as_ref().ok_or(Error::Closed)?.new_data()
    }

    /// Refuses to write so many bytes where they do not fit. A full disk is told before redb meets
    /// it, which says less of it.
    pub(super) fn expect_room(&self, bytes: u64) -> Result<()> {
        self.directory
            .as_ref()
            .map_or(Ok(()), |directory| directory.expect_room(Wanted::ToBring(bytes)))
    }

    /// Makes what was written the store.
    pub(super) fn adopt(&mut self) -> Result<()> {
        if let Some(directory) = &self.directory {
            directory.adopt()?;
        }
        for path in &self.made {
            sync_parent(path)
                .map_err(|error| Error::io(format!("making {}", path.display()), error))?;
        }
        self.directory = None;
        self.made.clear();
        Ok(())
    }

    /// Writes to redb, and says of what fails that it was the copy, not its original.
    pub(super) fn told<T>(&self, work: impl FnOnce() -> Guarded<T>) -> Result<T> {
        guarded(work).map_err(|failed| match Error::from(failed) {
            Error::Io { source, .. } => {
                Error::Io { action: format!("writing {}", self.path.display()).into(), source }
            }
            other => other,
        })
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        if let Some(directory) = self.directory.take() {
            directory::remove(directory);
        }
        for path in &self.made {
            // Another process may have put something there.
            let _ = fs::remove_dir(path);
        }
    }
}

const HOLDS_A_STORE: &str = "it holds a store; give a directory that is new or empty";

fn refused(path: &Path, reason: &str) -> Error {
    Error::DirectoryRefused { path: path.to_owned(), reason: reason.into() }
}

fn expect_free(path: &Path) -> Result<()> {
    let failed = |error| Error::io(format!("reading {}", path.display()), error);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(refused(path, "it is no directory"));
        }
        Err(error) => return Err(failed(error)),
    };
    let names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
    let mut names = names.map_err(failed)?;
    names.sort();
    if names.iter().any(|name| name == "format" || name == "data.redb") {
        return Err(refused(path, HOLDS_A_STORE));
    }
    let other = names.iter().find(|name| !NEW_STORE_FILES.iter().any(|known| name == known));
    match other {
        None => Ok(()),
        Some(name) => {
            let reason = format!("it holds {name:?}; give a directory that is new or empty");
            Err(refused(path, &reason))
        }
    }
}

/// Makes it durable that a directory is there.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory::sync(parent.unwrap_or(Path::new(".")))
}

fn lies_within(path: &Path, source: &Path) -> bool {
    let absolute = std::path::absolute(path);
    let there = absolute.iter().flat_map(|path| path.ancestors());
    let there = there.filter_map(|path| fs::canonicalize(path).ok()).next();
    match (there, fs::canonicalize(source)) {
        (Some(there), Ok(source)) => there.starts_with(source),
        _ => false,
    }
}
