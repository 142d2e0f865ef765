//! A directory of its own for a test, and the command in it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub struct Project(TempDir);

impl Project {
    /// An empty directory.
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One whose store has a namespace.
    pub fn with_namespace(title: &str) -> Self {
        let project = Self::new();
        project.larder(["namespace", "create", title]).succeeds();
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The command, to be run in the directory.
    pub fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        command
            .current_dir(self.0.path())
            .args(args)
            .env_remove("RUST_LOG")
            .env_remove("LARDER_SOCKET");
        command
    }

    pub fn larder<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.larder_reading(b"", args)
    }

    /// Runs the command with standard input.
    pub fn larder_reading<'a>(&self, input: &[u8], args: impl IntoIterator<Item = &'a str>) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that fails early does not read on.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran(child.wait_with_output().unwrap())
    }

    /// Every file and directory in it.
    pub fn files(&self) -> Vec<PathBuf> {
        fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, files);
                }
                files.push(path);
            }
        }
        let mut files = Vec::new();
        walk(self.0.path(), &mut files);
        files.sort();
        files
    }
}

/// A command that has ended.
pub struct Ran(Output);

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self(output)
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self(output)
    }

    /// It succeeded; what it printed, and that it said nothing else.
    #[track_caller]
    pub fn succeeds(self) -> String {
        String::from_utf8(self.succeeds_with_bytes()).unwrap()
    }

    #[track_caller]
    pub fn succeeds_with_bytes(self) -> Vec<u8> {
        let said = String::from_utf8_lossy(&self.0.stderr).into_owned();
        assert_eq!((self.0.status.code(), said.as_str()), (Some(0), ""));
        self.0.stdout
    }

    /// It ended with that code and printed no answer; what it said.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        let said = String::from_utf8_lossy(&self.0.stderr).into_owned();
        assert_eq!(self.0.status.code(), Some(code), "{said}");
        assert_eq!(String::from_utf8_lossy(&self.0.stdout), "", "{said}");
        said
    }

    /// Its exit code, standard output and standard error.
    pub fn ended(self) -> (Option<i32>, String, String) {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (self.0.status.code(), text(self.0.stdout), text(self.0.stderr))
    }
}
