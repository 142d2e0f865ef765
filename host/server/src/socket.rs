//! Where a store's socket is, and answering on it.

use axum::Router;
use std::io;
use std::path::{Path, PathBuf};

/// The socket in the directory of a store.
const SOCKET_FILE: &str = "socket";
/// In its place, where the path of the directory is too long: a file that says where it is.
const PATH_FILE: &str = "socket.path";

/// Where the socket of the store in `directory` is, if there is one: whether anybody answers is
/// seen by connecting.
pub fn of_store(directory: &Path) -> io::Result<Option<PathBuf>> {
    let socket = directory.join(SOCKET_FILE);
    match std::fs::read_to_string(directory.join(PATH_FILE)) {
        Ok(path) => Ok(Some(PathBuf::from(path.trim_end()))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) => Ok(socket.exists().then_some(socket)),
    }
}

#[cfg(not(unix))]
pub use absent::Listening;
#[cfg(unix)]
pub use unix::Listening;

#[cfg(unix)]
mod unix {
    use super::*;
    use crate::answering::answer;
    use rustix::fs::{Mode, fchmod};
    use std::fs::{self, Permissions};
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;
    use tokio::net::{UnixListener, UnixSocket};
    use tokio::sync::watch;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    /// The longest path that a socket's address has room for, in bytes; that of the shorter among
    /// the common systems.
    const PATH_BYTES_MAX: usize = 103;
    /// Connections that wait to be accepted.
    const BACKLOG: u32 = 1024;
    /// How long a client may take over what it has begun when the socket is closed.
    const DRAIN_TIME: Duration = Duration::from_secs(10);
    /// What the owner alone may connect to.
    const OWNER_ALONE: u32 = 0o600;

    /// A store's socket, on which requests are answered until this is closed or dropped.
    #[derive(Debug)]
    pub struct Listening {
        path: PathBuf,
        /// None when they were removed.
        files: Option<Files>,
        closing: watch::Sender<bool>,
        answering: JoinHandle<()>,
    }

    /// What is to be removed in the end, the directory last.
    #[derive(Debug)]
    struct Files {
        files: Vec<PathBuf>,
        _directory: Option<tempfile::TempDir>,
    }

    impl Drop for Files {
        fn drop(&mut self) {
            for file in &self.files {
                let _ = fs::remove_file(file);
            }
        }
    }

    impl Listening {
        /// The directory must be this process's own: what lies there of another is stale.
        pub(crate) fn in_directory(directory: &Path, router: Router) -> io::Result<Self> {
            clean(directory)?;
            let path = std::path::absolute(directory)?.join(SOCKET_FILE);
            if path.as_os_str().as_bytes().len() <= PATH_BYTES_MAX {
                return Self::serve(path, None, None, router);
            }
            let owner_alone = Permissions::from_mode(0o700);
            let short =
                tempfile::Builder::new().prefix("larder-").permissions(owner_alone).tempdir()?;
            let path = short.path().join(SOCKET_FILE);
            let pointer = directory.join(PATH_FILE);
            let new = directory.join(format!("{PATH_FILE}.new"));
            fs::write(&new, path.as_os_str().as_bytes())?;
            fs::rename(&new, &pointer)?;
            Self::serve(path, Some(pointer), Some(short), router)
        }

        pub(crate) fn at(path: &Path, router: Router) -> io::Result<Self> {
            let path = std::path::absolute(path)?;
            if path.as_os_str().as_bytes().len() > PATH_BYTES_MAX {
                let message = format!(
                    "{} has {} bytes; the path of a socket has at most {PATH_BYTES_MAX}",
                    path.display(),
                    path.as_os_str().as_bytes().len(),
                );
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
            if let Ok(found) = fs::symlink_metadata(&path) {
                let taken = !found.file_type().is_socket() || UnixStream::connect(&path).is_ok();
                if taken {
                    let message = format!("{} is in use", path.display());
                    return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
                }
                fs::remove_file(&path)?;
            }
            Self::serve(path, None, None, router)
        }

        fn serve(
            path: PathBuf,
            pointer: Option<PathBuf>,
            short: Option<tempfile::TempDir>,
            router: Router,
        ) -> io::Result<Self> {
            let listener = bind(&path)?;
            let files = [path.clone()].into_iter().chain(pointer).collect();
            let files = Some(Files { files, _directory: short });
            let (closing, closes) = watch::channel(false);
            let answering = tokio::spawn(answer(listener, router, closes));
            Ok(Self { path, files, closing, answering })
        }

        /// Where it is.
        pub fn path(&self) -> &Path {
            &self.path
        }

        /// Answers those who have connected, and nobody else; waits for that at most ten seconds.
        pub async fn close(mut self) {
            // First, so that there is a last one who has connected.
            self.files = None;
            self.closing.send_replace(true);
            if timeout(DRAIN_TIME, &mut self.answering).await.is_err() {
                tracing::warn!("the store's socket was closed on a request that took too long");
            }
        }
    }

    impl Drop for Listening {
        fn drop(&mut self) {
            // Before the store can be free: what lies there then is of whoever opens it next.
            self.files = None;
            self.answering.abort();
        }
    }

    /// Removes what a process left that died.
    fn clean(directory: &Path) -> io::Result<()> {
        let socket = directory.join(SOCKET_FILE);
        // A store that came from elsewhere may name any file.
        let is_socket = |path: &PathBuf| {
            fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
        };
        let short = of_store(directory)?.filter(|path| *path != socket);
        if let Some(short) = short.filter(is_socket) {
            let _ = fs::remove_file(&short);
            if let Some(directory) = short.parent() {
                let _ = fs::remove_dir(directory);
            }
        }
        for file in [socket, directory.join(PATH_FILE)] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn bind(path: &Path) -> io::Result<UnixListener> {
        let socket = UnixSocket::new_stream()?;
        // Before there is a file that others see, where the system heeds it (Linux).
        fchmod(&socket, Mode::from_bits_truncate(OWNER_ALONE as _))?;
        socket.bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(OWNER_ALONE))?;
        socket.listen(BACKLOG)
    }
}

#[cfg(not(unix))]
mod absent {
    use super::*;
    use std::convert::Infallible;

    /// A store's socket; this system has none.
    #[derive(Debug)]
    pub struct Listening(Infallible);

    impl Listening {
        pub(crate) fn in_directory(_: &Path, _: Router) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) fn at(_: &Path, _: Router) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Where it is.
        pub fn path(&self) -> &Path {
            match self.0 {}
        }

        /// Answers no new requests, and waits for those in flight, at most ten seconds.
        pub async fn close(self) {
            match self.0 {}
        }
    }
}
