//! A request that the component did not answer, and what its client is told.

use crate::output;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use std::time::Duration;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How much the pages of failures say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// Everything, for whoever works on the component.
    Detailed,
    /// A number by which the log says everything, for anybody.
    RequestId,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    /// One line.
    what: String,
    /// Whatever else is known: the trap, what the component printed.
    detail: String,
}

impl Failure {
    /// The client's mistake, which it may know.
    pub fn bad_request(what: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, what: what.into(), detail: String::new() }
    }

    pub fn not_built() -> Self {
        let what = "the component has not been built yet: see what `larder dev` printed";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, what: what.into(), detail: String::new() }
    }

    pub fn of_component(what: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, what: what.into(), detail: String::new() }
    }

    pub fn timed_out(timeout: Duration) -> Self {
        let timeout = humantime::format_duration(timeout);
        Self::of_component(format!("the component took longer than {timeout} (limits.timeout)"))
    }

    /// With what is known of how the instance ended.
    pub fn with_detail(mut self, detail: &str) -> Self {
        let detail = detail.trim_end();
        if !detail.is_empty() {
            self.detail.push_str(detail);
            self.detail.push('\n');
        }
        self
    }

    /// What is known, one line and the rest below it.
    pub fn text(&self) -> String {
        match self.detail.trim_end() {
            "" => self.what.clone(),
            detail => format!("{}\n{detail}", self.what),
        }
    }

    /// The page for the client. What is not the client's mistake is logged, by an id.
    pub fn page(self, pages: Pages) -> Response<HyperOutgoingBody> {
        let Self { status, what, detail } = &self;
        let name = status.canonical_reason().unwrap_or_default();
        let text = if status.is_client_error() {
            format!("{}: {what}\n", status.as_u16())
        } else {
            let id = request_id();
            tracing::error!(request_id = id, "{}", self.text());
            match pages {
                Pages::Detailed => format!("{}: {what}\n\n{detail}", status.as_u16()),
                Pages::RequestId => format!("{} {name}\nrequest id: {id}\n", status.as_u16()),
            }
        };
        let body = Full::from(text).map_err(|never| match never {}).boxed_unsync();
        let mut response = Response::new(body);
        *response.status_mut() = *status;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        response
    }
}

/// By which a page and the log find each other.
fn request_id() -> String {
    match getrandom::u64() {
        Ok(id) => format!("{id:016x}"),
        Err(error) => output::printable(&error.to_string()),
    }
}
