//! A server as a process: started, asked, measured and ended.

use super::client;
use anyhow::{Context as _, Result, bail, ensure};
use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longest time until a server answers: a component in JavaScript is compiled first.
const START_TIME: Duration = Duration::from_secs(120);
/// Longest time to end by itself.
const STOP_TIME: Duration = Duration::from_secs(10);

/// A server that answers on a port of 127.0.0.1. Dropped, it and all that it started are ended.
pub struct Serving {
    child: Child,
    /// Ends the server when we are killed ourselves.
    watch: Child,
    port: u16,
    log: PathBuf,
    /// From its start until it had answered the first request.
    pub started: Duration,
}

/// What a server and all that it started take of the machine, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    /// With what they share counted for each.
    pub rss: f64,
    /// With what several share counted once.
    pub pss: f64,
}

impl Serving {
    /// Starts what `command` makes for a port, and waits until it answers `path` with 200. What it
    /// says goes to a log.
    pub fn start(
        name: &str,
        scratch: &Path,
        path: &str,
        command: impl FnOnce(u16) -> Result<Command>,
    ) -> Result<Self> {
        fs::create_dir_all(scratch)?;
        let log = scratch.join(format!("{name}.log"));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = command(port)?;
        let file = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let began = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let watch = watch(child.id()).inspect_err(|_| drop(child.kill()))?;
        let mut serving = Self { child, watch, port, log, started: Duration::ZERO };
        serving.wait_for(path, began).with_context(|| format!("{name}: {command:?}"))?;
        serving.started = began.elapsed();
        Ok(serving)
    }

    fn wait_for(&mut self, path: &str, began: Instant) -> Result<()> {
        loop {
            match self.get(path) {
                Ok(_) => return Ok(()),
                Err(_) if self.child.try_wait()?.is_some() => bail!("ended:\n{}", self.said()),
                Err(error) if began.elapsed() > START_TIME => {
                    return Err(error.context(format!("did not answer:\n{}", self.said())));
                }
                Err(_) => sleep(Duration::from_millis(1)),
            }
        }
    }

    /// The end of its log.
    fn said(&self) -> String {
        const END: usize = 20;
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(END)..].join("\n")
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it answers, which must be with 200.
    pub fn get(&self, path: &str) -> Result<String> {
        let (status, body) = client::get(self.port, path)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        ensure!(status == 200, "{path} answered {status}: {body}");
        Ok(body)
    }

    /// How long a request to do `what` so many times takes longer than one to do it never.
    pub fn time(&self, what: &str, times: u32) -> Result<Duration> {
        longer(times, |times| {
            let began = Instant::now();
            self.get(&format!("/{what}/{times}"))?;
            Ok(began.elapsed())
        })
    }

    /// What it takes now.
    pub fn memory(&self) -> Result<Memory> {
        let (mut rss, mut pss) = (0.0, 0.0);
        for pid in self.processes()? {
            let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}"));
            // One that has ended meanwhile takes nothing.
            let (Ok(status), Ok(rollup)) = (read("status"), read("smaps_rollup")) else { continue };
            rss += kilobytes(&status, "VmRSS:");
            pss += kilobytes(&rollup, "Pss:");
        }
        ensure!(pss > 0.0, "the system does not say what process {} takes", self.child.id());
        Ok(Memory { rss, pss })
    }

    /// Seconds of processors that it has taken until now.
    pub fn processors(&self) -> Result<f64> {
        let mut ticks = 0.0;
        for pid in self.processes()? {
            let Ok(stat) = stat(pid) else { continue };
            // In its own time and in that of the system for it.
            ticks +=
                [11, 12].iter().filter_map(|at| stat.get(*at)?.parse::<f64>().ok()).sum::<f64>();
        }
        Ok(ticks / clock_ticks_per_second() as f64)
    }

    /// Its processes: itself, those that it started, and theirs.
    fn processes(&self) -> Result<Vec<u32>> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Ok(stat) = stat(pid) else { continue };
            let parent = stat.get(1).and_then(|parent| parent.parse().ok());
            children.entry(parent.unwrap_or(0)).or_default().push(pid);
        }
        let mut found = vec![self.child.id()];
        let mut next = 0;
        while let Some(pid) = found.get(next) {
            found.extend(children.remove(pid).unwrap_or_default());
            next += 1;
        }
        Ok(found)
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(self) {
        drop(self);
    }

    fn end(&mut self) {
        // First, so that it does not end another to whom the number has gone.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let processes = self.processes().unwrap_or_default();
        signal(self.child.id(), Signal::TERM);
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && began.elapsed() < STOP_TIME {
            sleep(Duration::from_millis(5));
        }
        processes.into_iter().filter(|pid| *pid != self.child.id()).for_each(kill);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

/// How long it takes longer to do something so many times than never, which is tried three times.
pub fn longer(times: u32, timed: impl Fn(u32) -> Result<Duration>) -> Result<Duration> {
    let mut never = [timed(0)?, timed(0)?, timed(0)?];
    never.sort();
    Ok(timed(times)?.saturating_sub(never[1]))
}

/// A process that ends another one when its standard input ends, which is with us.
fn watch(pid: u32) -> Result<Child> {
    let mut watch = Command::new("sh");
    watch.args(["-c", r#"cat; kill "$0""#, &pid.to_string()]).stdin(Stdio::piped());
    Ok(watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that has ended is what is wanted.
        let _ = kill_process(pid, signal);
    }
}

/// What the system tells of a process, from its state on.
fn stat(pid: u32) -> Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before the last parenthesis may have any characters in it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    Ok(after_name.split_whitespace().map(str::to_owned).collect())
}

/// The number of kilobytes after a name in a file of /proc, in bytes.
fn kilobytes(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    number.unwrap_or(0.0) * 1024.0
}
