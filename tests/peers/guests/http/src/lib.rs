//! What the guests share: the request's path, and an answer.

use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

/// The path without its first slash.
pub fn path(request: &IncomingRequest) -> String {
    let path = request.path_with_query().unwrap_or_default();
    path.trim_start_matches('/').to_owned()
}

/// Answers with 200, or with 500 where something failed.
pub fn answer(out: ResponseOutparam, body: Result<Vec<u8>, String>) {
    let response = OutgoingResponse::new(Fields::new());
    let content = body.unwrap_or_else(|error| {
        response.set_status_code(500).expect("500 is a status");
        error.into_bytes()
    });
    let body = response.body().expect("a new response has its body");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("a new body has its stream");
    // A client that has gone away is no concern of ours.
    let sent = content.chunks(4096).try_for_each(|part| stream.blocking_write_and_flush(part));
    drop(stream);
    if sent.is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}
