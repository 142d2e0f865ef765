//! What namespaces there are.

use super::{Envelope, Nothing, envelope, envelope_of_page};
use crate::Shared;
use crate::failure::Failure;
use crate::operations::Body;
use crate::target;
use crate::values::State as Store;
use crate::wire::Namespace;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use larder_store::NamespaceInfo;
use serde::Deserialize;
use serde_json::json;

/// Most namespaces on a page, and how many there are when a request does not say.
const PER_PAGE_MAX: usize = 1000;
const PER_PAGE: usize = 20;

type Answer<T> = Result<Json<Envelope<T>>, Failure>;

#[derive(Deserialize)]
pub(super) struct ListQuery {
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

pub(super) async fn list(
    State(shared): Store,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Answer<Vec<Namespace>> {
    let Query(query) = query?;
    let mut found = found(&shared, query.title.as_deref()).await?;
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
    Ok(envelope_of_page(found, info))
}

async fn found(shared: &Shared, title: Option<&str>) -> Result<Vec<NamespaceInfo>, Failure> {
    let Some(title) = title else { return Ok(shared.larder.namespaces().await?) };
    match shared.larder.namespace(title).await? {
        Some(namespace) => Ok(vec![namespace.info().await?]),
        None => Ok(Vec::new()),
    }
}

#[derive(Deserialize)]
pub(super) struct Title {
    #[serde(default)]
    title: String,
    /// An id of the owner's own choice. Not of Workers KV.
    id: Option<String>,
}

pub(super) async fn create(State(shared): Store, body: Body<Title>) -> Answer<Namespace> {
    let Json(Title { title, id }) = body?;
    let created = match id {
        Some(id) => shared.larder.create_namespace_with_id(&title, &id).await?,
        None => shared.larder.create_namespace(&title).await?,
    };
    answer(&created).await
}

async fn answer(namespace: &larder_store::Namespace) -> Answer<Namespace> {
    Ok(envelope(Namespace::from(namespace.info().await?)))
}

pub(super) async fn show(
    State(shared): Store,
    Path((_, id)): Path<(String, String)>,
) -> Answer<Namespace> {
    answer(&target::namespace(&shared, &id).await?).await
}

pub(super) async fn rename(
    State(shared): Store,
    Path((_, id)): Path<(String, String)>,
    body: Body<Title>,
) -> Answer<Namespace> {
    let Json(Title { title, id: _ }) = body?;
    let namespace = target::namespace(&shared, &id).await?;
    let info = namespace.info().await?;
    shared.larder.rename_namespace(&info.title, &title).await?;
    answer(&namespace).await
}

pub(super) async fn delete(
    State(shared): Store,
    Path((_, id)): Path<(String, String)>,
) -> Answer<Nothing> {
    let info = target::namespace(&shared, &id).await?.info().await?;
    shared.larder.delete_namespace(&info.title).await?;
    Ok(envelope(Nothing {}))
}
