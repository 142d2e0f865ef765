//! What goes back to the client.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use larder_guest::Error;
use serde::Serialize;
use wstd::http::{Body, HeaderName, HeaderValue, Response, StatusCode};

pub type Result<T, E = Refusal> = std::result::Result<T, E>;

/// A request that is not answered with what it asked for: its status, what to say, and a header.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), header: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let header = Some((ALLOW, HeaderValue::from_static(allowed)));
        let message = format!("this page knows only {allowed}");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, message, header }
    }

    pub fn too_many_requests(seconds: u64, message: impl Into<String>) -> Self {
        let header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
        Self { status: StatusCode::TOO_MANY_REQUESTS, message: message.into(), header }
    }

    pub fn into_response(self) -> Response<Body> {
        let mut response = text(self.status, format!("{}\n", self.message));
        response.headers_mut().extend(self.header);
        response
    }
}

/// The limits of a namespace are those of the requests that end there.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::InvalidArgument { .. } => StatusCode::BAD_REQUEST,
            Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooManyRequests { retry_after } => {
                let seconds = retry_after.as_secs() + 1;
                return Self::too_many_requests(seconds, error.to_string());
            }
            Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Error::QuotaExceeded(_) => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

pub fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    with_type("text/plain; charset=utf-8", status, text.into())
}

pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Response<Body>> {
    let mut json = serde_json::to_string(value)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    json.push('\n');
    Ok(with_type("application/json", status, json.into()))
}

fn with_type(content_type: &'static str, status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A variable from the config, or what holds without one.
pub fn var(name: &str, default: u32) -> Result<u32> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    text.parse().map_err(|_| {
        let message = format!("the variable {name} is to be a whole number, not {text:?}");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}
