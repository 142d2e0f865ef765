//! What a store answers when it has not done what it was asked.

use super::connection::Answer;
use super::wire::Decimal;
use crate::bindings::store::{Error, Quota, SizeLimit, Subject};
use serde::Deserialize;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no such key.
    NoSuchKey,
    /// A check did not hold.
    Conflict(Conflict),
    /// An error of the contract.
    Error(Error),
}

/// Which check did not hold, of a commit; what it found, of another write.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) found: Option<u64>,
    pub(super) check: Option<u32>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Refusal {
    /// `None` where the answer is none of a store's.
    pub(super) fn read(answer: &Answer) -> Option<Self> {
        let Body { error: said } = serde_json::from_slice(&answer.body).ok()?;
        Some(match said.code.as_str() {
            "no-such-key" => Self::NoSuchKey,
            "conflict" => {
                let found = said.found.map(|Decimal(version)| version);
                Self::Conflict(Conflict { found, check: said.check })
            }
            _ => Self::Error(said.into_error()),
        })
    }

    /// The error that it is for an operation which has no other outcome.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Error(error) => error,
            Self::NoSuchKey => unexpected("no such key"),
            Self::Conflict(_) => unexpected("a conflict"),
        }
    }
}

/// What answers an operation that it cannot be the answer to.
pub(super) fn unexpected(answer: &str) -> Error {
    Error::Other(format!("the store gave an answer that does not fit the operation: {answer}"))
}

#[derive(Deserialize)]
struct Body {
    error: Said,
}

/// An error of the protocol.
#[derive(Deserialize)]
struct Said {
    code: String,
    message: String,
    of: Option<String>,
    bytes: Option<u64>,
    bytes_max: Option<u64>,
    retry_ms: Option<u32>,
    found: Option<Decimal<u64>>,
    check: Option<u32>,
}

impl Said {
    fn into_error(self) -> Error {
        let of = self.of.as_deref();
        match self.code.as_str() {
            // Of a writer whose namespace was deleted meanwhile it is the second.
            "no-such-binding" | "no-such-namespace" => Error::NoSuchBinding,
            "access-denied" => Error::AccessDenied,
            "invalid-argument" => Error::InvalidArgument(self.message),
            "too-large" => {
                let of = match of {
                    Some("key") => Subject::Key,
                    Some("metadata") => Subject::Metadata,
                    Some("batch") => Subject::Batch,
                    _ => Subject::Value,
                };
                let (bytes, bytes_max) = (self.bytes.unwrap_or(0), self.bytes_max.unwrap_or(0));
                Error::TooLarge(SizeLimit { of, bytes, bytes_max })
            }
            "quota-exceeded" => Error::QuotaExceeded(match of {
                Some("keys") => Quota::Keys,
                Some("bytes") => Quota::Bytes,
                _ => Quota::Store,
            }),
            "too-many-requests" => Error::TooManyRequests(self.retry_ms.unwrap_or(0)),
            "not-a-counter" => Error::NotACounter,
            "unsupported" => Error::Unsupported(self.message),
            // A reader or a writer is let go of when it is not used for long.
            "unavailable" | "no-such-handle" => Error::Unavailable,
            "outcome-unknown" => Error::OutcomeUnknown,
            _ => Error::Other(self.message),
        }
    }
}
