//! The behaviour of Workers KV, recorded from the reference: `tests/cases`, each case through a
//! Worker that the real command serves, and through the same Worker in Node.js on a store's socket.

mod case;
mod outcome;
mod program;

use crate::project::Project;
use crate::server::Server;
use case::Case;
use larder_build::{Main, World};
use larder_test_guests::project;
use larder_test_guests::toolchain::{self, Toolchain};
use libtest_mimic::Trial;
use program::Program;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many cases there are of what the binding does, by area; a case that gets lost is missed.
const BINDING: [(&str, usize); 9] = [
    ("bulk-get", 17),
    ("delete", 4),
    ("delete-bulk", 1),
    ("expiration", 19),
    ("get", 17),
    ("getWithMetadata", 8),
    ("key-validation", 22),
    ("list", 23),
    ("put", 15),
];
/// How many there are of what is not the binding: HTTP in both directions, and commands.
const ELSEWHERE: [(&str, usize); 3] = [("cli", 13), ("rest", 23), ("wire", 29)];

/// Milliseconds at which a settable clock begins.
const EPOCH_MS: u64 = 1_750_000_000_000;

pub fn tests() -> Vec<Trial> {
    let node = toolchain::javascript();
    let counted = Trial::test("workers_kv::no_case_is_lost", || {
        no_case_is_lost();
        Ok(())
    });
    let component = tests_of("workers_kv", &node, Worker::Component);
    let program = tests_of("workers_kv_off_wasm", &node, Worker::Program);
    [counted].into_iter().chain(component).chain(program).collect()
}

/// Every case, on one kind of Worker.
fn tests_of(name: &str, node: &Toolchain, worker: Worker) -> Vec<Trial> {
    let cases: Vec<Case> = case::all().into_iter().filter(|case| is_binding(&case.area)).collect();
    let servers = Arc::new(Servers::new(cases.len(), worker));
    let of_cases = cases.into_iter().enumerate().map(|(number, case)| {
        let servers = Arc::clone(&servers);
        let name = format!("{name}::{}::{}", case.area, case.id);
        node.trial(name, move || servers.run(number, &case))
    });
    let refused = Arc::clone(&servers);
    let refusal = format!("{name}::a_refusal_of_the_store_is_an_error_with_its_cause");
    let refused = node.trial(refusal, move || {
        a_refusal_of_the_store_is_an_error_with_its_cause(&refused);
    });
    of_cases.chain([refused]).collect()
}

fn is_binding(area: &str) -> bool {
    BINDING.iter().any(|(binding, _)| *binding == area)
}

fn no_case_is_lost() {
    let cases = case::all();
    let mut areas = BTreeMap::new();
    for case in cases.iter().filter(|case| !case.id.starts_with("js-")) {
        *areas.entry(case.area.as_str()).or_insert(0) += 1;
    }
    assert_eq!(areas, BINDING.into_iter().chain(ELSEWHERE).collect());

    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "an id stands for two cases");
    for case in case::better() {
        assert!(ids.contains(case.id.as_str()), "there is no case {}", case.id);
        assert!(!case.reason.is_empty(), "{} has no reason", case.id);
    }
    let ours = cases.iter().filter(|case| case.id.starts_with("js-"));
    let stray: Vec<_> = ours.filter(|case| !is_binding(&case.area)).map(|case| &case.id).collect();
    assert!(stray.is_empty(), "cases of no area of the binding: {stray:?}");
}

/// What runs the Worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worker {
    /// `larder serve`.
    Component,
    /// Node.js, on the socket of what serves the component.
    Program,
}

/// The Worker, served twice: with the time of the system, and with a clock that a case may set. Each
/// case has a namespace of its own.
struct Servers {
    bindings: usize,
    worker: Worker,
    component: OnceLock<PathBuf>,
    timeless: OnceLock<Served>,
    /// Cases that set the time take turns.
    clocked: Mutex<Option<Served>>,
}

struct Served {
    server: Server,
    /// The directory with the clock, which must outlive the server.
    project: Project,
    now_ms: u64,
    program: Option<Program>,
}

impl Servers {
    fn new(bindings: usize, worker: Worker) -> Self {
        let (component, timeless) = (OnceLock::new(), OnceLock::new());
        Self { bindings, worker, component, timeless, clocked: Mutex::new(None) }
    }

