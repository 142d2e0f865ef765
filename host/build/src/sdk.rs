//! The files that come with this crate, and their place on disk.

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A file of the repository: its path from this crate's directory, and what it holds.
pub type File = (&'static str, &'static [u8]);

/// The named files, embedded.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../", $path)))),*]
    };
}
pub(crate) use files;

/// The WIT of every world.
pub const WIT: &[File] = files![
    "wit/worlds.wit",
    "wit/deps/larder-kv/kv.wit",
    "wit/deps/wasi-cli.wit",
    "wit/deps/wasi-clocks.wit",
    "wit/deps/wasi-filesystem.wit",
    "wit/deps/wasi-http.wit",
    "wit/deps/wasi-io.wit",
    "wit/deps/wasi-random.wit",
    "wit/deps/wasi-sockets.wit",
];

/// Puts the files below `directory`, in a directory named for their content; gives its path.
pub fn unpack(directory: &Path, files: &[&[File]]) -> Result<PathBuf> {
    let files = || files.iter().copied().flatten();
    let place = directory.join(format!("sdk-{}", digest(files())));
    if place.is_dir() {
        return Ok(place);
    }
    let cannot = || format!("cannot write to {}", directory.display());
    let unpacked = tempfile::tempdir_in(directory).with_context(cannot)?;
    for (path, content) in files() {
        let path = unpacked.path().join(path);
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, content)).with_context(cannot)?;
    }
    match fs::rename(unpacked.path(), &place) {
        // Another process was faster.
        Err(error)
            if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {}
        renamed => renamed.with_context(cannot)?,
    }
    Ok(place)
}

/// A name for what the files hold.
pub fn digest<'a>(files: impl Iterator<Item = &'a File>) -> String {
    let mut digest = Sha256::new();
    for (path, content) in files {
        digest.update(path);
        digest.update([0]);
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_unpacked_once_and_named_for_what_they_hold() {
        let directory = tempfile::tempdir().unwrap();
        let one = unpack(directory.path(), &[&[("a/b.txt", b"1")]]).unwrap();
        assert_eq!(fs::read(one.join("a/b.txt")).unwrap(), b"1");
        assert_eq!(unpack(directory.path(), &[&[("a/b.txt", b"1")]]).unwrap(), one);
        let two = unpack(directory.path(), &[&[("a/b.txt", b"2")]]).unwrap();
        assert_ne!(one, two);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
