//! `larder serve` and `larder dev` in a process of their own, and a client for them.

use crate::project::Project;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    url: String,
    /// What it has printed after its address, and what it has said.
    output: Lines,
    log: Lines,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Server {
    /// Starts it on a free port and waits for its address.
    #[track_caller]
    pub fn start<'a>(project: &Project, args: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = project.command(args);
        command.args(["--addr", "127.0.0.1:0"]);
        Self::spawn(command)
    }

    /// Waits for its address.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = gather(BufReader::new(child.stderr.take().unwrap()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        stdout.read_line(&mut url).unwrap();
        let url = url.trim_end().to_owned();
        let output = gather(stdout);
        assert!(url.starts_with("http://"), "{url:?} is no address; it said {:#?}", log.lock());
        Self { child, url, output, log }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(agent().get(self.url(path)).call())
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = agent().get(self.url(path));
        answer(
            headers
                .iter()
                .fold(request, |request, (name, value)| request.header(*name, *value))
                .call(),
        )
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        answer(agent().post(self.url(path)).send(body))
    }

    pub fn put(&self, path: &str, body: &str) -> Answer {
        answer(agent().put(self.url(path)).send(body))
    }

    /// What it has said so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it says a line with these words in it.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> String {
        let said = |line: &&String| words.iter().all(|word| line.contains(word));
        eventually(
            || self.log().iter().find(said).cloned(),
            || format!("no line with {words:?} in {:#?}", self.log()),
        )
    }

    /// The most memory that it had since it began, in bytes.
    pub fn memory_peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    pub fn signal(&self, signal: &str) {
        let kill = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(kill.unwrap().success());
    }

    /// Waits for its end: the exit code and what was printed after the address.
    pub fn ended(mut self) -> (Option<i32>, Vec<String>, Vec<String>) {
        let code = self.child.wait().unwrap().code();
        // The pipes end with the process; their readers need a moment.
        thread::sleep(Duration::from_millis(50));
        (code, self.output.lock().unwrap().clone(), self.log())
    }

    /// Ends it as the loss of power would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a request was answered with.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub cookie: Option<String>,
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = result.unwrap();
    let cookie = response.headers().get("set-cookie");
    let cookie = cookie
        .and_then(|cookie| cookie.to_str().ok())
        .map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned());
    let body = response.body_mut().read_to_string().unwrap();
    Answer { status: response.status().as_u16(), body, cookie }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(PATIENCE)).build().into()
}

fn gather(lines: impl std::io::BufRead + Send + 'static) -> Lines {
    let gathered = Lines::default();
    let into = gathered.clone();
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            into.lock().unwrap().push(line);
        }
    });
    gathered
}

/// Asks until there is an answer.
#[track_caller]
pub fn eventually<T>(mut ask: impl FnMut() -> Option<T>, missing: impl Fn() -> String) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{}", missing());
        thread::sleep(Duration::from_millis(20));
    }
}
