//! Every block of code of the seeds, `tests/cases/seeds`: the texts that say what users expect. What
//! is whole runs verbatim, what is a fragment in the least around it; each over HTTP, through the
//! real command.

mod app;
mod blocks;
mod notes;
mod openworkers;
mod skill;
mod workerd;

use crate::http::{Answer, send};
use crate::project::Project;
use crate::server::Server;
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Unix seconds at which the clock of every test begins, and at which it stands.
const EPOCH: u64 = 1_750_000_000;

/// A test and its name.
type Test = (&'static str, fn());

pub fn tests() -> Vec<Trial> {
    let node = toolchain::javascript();
    let blocks = Trial::test("seeds::no_block_is_lost", || {
        blocks::no_block_is_lost();
        Ok(())
    });
    let suites = [
        ("openworkers", openworkers::TESTS),
        ("notes", notes::TESTS),
        ("workerd", workerd::TESTS),
        ("skill", skill::TESTS),
        ("app", app::TESTS),
    ];
    let of_suites = suites.into_iter().flat_map(|(suite, tests)| {
        tests.iter().map(move |(name, test)| (format!("seeds::{suite}::{name}"), *test))
    });
    let of_suites = of_suites.map(|(name, test)| node.trial(name, test));
    [blocks].into_iter().chain(of_suites).collect()
}

/// A server of a seed's project, at a time of its own.
struct Served {
    server: Server,
    /// The directory with the clock, which must outlive the server.
    project: Project,
}

impl Served {
    /// Serves the project of a seed from its sources.
    #[track_caller]
    fn dev(seed: &str, args: &[&str]) -> Self {
        let directory = format!("{ROOT}/tests/guests/seeds/{seed}");
        Self::start(Project::new(), &["dev", &directory, "--in-memory"], args)
    }

    #[track_caller]
    fn start(project: Project, command: &[&str], args: &[&str]) -> Self {
        project.write("clock", (EPOCH * 1000).to_string());
        let mut command = project.command(command.iter().copied());
        command.args(["--clock", "clock", "--addr", "127.0.0.1:0"]).args(args);
        Self { server: Server::spawn(command), project }
    }

    /// Lets so many seconds have passed since the beginning. In one step: the server reads the file
    /// at any time.
    fn at(&self, seconds: u64) {
        self.project.write("clock.next", ((EPOCH + seconds) * 1000).to_string());
        fs::rename(self.project.path("clock.next"), self.project.path("clock")).unwrap();
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        send((method, &self.server.url(path)), headers, body)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    #[track_caller]
    fn json(&self, path: &str) -> Value {
        self.get(path).json()
    }
}

/// The rows of a listing without anything but names.
fn names(keys: &Value) -> Vec<&str> {
    let keys = keys.as_array().unwrap().iter();
    keys.map(|key| key["name"].as_str().unwrap()).collect()
}

/// A row of a listing of a key that ends so many seconds after the beginning.
fn row(name: &str, seconds: u64) -> Value {
    json!({ "name": name, "expiration": EPOCH + seconds })
}
