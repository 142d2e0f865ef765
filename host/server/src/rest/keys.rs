//! The keys of a namespace, page by page.

use super::envelope_of_page;
use crate::failure::Failure;
use crate::target::Target;
use crate::wire::{self, Listed};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use larder_store::{Head, ListOptions};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    prefix: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
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
    let rows: Vec<_> =
        page.keys.iter().map(Listed::try_from).collect::<Result<_, _>>().map_err(not_json)?;
    let info = json!({ "count": rows.len(), "cursor": page.cursor.unwrap_or_default() });
    Ok(envelope_of_page(rows, info).into_response())
}

/// Metadata as it was written.
pub(super) fn metadata(head: &Head) -> Result<Option<&RawValue>, Failure> {
    wire::metadata(head).map_err(not_json)
}

/// The store takes nothing else.
fn not_json(error: serde_json::Error) -> Failure {
    Failure::invalid(format!("the metadata is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use crate::Server;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use larder_store::limits::LIST_ROWS_MAX;
    use larder_store::{Expiration, ManualClock, Operation, Options};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use tower_service::Service as _;

    #[tokio::test]
    async fn no_page_is_empty_before_the_end() {
        let clock = Arc::new(ManualClock::new(1000));
        let larder = Options::new().clock(clock.clone()).in_memory();
        let namespace = larder.create_namespace_with_id("n", "n").await.unwrap();
        let put = |key: String, expiration| Operation::Put {
            key,
            value: Vec::new().into(),
            expiration,
            metadata: None,
        };
        let expiring = (0..=LIST_ROWS_MAX).map(|n| put(format!("{n:05}"), Some(Expiration::At(2))));
        let puts = expiring.chain([put("z".into(), None)]);
        for commit in Operation::in_commits(puts) {
            let _ = namespace.commit(Vec::new(), commit).await.unwrap();
        }
        clock.set_ms(2000);
        assert!(namespace.list(&Default::default()).await.unwrap().keys.is_empty());

        let path = "/client/v4/accounts/any/storage/kv/namespaces/n/keys";
        let asked = Request::get(path).body(Body::empty()).unwrap();
        let answer = Server::new(&larder).router().call(asked).await.unwrap();
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["result"], json!([{ "name": "z" }]));
        assert_eq!(answer["result_info"], json!({ "count": 1, "cursor": "" }));
    }
}
