//! The Worker as a program of this machine, over the socket of a store.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

const PROGRAM: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/cases-js/off-wasm.mjs");

pub struct Program {
    child: Child,
    ends: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Program {
    pub fn start(socket: &Path) -> Self {
        let mut node = Command::new("node");
        node.arg(PROGRAM).env("LARDER_SOCKET", socket);
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let ends = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ends: Mutex::new(ends) }
    }

    /// What the Worker answers.
    #[track_caller]
    pub fn answer(&self, asked: &Value) -> String {
        let (input, output) = &mut *self.ends.lock().unwrap();
        writeln!(input, "{asked}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the Worker ended at {asked:.200}");
        answer
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
