//! What a component that is served prints: on to our standard error, up to so much for a request, and
//! the end of it kept, since there a panic says what it is about.

use crate::output;
use bytes::Bytes;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How much of the end is kept.
const TAIL_BYTES: usize = 8 << 10;
/// How much of it goes on to our standard error, so that no request fills the disk with its log.
const PRINTED_BYTES_MAX: usize = 1 << 20;
/// Most bytes that a component hands over at a time.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// One instance's output. Clones share it.
#[derive(Clone, Default)]
pub struct GuestStderr(Arc<Mutex<Printed>>);

#[derive(Default)]
struct Printed {
    /// Bytes in all.
    bytes: usize,
    tail: Vec<u8>,
}

impl Printed {
    /// Adds to the tail; what goes on to our standard error, and whether that is the last of it.
    fn add<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let room = PRINTED_BYTES_MAX.saturating_sub(self.bytes);
        let was_within = self.bytes <= PRINTED_BYTES_MAX;
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.tail.extend_from_slice(bytes);
        let excess = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..excess);
        (bytes.get(..room).unwrap_or(bytes), was_within && self.bytes > PRINTED_BYTES_MAX)
    }
}

impl GuestStderr {
    /// Forgets what was printed: the instance begins with another request.
    pub fn renew(&self) {
        *self.printed() = Printed::default();
    }

    /// The end of what was printed.
    pub fn tail(&self) -> String {
        String::from_utf8_lossy(&self.printed().tail).into_owned()
    }

    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, bytes: &[u8]) {
        let (goes_on, is_last) = self.printed().add(bytes);
        // Whether anybody listens is no concern of the component.
        let _ = io::stderr().write_all(goes_on);
        if is_last {
            let most = output::size(PRINTED_BYTES_MAX as u64);
            output::note(format_args!("\nmore than {most} that a request printed is left out"));
        }
    }
}

impl IsTerminal for GuestStderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestStderr {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestStderr {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestStderr {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

impl AsyncWrite for GuestStderr {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
