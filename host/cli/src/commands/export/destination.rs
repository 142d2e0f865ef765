//! Where an export goes.

use crate::output;
use anyhow::{Context as _, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

pub enum Destination {
    Stdout(BufWriter<StdoutLock<'static>>),
    /// What is there and no file, such as a pipe.
    Other(BufWriter<File>),
    /// A file that takes its place when it is whole, and is gone when it does not come to that.
    Beside {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Destination {
    pub fn new(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout(output::answer()));
        }
        let new = || match fs::metadata(path) {
            Ok(found) if found.is_file() => beside(fs::canonicalize(path)?),
            Ok(_) => Ok(Self::Other(BufWriter::new(File::options().write(true).open(path)?))),
            Err(_) => beside(path.to_owned()),
        };
        new().with_context(|| cannot_write(path))
    }

    /// Makes sure that all is written, and shows it.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut out) => Ok(out.flush()?),
            Self::Other(mut out) => Ok(out.flush()?),
            Self::Beside { file, path } => {
                let replace = || {
                    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                    file.as_file().sync_all()?;
                    file.persist(&path).map(drop).map_err(|error| error.error)
                };
                replace().with_context(|| cannot_write(&path))
            }
        }
    }
}

fn beside(path: PathBuf) -> io::Result<Destination> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new(".")).to_owned();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".larder-export-");
    // As for any new file, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(Destination::Beside { file: BufWriter::new(builder.tempfile_in(directory)?), path })
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", output::path(path))
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Other(out) => out.write(bytes),
            Self::Beside { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Other(out) => out.flush(),
            Self::Beside { file, .. } => file.flush(),
        }
    }
}
