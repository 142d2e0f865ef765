//! The small disk, and the process that alone sees it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which scenario a process is to run, on the disk that is mounted in its current directory.
pub const SCENARIO: &str = "LARDER_FULL_DISK";

const DISK_BYTES: u64 = 16 << 20;

/// A disk of 16 MiB that nobody else writes to.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn here() -> Self {
        Self(std::env::current_dir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Bytes that are free.
    pub fn available(&self) -> u64 {
        let disk = rustix::fs::statvfs(&self.0).unwrap();
        disk.f_bavail * disk.f_frsize
    }

    /// Has somebody else fill the disk but for so many bytes, until what is given back is removed.
    pub fn fill(&self, but_for: u64) -> PathBuf {
        let path = self.path("ballast");
        let bytes = self.available().saturating_sub(but_for);
        File::create(&path).unwrap().write_all(&vec![1; bytes as usize]).unwrap();
        path
    }
}

/// A command in namespaces of its own, where it may mount.
fn unshared() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]);
    command
}

fn mounting(directory: &Path, then: &str) -> Command {
    let mut command = unshared();
    command
        .args(["sh", "-c"])
        .arg(format!("mount -t tmpfs -o size={DISK_BYTES} tmpfs \"$1\" && cd \"$1\" && {then}"));
    command.arg("sh").arg(directory);
    command
}

pub fn can_be_mounted() -> bool {
    let directory = tempfile::tempdir().unwrap();
    mounting(directory.path(), "true").output().is_ok_and(|output| output.status.success())
}

/// Runs a scenario by a process of its own.
pub fn run(name: &str) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let mut command = mounting(directory.path(), "exec \"$2\"");
    command.arg(std::env::current_exe().unwrap()).env(SCENARIO, name);
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none(), "it is seen outside");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
