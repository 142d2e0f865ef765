//! The store's directory: what lies in it, whose it is, and what is refused.

use super::format::FORMAT;
use super::room::Wanted;
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
const NEW_FORMAT_FILE: &str = "format.new";
const NEW_OWNER_FILE: &str = "owner.new";

/// The device and the number of a file.
pub(super) type Identity = (u64, u64);

/// What may lie in a directory in which a store was being made.
pub(super) const NEW_STORE_FILES: [&str; 5] =
    [NEW_DATA_FILE, NEW_FORMAT_FILE, NEW_OWNER_FILE, OWNER_FILE, LOCK_FILE];

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
        directory.name_owner()?;
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

    /// The store's one large file.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join(DATA_FILE)
    }

    /// Bytes that the file has.
    pub(super) fn data_bytes(&self) -> Result<u64> {
        let path = self.data();
        let metadata = fs::metadata(&path);
        let action = || format!("reading the size of {}", path.display());
        Ok(metadata.map_err(|error| Error::io(action(), error))?.len())
    }

    /// What tells the store's large file from another of its name; none where there is none, or the
    /// system cannot say.
    pub(super) fn identity(&self) -> Option<Identity> {
        let metadata = fs::metadata(self.data()).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Some((metadata.dev(), metadata.ino()))
        }
        #[cfg(not(unix))]
        Some((metadata.is_file().into(), 0))
    }

    /// Refuses what wants more room than the disk has, where the system says. A full disk is told
    /// before redb meets it, since redb answers nothing after a failed write until it is opened anew.
    pub(super) fn expect_room(&self, wanted: Wanted) -> Result<()> {
        let needed = wanted.bytes();
        match self.available_bytes() {
            Some(available) if available < needed => Err(Error::StoreFull { needed, available }),
            _ => Ok(()),
        }
    }

    /// Bytes that are free on its disk, where the system says.
    fn available_bytes(&self) -> Option<u64> {
        #[cfg(unix)]
        {
            let disk = rustix::fs::statvfs(&self.path).ok()?;
            Some(disk.f_bavail.saturating_mul(disk.f_frsize))
        }
        #[cfg(not(unix))]
        None
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

    /// Says who has the store. On a full disk nobody is named, for the store is to be read there, too.
    fn name_owner(&self) -> Result<()> {
        match self.write(OWNER_FILE, &owner_of_this_process()) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::StorageFull => {
                for name in [NEW_OWNER_FILE, OWNER_FILE] {
                    let _ = fs::remove_file(self.path.join(name));
                }
                Ok(())
            }
            result => result,
        }
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

    fn sync(&self) -> io::Result<()> {
        sync(&self.path)
    }
}

/// Makes renames in a directory durable, on systems where one can be synced.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Removes everything of a store from a directory in which one was being made.
pub(super) fn remove(directory: Directory) {
    let path = directory.path.clone();
    let remove = |name| drop(fs::remove_file(path.join(name)));
    // The format first: without it, what is left if this is cut off is no store.
    [FORMAT_FILE, DATA_FILE].into_iter().chain(NEW_STORE_FILES).for_each(|name| {
        if name != LOCK_FILE {
            remove(name);
        }
    });
    drop(directory);
    remove(LOCK_FILE);
}

/// The large file of the store in a directory that is read and not taken.
pub(super) fn data_of(path: &Path) -> Result<PathBuf> {
    if look(path)? == Found::Nothing {
        return Err(Error::NotFound { path: path.to_owned() });
    }
    // One that is whole and was cut off before its last step has only the new name.
    let (data, new) = (path.join(DATA_FILE), path.join(NEW_DATA_FILE));
    Ok(if data.exists() { data } else { new })
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
    let lock = lock.map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => {
            let what = format!("opening {}, which may be another user's store,", path.display());
            Error::io(what, error)
        }
        _ => failed(error),
    })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Locked { path: path.to_owned(), owner: owner_of(path) })
        }
        // Where the system has no locks (wasm), that only one opens the store is the user's care.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(lock),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Who has the store of a directory open.
pub(super) fn owner_of(path: &Path) -> Arc<str> {
    match fs::read_to_string(path.join(OWNER_FILE)) {
        Ok(owner) if !owner.trim().is_empty() => owner.trim().into(),
        _ => "another process".into(),
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
