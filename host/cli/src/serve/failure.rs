//! A request that the component did not answer, and what its client is told.

use crate::output;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
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
    /// Where in the component, and why.
    trap: String,
    /// The end of what the component printed, which the log has already.
    printed: String,
}

impl Failure {
    fn new(status: StatusCode, what: impl Into<String>) -> Self {
        Self { status, what: what.into(), trap: String::new(), printed: String::new() }
    }

    /// The client's mistake, which it may know.
    pub fn bad_request(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what)
    }

    pub fn not_built() -> Self {
        let what = "the component has not been built yet: see what `larder dev` printed";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, what)
    }

    pub fn of_component(what: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, what)
    }

    pub fn trapped(mut self, trap: &wasmtime::Error) -> Self {
        self.trap = format!("{trap:?}");
        self
    }

    pub fn printed(mut self, printed: String) -> Self {
        self.printed = printed;
        self
    }

    /// What the log has not heard of yet.
    pub fn text(&self) -> String {
        match self.trap.trim_end() {
            "" => self.what.clone(),
            trap => format!("{}\n{trap}", self.what),
        }
    }

    /// The page for the client. What is not the client's mistake is logged, by an id.
    pub fn page(self, pages: Pages) -> Response<HyperOutgoingBody> {
        let Self { status, what, trap, printed } = &self;
        let mut text = format!("{}: {what}\n", status.as_u16());
        if !status.is_client_error() {
            let id = request_id();
            tracing::error!("request {id}: {}", self.text());
            match pages {
                Pages::RequestId => text = format!("{status}\nrequest id: {id}\n"),
                Pages::Detailed => {
                    for part in [printed, trap].map(|part| part.trim()) {
                        if !part.is_empty() {
                            text.push_str(&format!("\n{part}\n"));
                        }
                    }
                }
            }
        }
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