    #[track_caller]
    fn run(&self, number: usize, case: &Case) {
        let binding = format!("N{number}");
        if !case.sets_clock() {
            let served = self.timeless();
            return case.run(|operation| served.answer(&binding, case, operation), |_| {}, now());
        }
        let mut clocked = self.clocked.lock().unwrap_or_else(PoisonError::into_inner);
        let served = clocked.get_or_insert_with(|| self.serve(&["--clock", "clock"]));
        // A whole second and the part of it that the case begins with.
        served.now_ms = (served.now_ms / 1000 + 1) * 1000 + case.clock_ms;
        served.set_clock();
        let now = served.now_ms / 1000;
        let served = std::cell::RefCell::new(served);
        case.run(
            |operation| served.borrow().answer(&binding, case, operation),
            |milliseconds| {
                let mut served = served.borrow_mut();
                served.now_ms += milliseconds;
                served.set_clock();
            },
            now,
        );
    }

    fn timeless(&self) -> &Served {
        self.timeless.get_or_init(|| self.serve(&[]))
    }

    fn serve(&self, args: &[&str]) -> Served {
        let component = self.component.get_or_init(|| {
            let main =
                Main::JavaScript { file: "src/worker.js".into(), backend: Default::default() };
            project("tests/guests/cases-js", main, World::Http)
        });
        let project = Project::new();
        project.write("clock", EPOCH_MS.to_string());
        let mut command = project.command(["serve", "--in-memory", "--addr", "127.0.0.1:0"]);
        command.arg(component).args(args).args(["--kv", "READ_ONLY=N0:ro"]);
        for number in 0..self.bindings {
            command.arg("--kv").arg(format!("N{number}"));
        }
        let socket = project.path("socket");
        command.arg("--socket").arg(&socket);
        let server = Server::spawn(command);
        let program = (self.worker == Worker::Program).then(|| Program::start(&socket));
        Served { server, project, now_ms: EPOCH_MS, program }
    }
}

impl Served {
    /// Lets the Worker do one operation.
    #[track_caller]
    fn answer(&self, binding: &str, case: &Case, (operation, state): (&Value, &Value)) -> Value {
        let asked = json!({
            "binding": binding, "settings": case.settings, "operation": operation, "state": state,
        });
        self.post(&asked)
    }

    #[track_caller]
    fn post(&self, asked: &Value) -> Value {
        let answer = match &self.program {
            Some(program) => program.answer(asked),
            None => {
                let answer = self.server.post("/", &asked.to_string());
                assert_eq!(answer.status, 200, "{}\n{:#?}", answer.body, self.server.log());
                answer.body
            }
        };
        serde_json::from_str(&answer).unwrap()
    }

    /// In one step: the server reads the file at any time.
    fn set_clock(&self) {
        self.project.write("clock.next", self.now_ms.to_string());
        fs::rename(self.project.path("clock.next"), self.project.path("clock")).unwrap();
    }
}

/// Unix seconds.
fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn a_refusal_of_the_store_is_an_error_with_its_cause(servers: &Servers) {
    let served = servers.timeless();
    let answer = |binding: &str, operation: Value| {
        served.post(&json!({ "binding": binding, "operation": operation, "state": {} }))
    };
    let refused = |operation: &str| {
        let reason = "403 The binding is read-only, or the host does not allow it.";
        json!({ "error": { "name": "Error", "message": format!("KV {operation} failed: {reason}") } })
    };
    let put = json!({ "op": "put", "key": "k", "value": "v" });
    assert_eq!(answer("READ_ONLY", put.clone()), refused("PUT"));
    let put_stream = json!({ "op": "put", "key": "k", "value": { "$stream": "v" } });
    assert_eq!(answer("READ_ONLY", put_stream), refused("PUT"));
    let delete = json!({ "op": "delete", "key": "k" });
    assert_eq!(answer("READ_ONLY", delete), refused("DELETE"));
    let cause = json!({ "op": "cause", "operation": put });
    assert_eq!(answer("READ_ONLY", cause), json!({ "ok": { "tag": "access-denied" } }));

    let open = |key: &str, count: u32| json!({ "op": "open_streams", "key": key, "count": count });
    let large = json!({ "op": "put", "key": "large", "value": { "$repeat": ["x", 300_000] } });
    let done = json!({ "ok": { "$undefined": true } });
    assert_eq!(answer("N1", large), done);
    // More than the readers that a guest may have.
    assert_eq!(answer("N1", open("large", 65)), done);
    let cancelled = json!({ "op": "open_streams", "key": "large", "count": 200, "cancel": true });
    assert_eq!(answer("N1", cancelled), done);
    let small = json!({ "op": "put", "key": "small", "value": "x" });
    assert_eq!(answer("N1", small), done);
    assert_eq!(answer("N1", open("small", 200)), done);
    let delete = json!({ "op": "deleteBulk", "keys": ["large", "small"] });
    assert_eq!(answer("N1", delete), done);
}
