//! Running the writing process and killing it.

use crate::action::WRITERS;
use crate::plan::{LIFE, Life, Moment, ROOT};
use crate::report::{Answered, Long, Report};
use larder_store::{Clock as _, SystemClock};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::sleep;
use std::time::Duration;

/// How long the process may take until it begins what its moment waits for.
const PATIENCE: Duration = Duration::from_secs(30);
const SIGKILL: i32 = 9;

/// What was heard of a life.
pub struct Heard {
    pub reports: Vec<Report>,
    /// The wall clock before it was started and after it was gone.
    pub wall_ms: (u64, u64),
}

impl Heard {
    /// The answers that each writer was given, in their order, among the first reports.
    pub fn answers(&self, reports: usize) -> [Vec<Answered>; WRITERS + 1] {
        let mut answers: [Vec<Answered>; WRITERS + 1] = Default::default();
        for report in &self.reports[..reports] {
            if let Report::Answered(answer) = report {
                answers[answer.writer].push(*answer);
            }
        }
        answers
    }

    pub fn opened(&self) -> bool {
        self.reports.contains(&Report::Opened)
    }

    /// Whether something long had begun and not ended.
    pub fn was_within(&self, long: impl Fn(&Long) -> bool) -> bool {
        let last = self.reports.iter().rev().find_map(|report| match report {
            Report::Begun(what) if long(what) => Some(true),
            Report::Ended(what) if long(what) => Some(false),
            _ => None,
        });
        last == Some(true)
    }
}

impl Life {
    /// Runs the process until `moment`.
    pub fn run_until(&self, moment: Moment) -> Heard {
        let before_ms = SystemClock.now_ms();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_writing_process", "--nocapture"])
            .env(LIFE, self.to_text())
            .env(ROOT, self.store.parent().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (begun, awaited) = channel();
        let pipe = child.stdout.take().unwrap();
        let life = self.clone();
        let listener = std::thread::spawn(move || listen(pipe, &life, &begun));
        wait_for(moment, &awaited);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let reports = listener.join().unwrap();
        assert_eq!(status.signal(), Some(SIGKILL), "the process ended by itself: {status}");
        Heard { reports, wall_ms: (before_ms, SystemClock.now_ms()) }
    }
}

fn listen(pipe: ChildStdout, life: &Life, begun: &Sender<()>) -> Vec<Report> {
    let mut reports = Vec::new();
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        let Some(report) = Report::parse(&line) else { continue };
        let awaited = life.awaits(&report);
        reports.push(report);
        if awaited {
            // Nobody waits any more when it was once more than asked for.
            let _ = begun.send(());
        }
    }
    reports
}

fn wait_for(moment: Moment, begun: &Receiver<()>) {
    let (nth, after) = match moment {
        Moment::After(after) => (0, after),
        Moment::Within { nth, after } => (nth, after),
    };
    for _ in 0..nth {
        // The process has ended when nothing comes, which is found out when it is killed.
        let _ = begun.recv_timeout(PATIENCE);
    }
    sleep(after);
}
