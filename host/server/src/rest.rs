//! The routes of the REST API of Workers KV, in the envelope of Cloudflare's API.
//!
//! The rules are the store's: what Workers KV only refuses because it is spread over the world, such
//! as a TTL under a minute, is taken.

mod bulk;
mod form;
mod keys;
mod namespaces;
mod values;

use crate::Shared;
use crate::failure::{Failure, Number};
use crate::routes::{no_such_method, no_such_route};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn router() -> Router<Arc<Shared>> {
    let value = || get(values::get).put(values::put).delete(values::delete);
    let large = DefaultBodyLimit::max(bulk::BODY_BYTES_MAX);
    Router::new()
        .route("/", get(namespaces::list).post(namespaces::create))
        .route("/{id}", get(namespaces::show).put(namespaces::rename).delete(namespaces::delete))
        .route("/{id}/keys", get(keys::list))
        .route("/{id}/values/", value())
        .route("/{id}/values/{*key}", value())
        .route("/{id}/metadata/{*key}", get(values::metadata))
        .route("/{id}/bulk", put(bulk::put).delete(bulk::delete).layer(large))
        .route("/{id}/bulk/delete", post(bulk::delete).layer(large))
        .route("/{id}/bulk/get", post(bulk::get).layer(large))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn(refuse_in_envelope))
}

/// An answer in the envelope of Cloudflare's API.
#[derive(Serialize)]
struct Envelope<T> {
    success: bool,
    errors: [Value; 0],
    messages: [Value; 0],
    result: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_info: Option<Value>,
}

/// The result of what has none.
#[derive(Serialize)]
struct Nothing {}

fn envelope<T>(result: T) -> Json<Envelope<T>> {
    Json(Envelope { success: true, errors: [], messages: [], result, result_info: None })
}

fn envelope_of_page<T>(result: T, info: Value) -> Json<Envelope<T>> {
    let Json(envelope) = envelope(result);
    Json(Envelope { result_info: Some(info), ..envelope })
}

/// Puts a refusal into the envelope, with ours beside it.
async fn refuse_in_envelope(
    method: Method,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let Some(Failure { status, body, number }) = response.extensions().get::<Failure>() else {
        return response;
    };
    let tried = tried(&method, route.as_ref().map_or("", MatchedPath::as_str));
    let message = match number {
        Number::NoSuchKey => format!("{tried}: 'key not found'"),
        Number::NoSuchNamespace => format!("{tried}: 'namespace not found'"),
        Number::NamespaceExists => {
            format!("{tried}: 'A namespace with this account ID and title already exists'")
        }
        _ => body.message.clone(),
    };
    // Where the API has one status for whatever is wrong with a request.
    let status = match number {
        Number::NamespaceExists => StatusCode::BAD_REQUEST,
        _ => *status,
    };
    let errors = json!([{ "code": *number as u32, "message": message }]);
    let answer = json!({
        "success": false, "errors": errors, "messages": [], "result": null, "error": body,
    });
    (status, Json(answer)).into_response()
}

/// What a request tries, in the API's words.
fn tried(method: &Method, route: &str) -> &'static str {
    let route = route.rsplit_once("/namespaces").map_or("", |(_, route)| route);
    match (method.as_str(), route.trim_end_matches('/')) {
        ("POST", "") => "create namespace",
        (_, "") => "list namespaces",
        ("PUT", "/{id}") => "rename namespace",
        ("DELETE", "/{id}") => "remove namespace",
        (_, "/{id}") => "get namespace",
        (_, "/{id}/keys") => "list keys",
        ("PUT", "/{id}/values/{*key}" | "/{id}/values") => "put",
        ("DELETE", "/{id}/values/{*key}" | "/{id}/values") => "remove key",
        (_, "/{id}/metadata/{*key}") => "get metadata",
        ("PUT", "/{id}/bulk") => "bulk put",
        (_, "/{id}/bulk" | "/{id}/bulk/delete") => "bulk remove",
        (_, "/{id}/bulk/get") => "bulk get",
        _ => "get",
    }
}
