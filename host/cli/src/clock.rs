//! A clock for tests: the time is what a file says.

use anyhow::{Context as _, Result};
use larder_store::Clock;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The time is the number of Unix milliseconds in a file, which is read anew each time, so that a
/// write to it holds for whatever happens after it. While the file is missing or says something
/// else, for instance because it is being written, the last time holds.
#[derive(Debug)]
pub struct FileClock {
    path: PathBuf,
    last_ms: AtomicU64,
}

impl FileClock {
    /// Fails when the file does not say a time: there is no last one to hold to.
    pub fn open(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the clock {}", path.display()))?;
        let last_ms = parse(&text).with_context(|| {
            format!("the clock {} does not hold a number of Unix milliseconds", path.display())
        })?;
        let path = std::path::absolute(path)?;
        Ok(Self { path, last_ms: AtomicU64::new(last_ms) })
    }
}

impl Clock for FileClock {
    fn now_ms(&self) -> u64 {
        match fs::read_to_string(&self.path).ok().as_deref().and_then(parse) {
            Some(now_ms) => {
                self.last_ms.store(now_ms, Ordering::Relaxed);
                now_ms
            }
            None => self.last_ms.load(Ordering::Relaxed),
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}
