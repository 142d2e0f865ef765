//! What a request is answered that cannot be done.

use crate::routes::BODY_BYTES_MAX;
use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use larder_store::{Error, ErrorKind, Subject, Version};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a guest is told of a failure that is the host's own: nothing of the host.
const STORE_FAILED: &str = "the store failed; its host has the cause in its log";

/// An error as it is answered: a code of the contract's or the server's, a text, and what belongs
/// to the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Which error: a name such as `too-large`.
    pub code: String,
    /// What to tell people.
    pub message: String,
    /// What belongs to the code, such as `bytes_max`.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// A refusal and its status.
#[derive(Clone, Debug)]
pub struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) body: Box<ErrorBody>,
    /// What the REST API of Workers KV calls it.
    pub(crate) number: Number,
}

/// The numbers of Cloudflare's API, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    NoSuchRoute = 7003,
    Invalid = 10001,
    NoSuchKey = 10009,
    BodyInvalid = 10012,
    NoSuchNamespace = 10013,
    NamespaceExists = 10014,
    TitleMissing = 10019,
    NoKeys = 10029,
    ExpirationInvalid = 10034,
    NoSuchMethod = 10405,
}

impl From<&Error> for Number {
    fn from(error: &Error) -> Self {
        match error {
            Error::NamespaceNotFound { .. } | Error::NamespaceDeleted => Self::NoSuchNamespace,
            Error::NamespaceExists { .. } => Self::NamespaceExists,
            Error::TitleInvalid { title, .. } if title.is_empty() => Self::TitleMissing,
            Error::KeyCount { count: 0, .. } => Self::NoKeys,
            Error::TtlZero | Error::ExpirationPassed { .. } | Error::ExpirationTooFar => {
                Self::ExpirationInvalid
            }
            _ => Self::Invalid,
        }
    }
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body =
            ErrorBody { code: code.to_owned(), message: message.into(), details: Map::new() };
        Self { status, body: Box::new(body), number: Number::Invalid }
    }

    pub(crate) fn numbered(self, number: Number) -> Self {
        Self { number, ..self }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.details.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-argument", message)
    }

    pub(crate) fn no_such_key() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-key", "there is no such key")
            .numbered(Number::NoSuchKey)
    }

    pub(crate) fn no_such_namespace(id: &str) -> Self {
        let message = format!("there is no namespace with the id {id:?}");
        Self::new(StatusCode::NOT_FOUND, "no-such-namespace", message)
            .numbered(Number::NoSuchNamespace)
    }

    pub(crate) fn no_such_binding() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-binding", "nothing is bound under that name")
    }

    pub(crate) fn access_denied() -> Self {
        Self::new(StatusCode::FORBIDDEN, "access-denied", "the binding is read-only")
    }

    pub(crate) fn unsupported(message: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "unsupported", message)
    }

    /// A body that was not taken.
    fn of_body(status: StatusCode, reason: String) -> Self {
        let reason = match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                format!(
                    "the request has more than {BODY_BYTES_MAX} bytes, which is the most allowed"
                )
            }
            _ => reason,
        };
        Self::new(status, "invalid-argument", reason)
    }

    /// A condition that did not hold; the version found instead.
    pub(crate) fn conflict(found: Option<Version>) -> Self {
        let found = found.map(|version| version.as_u64().to_string());
        Self::new(StatusCode::CONFLICT, "conflict", "the condition did not hold")
            .with("found", found)
    }

    /// The same as a guest may see it, without anything of the host.
    pub(crate) fn for_guest(mut self) -> Self {
        match self.body.code.as_str() {
            "other" => {
                self.body.message = STORE_FAILED.into();
                self
            }
            // The cause is the host's, and how much is free on its disk.
            "outcome-unknown" => {
                self.body.message = "the outcome of the write is unknown".into();
                self
            }
            // How much there is may be others' too, whose prefix in the namespace is another.
            "quota-exceeded" => {
                self.body.message = match self.body.details.get("of").and_then(Value::as_str) {
                    Some("store") => "the store is full".into(),
                    _ => "the namespace's quota has no room".into(),
                };
                self
            }
            "no-such-namespace" => Self::no_such_binding(),
            _ => self,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (status, code) = match error.kind() {
            ErrorKind::InvalidArgument => (StatusCode::BAD_REQUEST, "invalid-argument"),
            ErrorKind::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            ErrorKind::NotACounter => (StatusCode::UNPROCESSABLE_ENTITY, "not-a-counter"),
            ErrorKind::QuotaKeys | ErrorKind::QuotaBytes | ErrorKind::StoreFull => {
                (StatusCode::INSUFFICIENT_STORAGE, "quota-exceeded")
            }
            ErrorKind::NamespaceDeleted | ErrorKind::NamespaceNotFound => {
                (StatusCode::NOT_FOUND, "no-such-namespace")
            }
            ErrorKind::NamespaceExists => (StatusCode::CONFLICT, "namespace-exists"),
            ErrorKind::Unsupported => (StatusCode::NOT_IMPLEMENTED, "unsupported"),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            ErrorKind::OutcomeUnknown => (StatusCode::INTERNAL_SERVER_ERROR, "outcome-unknown"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "other"),
        };
        let failure = Self::new(status, code, error.to_string()).numbered(Number::from(error));
        match error.kind() {
            ErrorKind::TooLarge { of, bytes, max } => {
                let of = match of {
                    Subject::Key => "key",
                    Subject::Value => "value",
                    Subject::Metadata => "metadata",
                    Subject::Batch => "batch",
                };
                failure.with("of", of).with("bytes", bytes).with("bytes_max", max)
            }
            ErrorKind::QuotaKeys => failure.with("of", "keys"),
            ErrorKind::QuotaBytes => failure.with("of", "bytes"),
            ErrorKind::StoreFull => failure.with("of", "store"),
            _ => failure,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        Self::of_body(rejection.status(), rejection.body_text()).numbered(Number::BodyInvalid)
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "invalid-argument", rejection.body_text())
    }
}

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Self {
        Self::of_body(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            let (code, message) = (&self.body.code, &self.body.message);
            tracing::warn!(%code, %message, "a request to the store failed");
        }
        let mut response = (self.status, Json(json!({ "error": self.body }))).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Takes what is the host's own from the answers to guests.
pub(crate) async fn conceal(response: Response) -> Response {
    match response.extensions().get::<Failure>() {
        Some(failure) => {
            let Failure { status, body, .. } = failure.clone().for_guest();
            (status, Json(json!({ "error": body }))).into_response()
        }
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_told_nothing_of_the_host() {
        let errors = [
            Error::OutcomeUnknown { reason: "/srv/store: EIO".into() },
            Error::StoreFull { needed: 4242, available: 4242 },
            Error::QuotaKeys { keys: 4242, max: 4242 },
            Error::QuotaBytes { bytes: 4242, max: 4242 },
        ];
        for error in errors {
            let body = Failure::from(&error).for_guest().body;
            assert!(!body.message.contains("/srv") && !body.message.contains("4242"), "{body:?}");
            assert_eq!(body.code, Failure::from(&error).body.code);
        }
    }
}
