//! One key and its value, which goes through in pieces.

use crate::Shared;
use crate::failure::Failure;
use crate::target::{KeyInPath, Target};
use crate::wire::{self, If, Text64};
use axum::Json;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use larder_store::{
    Condition, DeleteOutcome, Expiration, Head, PutOptions, Reader, UnixMillis, WriteOutcome,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How much of a value is read at a time.
const PIECE_BYTES: usize = 256 << 10;
/// How much of a refused value is taken in vain.
const DRAIN_BYTES_MAX: usize = 64 << 20;

pub(crate) async fn get(target: Target, KeyInPath(key): KeyInPath) -> Result<Response, Failure> {
    let reader = target.reading().open_reader(&key).await?.ok_or_else(Failure::no_such_key)?;
    let headers = headers(&reader.info().head)?;
    Ok((headers, body(reader).await?).into_response())
}

pub(crate) async fn head(target: Target, KeyInPath(key): KeyInPath) -> Result<Response, Failure> {
    let info = target.reading().head(&key).await?.ok_or_else(Failure::no_such_key)?;
    Ok((headers(&info.head)?, Body::empty()).into_response())
}

/// The value in pieces; one that fits in a piece is read here, so that its failure is an answer.
pub(crate) async fn body(reader: Reader) -> Result<Body, Failure> {
    let size = reader.info().head.size;
    if size <= PIECE_BYTES as u64 {
        return Ok(reader.read(0, PIECE_BYTES).await?.into());
    }
    let pieces = stream::try_unfold((reader, 0), |(reader, offset)| async move {
        let piece = reader.read(offset, PIECE_BYTES).await?;
        let next = offset + piece.len() as u64;
        Ok::<_, larder_store::Error>((!piece.is_empty()).then_some((piece, (reader, next))))
    });
    Ok(Body::from_stream(pieces))
}

fn headers(head: &Head) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, head.size.into());
    headers.insert(wire::VERSION, head.version.as_u64().into());
    if let Some(expiration) = head.expiration {
        headers.insert(wire::EXPIRATION_MS, expiration.as_millis().into());
        headers.insert(wire::EXPIRATION, UnixMillis::as_secs_ceil(expiration).into());
    }
    if let Some(metadata) = &head.metadata {
        let value = HeaderValue::try_from(STANDARD.encode(metadata.as_bytes()));
        headers.insert(wire::METADATA, value.map_err(|error| Failure::invalid(error.to_string()))?);
    }
    Ok(headers)
}

/// The options of a put in the query.
#[derive(Deserialize)]
pub(crate) struct PutQuery {
    ttl: Option<Text64<u64>>,
    ttl_ms: Option<Text64<u64>>,
    at: Option<Text64<u64>>,
    at_ms: Option<Text64<u64>>,
    r#if: Option<If>,
}

impl PutQuery {
    fn expiration(&self) -> Result<Option<Expiration>, Failure> {
        let Self { ttl, ttl_ms, at, at_ms, r#if: _ } = self;
        let said = [
            ttl.map(|Text64(seconds)| Expiration::Ttl(seconds)),
            ttl_ms.map(|Text64(millis)| Expiration::TtlMs(millis)),
            at.map(|Text64(seconds)| Expiration::At(seconds)),
            at_ms.map(|Text64(millis)| Expiration::AtMs(millis)),
        ];
        let mut said = said.into_iter().flatten();
        match (said.next(), said.next()) {
            (_, Some(_)) => Err(Failure::invalid("of ttl, ttl_ms, at and at_ms one is enough")),
            (expiration, None) => Ok(expiration),
        }
    }
}

pub(crate) async fn put(
    target: Target,
    KeyInPath(key): KeyInPath,
    query: Result<Query<PutQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let Query(query) = query?;
    let options = PutOptions {
        expiration: query.expiration()?,
        metadata: metadata(&headers)?,
        condition: query.r#if.map(|If(condition)| condition),
    };
    write(&target, &key, options, body).await
}

fn metadata(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(header) = headers.get(wire::METADATA) else { return Ok(None) };
    let text = STANDARD.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let invalid = || Failure::invalid(format!("{} is not base64 of UTF-8", wire::METADATA));
    text.map(Some).ok_or_else(invalid)
}

/// Writes a value as it comes.
pub(crate) async fn write(
    target: &Target,
    key: &str,
    options: PutOptions,
    mut body: Body,
) -> Result<Json<Value>, Failure> {
    let result = write_all(target, key, options, &mut body).await;
    if result.is_err() {
        drain(body).await;
    }
    result
}

/// Writes as it reads, so that a value without end fails at the limit, and a client that goes away
/// leaves no trace.
async fn write_all(
    target: &Target,
    key: &str,
    options: PutOptions,
    body: &mut Body,
) -> Result<Json<Value>, Failure> {
    let mut writer = target.writing()?.open_writer(key, options)?;
    while let Some(frame) = body.frame().await {
        let broken_off = |error| Failure::invalid(format!("the value broke off: {error}"));
        if let Ok(piece) = frame.map_err(broken_off)?.into_data() {
            writer.write(&piece).await?;
        }
    }
    written(writer.finish().await?)
}

/// Takes what a client is still sending, within reason: one whose connection is closed meanwhile
/// may not get to read why.
async fn drain(mut body: Body) {
    let mut left = DRAIN_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

pub(crate) fn written(outcome: WriteOutcome) -> Result<Json<Value>, Failure> {
    match outcome {
        WriteOutcome::Written(version) => {
            Ok(Json(json!({ "version": version.as_u64().to_string() })))
        }
        WriteOutcome::Conflict(found) => Err(Failure::conflict(found)),
    }
}

#[derive(Deserialize)]
pub(crate) struct DeleteQuery {
    r#if: Option<If>,
}

pub(crate) async fn delete(
    target: Target,
    KeyInPath(key): KeyInPath,
    query: Result<Query<DeleteQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Failure> {
    let Query(query) = query?;
    let namespace = target.writing()?;
    let deleted = match query.r#if {
        None => namespace.delete(&key).await?,
        Some(If(Condition::Version(version))) => match namespace.delete_if(&key, version).await? {
            DeleteOutcome::Deleted => true,
            DeleteOutcome::Conflict(found) => return Err(Failure::conflict(found)),
        },
        Some(If(Condition::Absent | Condition::Present)) => {
            return Err(Failure::invalid("the condition of a delete is a version"));
        }
    };
    Ok(Json(json!({ "deleted": deleted })))
}

/// A body that must fit in memory, as the router's limit says.
pub(crate) type Whole = Result<Bytes, axum::extract::rejection::BytesRejection>;

/// The shared state as handlers take it.
pub(crate) type State = axum::extract::State<Arc<Shared>>;
