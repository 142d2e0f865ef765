//! The operations on a namespace other than on one value.

use crate::failure::Failure;
use crate::target::Target;
use crate::wire::{Key, KeyIf, Step, Text64, ValueAndHead, When};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use larder_store::{
    Check, CommitOutcome, DeletedPage, Expiration, ListOptions, Operation, UnixMillis, Version,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request's JSON, or why it is none.
pub(crate) type Body<T> = Result<Json<T>, JsonRejection>;
type Answer = Result<Json<Value>, Failure>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetMany {
    keys: Vec<String>,
}

pub(crate) async fn get_many(target: Target, body: Body<GetMany>) -> Answer {
    let Json(GetMany { keys }) = body?;
    let entries = target.reading().get_many(&keys).await?;
    let entries: Vec<_> =
        entries.iter().map(|entry| entry.as_ref().map(ValueAndHead::from)).collect();
    Ok(Json(json!({ "entries": entries })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expire {
    key: String,
    expiration: Option<When>,
}

pub(crate) async fn expire(target: Target, body: Body<Expire>) -> Answer {
    let Json(Expire { key, expiration }) = body?;
    let version = target.writing()?.expire(&key, expiration.map(Expiration::from)).await?;
    Ok(Json(json!({ "version": version.map(text) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Increment {
    key: String,
    delta: Text64<i64>,
    expiration: Option<When>,
}

pub(crate) async fn increment(target: Target, body: Body<Increment>) -> Answer {
    let Json(Increment { key, delta, expiration }) = body?;
    let namespace = target.writing()?;
    let counter = namespace.increment(&key, delta.0, expiration.map(Expiration::from)).await?;
    Ok(Json(json!({
        "value": counter.value.to_string(),
        "version": text(counter.version),
        "expiration": counter.expiration.map(UnixMillis::as_secs_ceil),
    })))
}

#[derive(Deserialize)]
pub(crate) struct ListQuery {
    prefix: Option<String>,
    start: Option<String>,
    end: Option<String>,
    #[serde(default)]
    reverse: bool,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A page of a listing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Page {
    /// The keys.
    pub keys: Vec<Key>,
    /// Where the next page goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

pub(crate) async fn list(
    target: Target,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Page>, Failure> {
    let Query(query) = query?;
    page(&target, query).await
}

/// The same for texts that are too long for the first line of a request.
pub(crate) async fn list_by_body(
    target: Target,
    body: Body<ListQuery>,
) -> Result<Json<Page>, Failure> {
    let Json(query) = body?;
    page(&target, query).await
}

async fn page(target: &Target, query: ListQuery) -> Result<Json<Page>, Failure> {
    let ListQuery { prefix, start, end, reverse, limit, cursor } = query;
    let options = ListOptions { prefix, start, end, reverse, limit, cursor };
    let page = target.reading().list(&options).await?;
    Ok(Json(Page { keys: page.keys.iter().map(Key::from).collect(), cursor: page.cursor }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    #[serde(default)]
    checks: Vec<KeyIf>,
    operations: Vec<Step>,
}

pub(crate) async fn commit(target: Target, body: Body<Commit>) -> Answer {
    let Json(Commit { checks, operations }) = body?;
    let checks = checks.into_iter().map(Check::from).collect();
    let operations = operations.into_iter().map(Operation::from).collect();
    match target.writing()?.commit(checks, operations).await? {
        CommitOutcome::Committed { version, counters } => {
            let counters: Vec<_> = counters.iter().map(i64::to_string).collect();
            Ok(Json(json!({ "version": text(version), "counters": counters })))
        }
        CommitOutcome::Conflict(check) => Err(Failure::conflict(None).with("check", check)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletePrefix {
    prefix: String,
    cursor: Option<String>,
}

/// One batch of the deletion of all keys with a prefix.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeletedBatch {
    /// The keys that were deleted.
    pub deleted: u64,
    /// Where the next batch goes on; none when this was the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

pub(crate) async fn delete_prefix(
    target: Target,
    body: Body<DeletePrefix>,
) -> Result<Json<DeletedBatch>, Failure> {
    let Json(DeletePrefix { prefix, cursor }) = body?;
    let options = ListOptions { prefix: Some(prefix), cursor, ..ListOptions::default() };
    let DeletedPage { deleted, cursor } = target.writing()?.delete_page(&options).await?;
    Ok(Json(DeletedBatch { deleted, cursor }))
}

fn text(version: Version) -> String {
    version.as_u64().to_string()
}
