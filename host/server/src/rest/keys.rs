//! The keys of a namespace, page by page.

use super::envelope_of_page;
use crate::failure::Failure;
use crate::target::Target;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use larder_store::{Head, KeyInfo, ListOptions, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    prefix: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
}

pub(super) async fn list(
    target: Target,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(ListQuery { prefix, limit, cursor }) = query?;
    let mut options = ListOptions { prefix, limit, cursor, ..ListOptions::default() };
    let page = loop {
        let page = target.reading().list(&options).await?;
        // Clients take an empty page for the end.
        if !page.keys.is_empty() || page.cursor.is_none() {
            break page;
        }
        options.cursor = page.cursor;
    };
    let rows: Vec<_> = page.keys.iter().map(row).collect::<Result<_, _>>()?;
    let info = json!({ "count": rows.len(), "cursor": page.cursor.unwrap_or_default() });
    Ok(envelope_of_page(rows, info).into_response())
}

fn row(key: &KeyInfo) -> Result<Row<'_>, Failure> {
    let KeyInfo { name, head } = key;
    let expiration = head.expiration.map(UnixMillis::as_secs_ceil);
    Ok(Row { name, expiration, metadata: metadata(head)? })
}

/// Metadata as it was written.
pub(super) fn metadata(head: &Head) -> Result<Option<&RawValue>, Failure> {
    let metadata = head.metadata.as_deref().map(serde_json::from_str).transpose();
    // The store takes nothing else.
    metadata.map_err(|error| Failure::invalid(format!("the metadata is not JSON: {error}")))
}
