//! The tours of the READMEs, run as they are written against a server of the test's.

use crate::server::Server;
use std::process::Command;

/// Where the READMEs have the server.
const WRITTEN_URL: &str = "http://127.0.0.1:8787";

/// A command of a tour, and what it prints.
struct Step {
    command: String,
    prints: String,
}

/// The commands by `curl` among the console blocks of a README.
fn tour(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_console = false;
    for line in readme.lines() {
        match (line, line.strip_prefix("$ ")) {
            ("```console", _) => in_console = true,
            ("```", _) => in_console = false,
            (_, Some(command)) if in_console => {
                steps.push(Step { command: command.to_owned(), prints: String::new() });
            }
            _ if in_console => {
                let step = steps.last_mut().unwrap();
                step.prints += line;
                step.prints += "\n";
            }
            _ => {}
        }
    }
    let by_curl = |step: &Step| step.command.contains("curl") || step.command.starts_with("sleep");
    steps.into_iter().filter(by_curl).collect()
}

/// With what differs from run to run, times and ids, made alike.
fn alike(text: &str) -> String {
    const SECONDS_LEFT: &str = "retry-after: ";
    let left = |line: &str| line.starts_with(SECONDS_LEFT);
    let lines = text.lines().map(|line| if left(line) { SECONDS_LEFT } else { line });
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut alike = String::new();
    let mut run = String::new();
    for c in text.chars().filter(|c| *c != '\r').chain(['\n']) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        alike += if run.len() >= 8 { "#" } else { &run };
        run.clear();
        alike.push(c);
    }
    alike.trim_end().to_owned()
}

/// Runs the steps in one shell, which keeps its variables, and compares what each prints.
#[track_caller]
pub fn assert_runs(readme: &str, server: &Server) {
    let steps = tour(readme);
    assert!(steps.len() >= 8, "the tour has {} steps", steps.len());
    const MARK: &str = "=== the next step ===";
    let script: String = steps
        .iter()
        .map(|step| format!("{}\nprintf '\\n{MARK}\\n'\n", step.command))
        .collect::<String>()
        .replace(WRITTEN_URL, &server.url(""))
        .replace("curl ", "curl -s ");
    let ran = Command::new("bash").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    for (step, printed) in steps.iter().zip(printed.split(MARK)) {
        assert_eq!(alike(printed.trim()), alike(step.prints.trim()), "$ {}", step.command);
    }
}
