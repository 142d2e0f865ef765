//! The documents that Larder was created from: every block of code in them, as it stands there.

mod notes;
mod openworkers;
mod skill;
mod verbatim;
mod workerd;

use crate::http::{Answer, send};
use crate::project::Project;
use crate::server::Server;
use larder_test_guests::toolchain::{self, Toolchain};
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub fn tests() -> Vec<Trial> {
    let node = toolchain::javascript();
    let mut tests = vec![Trial::test("seeds::every_block_is_there_word_for_word", || {
        verbatim::every_block_is_there_word_for_word();
        Ok(())
    })];
    tests.extend(named(&node, "openworkers", openworkers::TESTS));
    tests.extend(named(&node, "notes", notes::TESTS));
    tests.extend(named(&node, "workerd", workerd::TESTS));
    tests.extend(named(&node, "skill", skill::TESTS));
    tests
}

/// Tests and their names.
type Tests = &'static [(&'static str, fn())];

/// Names each of the functions for the test that it is.
macro_rules! listed {
    ($($test:ident),* $(,)?) => {
        pub const TESTS: super::Tests = &[$((stringify!($test), $test)),*];
    };
}
use listed;

fn named(node: &Toolchain, seed: &str, tests: Tests) -> Vec<Trial> {
    tests.iter().map(|(name, test)| node.trial(format!("seeds::{seed}::{name}"), test)).collect()
}

/// A project of `tests/guests/seeds`, served by `larder dev` at a time that can be set.
pub struct Worker {
    server: Server,
    project: Project,
    now_ms: u64,
}

impl Worker {
    pub fn start(seed: &str) -> Self {
        Self::start_with(seed, &[])
    }

    pub fn start_with(seed: &str, args: &[&str]) -> Self {
        let project = Project::new();
        let now_ms = 1_750_000_000_000;
        project.write("clock", now_ms.to_string());
        let mut command = project.command(["dev", "--in-memory", "--addr", "127.0.0.1:0"]);
        command.args(["--clock", "clock"]).args(args).arg(directory(seed));
        Self { server: Server::spawn(command), project, now_ms }
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.now_ms / 1000
    }

    pub fn advance(&mut self, seconds: u64) {
        self.now_ms += seconds * 1000;
        // In one step: the server reads the file at any time.
        self.project.write("clock.next", self.now_ms.to_string());
        fs::rename(self.project.path("clock.next"), self.project.path("clock")).unwrap();
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        self.get(path).json()
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[], body)
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = send(method, &self.server.url(path), headers, body);
        assert_ne!(answer.status, 500, "{path}: {}\n{:#?}", answer.body, self.server.log());
        answer
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.server.log().join("\n")
    }

    /// Waits until it says a line with these words in it.
    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        self.server.says(words);
    }
}

fn directory(seed: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/seeds").join(seed)
}
