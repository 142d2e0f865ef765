//! One connection to the socket of a store: a request, and its answer.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq_proto::client::state::RecvResponse;
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult, SendRequestResult};
use ureq_proto::http::{HeaderMap, Request};

#[cfg(unix)]
type Stream = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type Stream = std::net::TcpStream;

/// How long an answer may take. No operation takes as long, and a test that hangs says nothing.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Room for the longest line of a request's head.
const HEAD_BYTES: usize = 128 << 10;
const PIECE_BYTES: usize = 64 << 10;

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer to a request that may have arrived.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke.
    Broken,
    /// It did not come in time.
    Late,
    /// It is no HTTP.
    NotHttp(ureq_proto::Error),
}

/// A failure of the socket.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What a read says after the time that was set for it depends on the platform.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Late,
            _ => Self::Broken,
        }
    }
}

impl From<ureq_proto::Error> for Failure {
    fn from(error: ureq_proto::Error) -> Self {
        Self::NotHttp(error)
    }
}

/// A connection that is kept from one request to the next.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    /// What was received and not yet read.
    input: Vec<u8>,
    /// Whether another request may follow.
    keeps: bool,
}

impl Connection {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let stream = connect(path)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.set_write_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream, input: Vec::new(), keeps: true })
    }

    /// Whether the other side still listens, as far as this one knows. A store that was closed or
    /// replaced since the last request is found out before the next one is sent.
    pub(super) fn is_open(&mut self) -> bool {
        let silent = self.stream.set_nonblocking(true).is_ok()
            && matches!(self.stream.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.keeps && silent && self.stream.set_nonblocking(false).is_ok()
    }

    /// Sends a request and reads its answer. After a failure the connection is of no use.
    pub(super) fn exchange(
        &mut self,
        request: Request<()>,
        body: &[u8],
    ) -> Result<Answer, Failure> {
        self.keeps = false;
        let mut call = Call::new(request)?.proceed();
        let mut head = vec![0; HEAD_BYTES];
        let mut sent = Ok(());
        while !call.can_proceed() {
            let length = call.write(&mut head)?;
            sent =
                sent.and_then(|()| self.stream.write_all(head.get(..length).unwrap_or_default()));
        }
        sent = sent.and_then(|()| self.stream.write_all(body));
        let call = match call.proceed()? {
            Some(SendRequestResult::SendBody(mut call)) => {
                call.consume_direct_write(body.len())?;
                call.proceed()
            }
            Some(SendRequestResult::RecvResponse(call)) => Some(call),
            Some(SendRequestResult::Await100(_)) | None => None,
        };
        let answer = self.receive(call.ok_or(Failure::Broken)?);
        // Who refuses a request early may close before it was sent to the end, having said why.
        match (answer, sent) {
            (Err(Failure::Broken), Err(error)) => Err(error.into()),
            (answer, _) => answer,
        }
    }

    fn receive(&mut self, mut call: Call<RecvResponse>) -> Result<Answer, Failure> {
        let head = loop {
            let (used, head) = call.try_response(&self.input, false)?;
            self.input.drain(..used);
            match head {
                Some(head) => break head,
                None if used > 0 => {}
                None => self.fill()?,
            }
        };
        let mut body = Vec::new();
        let keeps = match call.proceed() {
            Some(RecvResponseResult::RecvBody(mut call)) => {
                while !call.can_proceed() {
                    let start = body.len();
                    body.resize(start + PIECE_BYTES, 0);
                    let output = body.get_mut(start..).unwrap_or_default();
                    let (used, read) = call.read(&self.input, output)?;
                    self.input.drain(..used);
                    body.truncate(start + read);
                    if used == 0 && read == 0 {
                        self.fill()?;
                    }
                }
                match call.proceed() {
                    Some(RecvBodyResult::Cleanup(call)) => !call.must_close_connection(),
                    Some(RecvBodyResult::Redirect(_)) | None => false,
                }
            }
            Some(RecvResponseResult::Cleanup(call)) => !call.must_close_connection(),
            Some(RecvResponseResult::Redirect(_)) | None => false,
        };
        self.keeps = keeps && self.input.is_empty();
        Ok(Answer { status: head.status().as_u16(), headers: head.headers().clone(), body })
    }

    /// Receives more.
    fn fill(&mut self) -> Result<(), Failure> {
        let start = self.input.len();
        self.input.resize(start + PIECE_BYTES, 0);
        let room = self.input.get_mut(start..).unwrap_or_default();
        let read = loop {
            match self.stream.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.input.truncate(start + read.as_ref().copied().unwrap_or_default());
        match read? {
            0 => Err(Failure::Broken),
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect(path)
}

#[cfg(not(unix))]
fn connect(_: &Path) -> io::Result<Stream> {
    let message = "this system has no Unix sockets that Rust can connect to";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}
