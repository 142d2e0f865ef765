//! One key: its value, and what is kept beside it.

use super::form::{self, Form};
use super::{Envelope, Nothing, envelope, keys};
use crate::failure::Failure;
use crate::target::{KeyInPath, Target};
use crate::wire::{self, Text64};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest as _, Multipart, Query, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use larder_store::{Expiration, PutOptions};
use serde::Deserialize;

type Answer<T> = Result<Json<Envelope<T>>, Failure>;

pub(super) async fn get(target: Target, KeyInPath(key): KeyInPath) -> Result<Response, Failure> {
    let reader = target.reading().open_reader(&key).await?.ok_or_else(Failure::no_such_key)?;
    let head = &reader.info().head;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, head.size.into());
    if let Some(expiration) = head.expiration {
        headers.insert("expiration", expiration.as_secs_ceil().into());
    }
    Ok((headers, crate::values::body(reader).await?).into_response())
}

pub(super) async fn metadata(
    target: Target,
    KeyInPath(key): KeyInPath,
) -> Result<Response, Failure> {
    let info = target.reading().head(&key).await?.ok_or_else(Failure::no_such_key)?;
    Ok(envelope(keys::metadata(&info.head)?).into_response())
}

/// When a key that is written stops existing: as in Workers KV, a TTL wins.
#[derive(Deserialize)]
pub(super) struct When {
    expiration: Option<Text64<u64>>,
    expiration_ttl: Option<Text64<u64>>,
}

impl When {
    fn expiration(&self) -> Option<Expiration> {
        wire::expiration(self.expiration, self.expiration_ttl).map(Expiration::from)
    }
}

pub(super) async fn put(
    target: Target,
    KeyInPath(key): KeyInPath,
    query: Result<Query<When>, QueryRejection>,
    request: Request,
) -> Answer<Nothing> {
    let Query(when) = query?;
    let expiration = when.expiration();
    if form::is_form(request.headers()) {
        let parts = Multipart::from_request(request, &()).await.map_err(form::rejected)?;
        let Form { value, metadata } = Form::read(parts).await?;
        let options = PutOptions { expiration, metadata, condition: None };
        // Without a condition there is no conflict.
        let _ = target.writing()?.put_with(&key, value, options).await?;
    } else {
        let options = PutOptions { expiration, ..PutOptions::new() };
        let _version = crate::values::write(&target, &key, options, request.into_body()).await?;
    }
    Ok(envelope(Nothing {}))
}

pub(super) async fn delete(target: Target, KeyInPath(key): KeyInPath) -> Answer<Nothing> {
    target.writing()?.delete(&key).await?;
    Ok(envelope(Nothing {}))
}
