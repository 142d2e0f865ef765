//! A proxy guest as a program of this machine, over the socket of a store.

use crate::beside::{Answer, Argument};
use larder_server::{Bindings, Listening, Server};
use larder_store::{Larder, Namespace};
use larder_wasmtime::Access;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::thread;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Serves the sockets of all tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The programs in a language that wait for the store of another test: most tests take less time than
/// it takes to start one.
static IDLE: Mutex<BTreeMap<&str, Vec<Process>>> = Mutex::new(BTreeMap::new());

/// A program that runs, on a store that has a socket of its own.
pub struct Program {
    language: &'static str,
    /// None when it has been let go of.
    process: RefCell<Option<Process>>,
    _socket: Listening,
    _directory: TempDir,
}

impl Program {
    /// Has one that is idle, or else the one that the command starts, run with these grants.
    pub fn start(
        language: &'static str,
        command: impl FnOnce() -> Command,
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
        let idle = IDLE.lock().unwrap().entry(language).or_default().pop();
        let mut process = idle.unwrap_or_else(|| Process::start(command()));
        process.turn_to(&path);
        Self {
            language,
            process: RefCell::new(Some(process)),
            _socket: socket,
            _directory: directory,
        }
    }

    /// What an operation answers.
    pub fn call<T: Answer + DeserializeOwned>(
        &self,
        operation: &str,
        arguments: Vec<Argument>,
    ) -> T {
        self.process.borrow_mut().as_mut().unwrap().call(operation, arguments)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What a test that failed has left in it is nobody else's.
        let process = self.process.take().filter(|_| !thread::panicking());
        IDLE.lock().unwrap().entry(self.language).or_default().extend(process);
    }
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// The namespaces that it opens from now on are those of the store at that socket.
    fn turn_to(&mut self, socket: &Path) {
        self.call("store", vec![socket.to_str().unwrap().into()])
    }

    fn call<T: Answer + DeserializeOwned>(
        &mut self,
        operation: &str,
        arguments: Vec<Argument>,
    ) -> T {
        let (arguments, lists): (Vec<_>, Vec<_>) =
            arguments.into_iter().map(|argument| (argument.json, argument.lists)).unzip();
        let lists: Vec<_> = lists.into_iter().flatten().collect();
        let lengths: Vec<_> = lists.iter().map(Vec::len).collect();
        let mut call = serde_json::to_vec(&(operation, arguments, lengths)).unwrap();
        call.push(b'\n');
        call.extend(lists.concat());
        self.input.write_all(&call).unwrap();

        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{operation} ended the program");
        let answer = serde_json::from_str(&line);
        let (mut answer, lengths): (T, Vec<usize>) =
            answer.unwrap_or_else(|error| panic!("{operation}: {error}: {line}"));
        let lists = answer.lists();
        assert_eq!(lists.len(), lengths.len(), "{operation}");
        for (list, length) in lists.into_iter().zip(lengths) {
            list.resize(length, 0);
            self.output.read_exact(list).unwrap();
        }
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
