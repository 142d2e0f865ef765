//! When to stop.

use anyhow::Result;

/// What a shell makes of the end by a signal: 128 and the signal's number.
const INTERRUPTED: u8 = 128 + 2;
#[cfg(unix)]
const TERMINATED: u8 = 128 + 15;

/// Listens for SIGINT and SIGTERM from now on, which then no longer end the process by themselves.
#[cfg(unix)]
pub struct Shutdown {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Shutdown {
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next request to stop: the exit code of a command that is cut short by it.
    pub async fn requested(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

/// Listens for Ctrl-C from now on, which then no longer ends the process by itself.
#[cfg(windows)]
pub struct Shutdown(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Shutdown {
    pub fn listen() -> Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    /// Waits for the next request to stop: the exit code of a command that is cut short by it.
    pub async fn requested(&mut self) -> u8 {
        self.0.recv().await;
        INTERRUPTED
    }
}
