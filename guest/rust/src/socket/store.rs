//! The store at the socket, and what is asked of it.

use super::ask::{Ask, Effect};
use super::connection::{ANSWER_WITHIN, Answer, Connection, Failure};
use super::refusal::Refusal;
use crate::bindings::store::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use ureq_proto::http::Method;

/// The variable that holds the path of the socket.
const VARIABLE: &str = "LARDER_SOCKET";

/// The store of this process; the text says what to do about there being none.
pub(crate) fn store() -> Result<&'static Store, Error> {
    static STORE: LazyLock<Result<Store, String>> =
        LazyLock::new(|| Store::named_by(std::env::var_os(VARIABLE)));
    STORE.as_ref().map_err(|reason| Error::Other(reason.clone()))
}

/// How the time is to change, in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Clock {
    /// To an instant, since the Unix epoch.
    NowMs(u64),
    /// By so much.
    AdvanceMs(u64),
}

const CLOCK: &str = "/larder/v1/clock";

#[derive(Deserialize)]
struct Now {
    now_ms: u64,
}

/// A store that answers on a socket.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    /// The connection that the last request has left, which the next one takes. Requests at the
    /// same time have a connection each, and one of them stays.
    idle: Mutex<Option<Connection>>,
}

impl Store {
    fn named_by(variable: Option<OsString>) -> Result<Self, String> {
        match variable {
            Some(path) if !path.is_empty() => Ok(Self::at(path)),
            _ => Err(format!(
                "there is no store: off Wasm, larder-guest talks to the one that {VARIABLE} names, \
                 and it is not set; run under `larder test`, such as `larder test -- cargo test`"
            )),
        }
    }

    pub(super) fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), idle: Mutex::new(None) }
    }

    /// Where the socket is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names that are bound, in order.
    pub(crate) fn bindings(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Bindings {
            bindings: Vec<String>,
        }
        let bindings = self.get("/larder/v1/bindings").map_err(Refusal::into_error)?;
        let Bindings { bindings } = bindings;
        Ok(bindings)
    }

    /// The time, in milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> Result<u64, Error> {
        let Now { now_ms } = self.get(CLOCK).map_err(Refusal::into_error)?;
        Ok(now_ms)
    }

    /// Changes the time, in a store for tests.
    pub(crate) fn set_clock(&self, clock: &Clock) -> Result<(), Error> {
        let now = self.post(CLOCK.to_owned(), clock, Effect::Write);
        let Now { .. } = now.map_err(Refusal::into_error)?;
        Ok(())
    }

    /// Makes everything as it was at the start, in a store for tests.
    pub(crate) fn reset(&self) -> Result<(), Error> {
        let ask = Ask::new(Method::POST, "/larder/v1/reset", Effect::Write);
        self.ask(&ask).map(drop).map_err(Refusal::into_error)
    }

    /// Asks, and gives the answer of a request that was done.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Refusal> {
        let head = ask.head().map_err(|error| Error::Other(error.to_string()))?;
        let mut connection = self.connection()?;
        let answer = connection
            .exchange(head, ask.body())
            .map_err(|failure| self.unanswered(ask.effect(), failure))?;
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(Refusal::read(&answer).ok_or_else(|| {
                let said = String::from_utf8_lossy(&answer.body);
                self.is_no_larder(format_args!("it answers {status}: {said:.200}"))
            })?),
        }
    }

    /// Sends JSON and reads the answer's.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        target: String,
        body: &(impl Serialize + ?Sized),
        effect: Effect,
    ) -> Result<T, Refusal> {
        let body = serde_json::to_vec(body).map_err(|error| Error::Other(error.to_string()))?;
        let ask = Ask::new(Method::POST, target, effect).json(&body);
        Ok(self.read(&self.ask(&ask)?)?)
    }

    /// Reads JSON.
    pub(super) fn get<T: DeserializeOwned>(&self, target: impl Into<String>) -> Result<T, Refusal> {
        Ok(self.read(&self.ask(&Ask::new(Method::GET, target, Effect::None))?)?)
    }

    /// An answer that is JSON.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        serde_json::from_slice(&answer.body).map_err(|error| self.is_no_larder(error))
    }

    /// The error of an answer that is none of a store's.
    pub(super) fn is_no_larder(&self, why: impl std::fmt::Display) -> Error {
        let path = self.path.display();
        Error::Other(format!("what answers on the socket {path} ({VARIABLE}) is no larder: {why}"))
    }

    fn connection(&self) -> Result<Connection, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut connection) = idle
            && connection.is_open()
        {
            return Ok(connection);
        }
        Connection::open(&self.path).map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &io::Error) -> Error {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "; is it another user's?",
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                "; does `larder test` still run?"
            }
            _ => "",
        };
        let path = self.path.display();
        Error::Other(format!("no store answers on the socket {path} ({VARIABLE}): {error}{hint}"))
    }

    fn unanswered(&self, effect: Effect, failure: Failure) -> Error {
        match (effect, failure) {
            (_, Failure::NotHttp(error)) => self.is_no_larder(error),
            (Effect::Write, Failure::Broken | Failure::Late) => Error::OutcomeUnknown,
            (Effect::None, Failure::Broken) => Error::Unavailable,
            (Effect::None, Failure::Late) => Error::Other(format!(
                "the store on the socket {} ({VARIABLE}) has not answered within {} s",
                self.path.display(),
                ANSWER_WITHIN.as_secs()
            )),
        }
    }
}

#[cfg(test)]
mod tests;
