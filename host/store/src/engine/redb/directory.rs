//! The store's directory: what lies in it, whose it is, and what is refused.

use super::format::FORMAT;
use crate::{Error, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FORMAT_FILE: &str = "format";
const LOCK_FILE: &str = "lock";
const OWNER_FILE: &str = "owner";
const DATA_FILE: &str = "data.redb";
const NEW_DATA_FILE: &str = "data.redb.new";

/// The first line of the format file, before the number.
const FORMAT_LINE: &str = "larder store, format ";

/// A directory that is this process's alone, until it is released or dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Unlocked when it is dropped, at the latest.
    lock: File,
}

/// What was found in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A store.
    Store,
    /// No store: one is to be made, in [`Directory::new_data`], and then [`Directory::adopt`]ed.
    Nothing,
}

impl Directory {
    /// Takes the directory, made if need be, and says what is in it. Nothing that is there is
    /// changed before it is known to be a store of this format.
    pub(super) fn take(path: &Path, create: bool) -> Result<(Self, Found)> {
        let found = look(path)?;
        if found == Found::Nothing && !create {
            return Err(Error::NotFound { path: path.to_owned() });
        }
        fs::create_dir_all(path)
            .map_err(|error| Error::io(format!("creating {}", path.display()), error))?;
        let lock = lock(path)?;
        let directory = Self { path: path.to_owned(), lock };
        // Another process may have made a store between the look and the lock.
        let found = look(path)?;
        directory.write(OWNER_FILE, &owner_of_this_process())?;
        if found == Found::Store && !directory.data().exists() {
            directory.rename_new_data()?;
        }
        Ok((directory, found))
    }

    /// Gives the directory up while it is still referred to.
    pub(super) fn release(&self) {
        // Where the system has no locks there was none.
        let _ = self.lock.unlock();
    }

    #[cfg(unix)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The store's one large file.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join(DATA_FILE)
    }

    /// Where that file is made, so that one half made is never taken for one cut off.
    pub(super) fn new_data(&self) -> Result<PathBuf> {
        let path = self.path.join(NEW_DATA_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io(format!("removing {}", path.display()), error))
            }
            _ => Ok(path),
        }
    }

    /// Makes what lies in [`Directory::new_data`] the store.
    pub(super) fn adopt(&self) -> Result<()> {
        self.write(FORMAT_FILE, &format!("{FORMAT_LINE}{FORMAT}\n"))?;
        self.rename_new_data()
    }

    fn rename_new_data(&self) -> Result<()> {
        fs::rename(self.path.join(NEW_DATA_FILE), self.data())
            .and_then(|()| self.sync())
            .map_err(|error| Error::io(format!("making {}", self.data().display()), error))
    }

    /// Replaces a small file whole.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        let (path, new) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let written = || {
            let mut file = File::create(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            self.sync()
        };
        written().map_err(|error| Error::io(format!("writing {}", path.display()), error))
    }

    /// Makes renames durable, on systems where a directory can be synced.
    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

/// Says what is in a directory, or refuses it, by reading alone.
fn look(path: &Path) -> Result<Found> {
    let foreign = |reason: String| Error::Foreign { path: path.to_owned(), reason: reason.into() };
    let has = |name: &str| path.join(name).exists();
    let text = match fs::read_to_string(path.join(FORMAT_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && has(DATA_FILE) => {
            return Err(foreign(format!("it has a {DATA_FILE} and no {FORMAT_FILE} file")));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(foreign(format!("its {FORMAT_FILE} file is not text")));
        }
        Err(error) => {
            return Err(Error::io(format!("reading {}", path.join(FORMAT_FILE).display()), error));
        }
    };
    let number = text.trim_end().strip_prefix(FORMAT_LINE).and_then(|number| number.parse().ok());
    match number {
        None => Err(foreign(format!("its {FORMAT_FILE} file says {text:.40?}"))),
        Some(FORMAT) if has(DATA_FILE) || has(NEW_DATA_FILE) => Ok(Found::Store),
        Some(FORMAT) => Err(foreign(format!("its {DATA_FILE} is missing"))),
        Some(found) => {
            Err(Error::FormatUnsupported { path: path.to_owned(), found, supported: FORMAT })
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = path.join(LOCK_FILE);
    let failed = |error| Error::io(format!("locking {}", file.display()), error);
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&file);
    let lock = lock.map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let owner = fs::read_to_string(path.join(OWNER_FILE));
            let owner: Arc<str> = match owner {
                Ok(owner) if !owner.trim().is_empty() => owner.trim().into(),
                _ => "another process".into(),
            };
            Err(Error::Locked { path: path.to_owned(), owner })
        }
        // Where the system has no locks (wasm), that only one opens the store is the user's care.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(lock),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Who has the store, for the message to whoever else wants it.
fn owner_of_this_process() -> String {
    let command: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let command = command.join(" ");
    if cfg!(target_family = "wasm") {
        return format!("a component ({command})\n");
    }
    format!("process {} ({command})\n", std::process::id())
}
