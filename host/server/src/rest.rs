//! The routes of the REST API of Workers KV, as far as they serve here.

use crate::Shared;
use crate::failure::Failure;
use crate::target;
use crate::values::State as Store;
use crate::wire::Namespace;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use larder_store::NamespaceInfo;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most namespaces on a page, and how many there are when a request does not say.
const PER_PAGE_MAX: usize = 1000;
const PER_PAGE: usize = 20;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", get(show).put(rename).delete(delete))
}

/// A refusal in the envelope of Cloudflare's API, with ours beside it.
pub(crate) struct Refusal {
    failure: Failure,
    /// What was tried, in the API's words.
    what: &'static str,
}

impl Refusal {
    pub(crate) fn of(what: &'static str) -> impl Fn(Failure) -> Self {
        move |failure| Self { failure, what }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { failure: Failure { status, body }, what } = self;
        let (code, said) = match body.code.as_str() {
            "no-such-namespace" => (10013, "namespace not found"),
            "no-such-key" => (10009, "key not found"),
            "namespace-exists" => {
                (10014, "A namespace with this account ID and title already exists")
            }
            _ => (10001, body.message.as_str()),
        };
        let status = match code {
            10014 => StatusCode::BAD_REQUEST,
            _ => status,
        };
        let errors = json!([{ "code": code, "message": format!("{what}: '{said}'") }]);
        let answer = json!({
            "success": false, "errors": errors, "messages": [], "result": null, "error": body,
        });
        (status, Json(answer)).into_response()
    }
}

type Answer = Result<Json<Value>, Refusal>;

/// An answer in the envelope of Cloudflare's API.
fn envelope(result: Value) -> Json<Value> {
    Json(json!({ "success": true, "errors": [], "messages": [], "result": result }))
}

#[derive(Deserialize)]
struct ListQuery {
    page: Option<usize>,
    per_page: Option<usize>,
    order: Option<Order>,
    direction: Option<Direction>,
    /// Only the namespace of that title. Not of Workers KV.
    title: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Id,
    Title,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Asc,
    Desc,
}

async fn list(State(shared): Store, query: Result<Query<ListQuery>, QueryRejection>) -> Answer {
    let refuse = Refusal::of("list namespaces");
    let Query(query) = query.map_err(|rejection| refuse(rejection.into()))?;
    let mut found = found(&shared, query.title.as_deref()).await.map_err(&refuse)?;
    match query.order.unwrap_or(Order::Title) {
        Order::Id => found.sort_by(|a, b| a.id.cmp(&b.id)),
        Order::Title => found.sort_by(|a, b| a.title.cmp(&b.title)),
    }
    if let Some(Direction::Desc) = query.direction {
        found.reverse();
    }
    let total_count = found.len();
    let per_page = query.per_page.unwrap_or(PER_PAGE).clamp(1, PER_PAGE_MAX);
    let page = query.page.unwrap_or(1).max(1);
    let before = (page - 1).saturating_mul(per_page);
    let found: Vec<_> =
        found.into_iter().skip(before).take(per_page).map(Namespace::from).collect();
    let info = json!({
        "count": found.len(), "page": page, "per_page": per_page, "total_count": total_count,
    });
    let Json(mut answer) = envelope(json!(found));
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("result_info".into(), info);
    }
    Ok(Json(answer))
}

async fn found(shared: &Shared, title: Option<&str>) -> Result<Vec<NamespaceInfo>, Failure> {
    let Some(title) = title else { return Ok(shared.larder.namespaces().await?) };
    match shared.larder.namespace(title).await? {
        Some(namespace) => Ok(vec![namespace.info().await?]),
        None => Ok(Vec::new()),
    }
}

#[derive(Deserialize)]
struct Title {
    title: String,
    /// An id of the owner's own choice. Not of Workers KV.
    id: Option<String>,
}

async fn create(
    State(shared): Store,
    body: Result<Json<Title>, axum::extract::rejection::JsonRejection>,
) -> Answer {
    let refuse = Refusal::of("create namespace");
    let Json(Title { title, id }) = body.map_err(|rejection| refuse(rejection.into()))?;
    let created = match id {
        Some(id) => shared.larder.create_namespace_with_id(&title, &id).await,
        None => shared.larder.create_namespace(&title).await,
    };
    let created = created.map_err(|error| refuse(error.into()))?;
    answer(&created).await.map_err(refuse)
}

async fn answer(namespace: &larder_store::Namespace) -> Result<Json<Value>, Failure> {
    Ok(envelope(json!(Namespace::from(namespace.info().await?))))
}

async fn show(State(shared): Store, Path((_, id)): Path<(String, String)>) -> Answer {
    let refuse = Refusal::of("get namespace");
    let namespace = target::namespace(&shared, &id).await.map_err(&refuse)?;
    answer(&namespace).await.map_err(refuse)
}

async fn rename(
    State(shared): Store,
    Path((_, id)): Path<(String, String)>,
    body: Result<Json<Title>, axum::extract::rejection::JsonRejection>,
) -> Answer {
    let refuse = Refusal::of("rename namespace");
    let Json(Title { title, id: _ }) = body.map_err(|rejection| refuse(rejection.into()))?;
    let namespace = target::namespace(&shared, &id).await.map_err(&refuse)?;
    let renamed = async {
        let info = namespace.info().await?;
        shared.larder.rename_namespace(&info.title, &title).await?;
        answer(&namespace).await
    };
    renamed.await.map_err(refuse)
}

async fn delete(State(shared): Store, Path((_, id)): Path<(String, String)>) -> Answer {
    let refuse = Refusal::of("remove namespace");
    let deleted = async {
        let info = target::namespace(&shared, &id).await?.info().await?;
        shared.larder.delete_namespace(&info.title).await?;
        Ok::<_, Failure>(())
    };
    deleted.await.map_err(refuse)?;
    Ok(envelope(json!({})))
}
