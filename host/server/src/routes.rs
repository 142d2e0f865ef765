//! Which request is whose.

use crate::failure::{Failure, Number, conceal};
use crate::{Shared, backup, export, handles, import, operations, owner, rest, values};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::map_response;
use axum::routing::{get, post, put};
use std::sync::Arc;

/// Largest body of a request that must fit in memory, in bytes: a commit of 25 MiB in base64.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 20;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let guests = operations().layer(map_response(conceal));
    let larder = Router::new()
        .route("/", get(owner::about))
        .route("/bindings", get(owner::bindings))
        .nest("/bindings/{binding}", guests)
        .nest("/namespaces/{id}", operations().merge(owners()))
        .route("/readers/{handle}", get(handles::read).delete(handles::close))
        .route("/writers/{handle}", post(handles::write).delete(handles::close))
        .route("/writers/{handle}/finish", post(handles::finish))
        .route("/check", post(owner::check))
        .route("/compact", post(owner::compact))
        .route("/backup", post(backup::backup))
        .route("/clock", get(owner::clock).post(owner::set_clock))
        .route("/reset", post(owner::reset));
    Router::new()
        .nest("/larder/v1", larder)
        .nest("/client/v4/accounts/{account}/storage/kv/namespaces", rest::router())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
}

/// What can be done with a namespace.
fn operations() -> Router<Arc<Shared>> {
    let value = || get(values::get).head(values::head).put(values::put).delete(values::delete);
    Router::new()
        .route("/values/", value())
        .route("/values/{*key}", value())
        .route("/get-many", post(operations::get_many))
        .route("/expire", post(operations::expire))
        .route("/increment", post(operations::increment))
        .route("/keys", get(operations::list).post(operations::list_by_body))
        .route("/commit", post(operations::commit))
        .route("/readers", post(handles::open_reader))
        .route("/writers", post(handles::open_writer))
        .route("/delete-prefix", post(operations::delete_prefix))
}

/// What its owner alone does with a namespace.
fn owners() -> Router<Arc<Shared>> {
    Router::new()
        .route("/export", get(export::export))
        .route("/import", post(import::import))
        .route("/quota", put(owner::set_quota))
}

pub(crate) async fn no_such_route(uri: Uri) -> Failure {
    let message = format!("there is nothing at {}", uri.path());
    Failure::new(StatusCode::NOT_FOUND, "no-such-route", message).numbered(Number::NoSuchRoute)
}

pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Failure {
    let message = format!("{} does not take {method}", uri.path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-route", message)
        .numbered(Number::NoSuchMethod)
}
