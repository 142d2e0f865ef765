//! A request to a store.

use ureq_proto::http::{self, Method, Request};

/// Whether a request that may have been done has changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It has not: it can be made again.
    None,
    /// It may have.
    Write,
}

/// A request.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    method: Method,
    target: String,
    metadata: Option<String>,
    body: &'a [u8],
    content_type: &'static str,
    effect: Effect,
}

impl<'a> Ask<'a> {
    /// Without a body. The target is a path with its query, percent-encoded.
    pub(super) fn new(method: Method, target: impl Into<String>, effect: Effect) -> Self {
        let content_type = "application/octet-stream";
        Self { method, target: target.into(), metadata: None, body: &[], content_type, effect }
    }

    pub(super) fn raw(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    pub(super) fn json(self, body: &'a [u8]) -> Self {
        Self { body, content_type: "application/json", ..self }
    }

    /// Metadata in base64.
    pub(super) fn metadata(self, metadata: Option<String>) -> Self {
        Self { metadata, ..self }
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body
    }

    pub(super) fn effect(&self) -> Effect {
        self.effect
    }

    /// What stands before the body. `content-length` is there also when there is nothing: without
    /// it the body would be one in chunks.
    pub(super) fn head(&self) -> http::Result<Request<()>> {
        let uri = format!("http://larder{}", self.target);
        let mut head = Request::builder().method(&self.method).uri(uri);
        if [Method::PUT, Method::POST].contains(&self.method) {
            head = head
                .header("content-type", self.content_type)
                .header("content-length", self.body.len());
        }
        if let Some(metadata) = &self.metadata {
            head = head.header("larder-metadata", metadata);
        }
        head.body(())
    }
}
