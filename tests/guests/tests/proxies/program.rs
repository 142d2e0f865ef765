//! A proxy guest as a program of this machine, over the socket of a store.

use larder_server::{Bindings, Listening, Server};
use larder_store::{Larder, Namespace};
use larder_wasmtime::Access;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Serves the sockets of all tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A program that runs, and the socket that it is at.
pub struct Program {
    child: Child,
    ends: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    _socket: Listening,
    _directory: TempDir,
}

impl Program {
    /// Starts it with these grants.
    pub fn start(
        mut command: Command,
        larder: &Larder,
        grants: &[(&str, Namespace, Access)],
    ) -> Self {
        let bindings = Bindings::default();
        bindings.replace(grants.iter().map(|(name, namespace, access)| {
            ((*name).to_owned(), namespace.clone(), *access == Access::ReadOnly)
        }));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let _entered = RUNTIME.enter();
        let socket = Server::new(larder).bindings(bindings).listen_at(&path).unwrap();
        command.env("LARDER_SOCKET", &path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let ends = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ends: RefCell::new(ends), _socket: socket, _directory: directory }
    }

    /// What an operation answers.
    pub fn call<T: DeserializeOwned>(&self, operation: &str, arguments: impl Serialize) -> T {
        let (input, output) = &mut *self.ends.borrow_mut();
        serde_json::to_writer(&mut *input, &(operation, arguments)).unwrap();
        input.write_all(b"\n").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{operation} ended the program");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{operation}: {error}: {line}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
