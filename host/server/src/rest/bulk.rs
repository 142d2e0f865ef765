//! Many keys in one request.

use super::{Envelope, envelope};
use crate::failure::{Failure, Number};
use crate::rest::keys;
use crate::target::Target;
use crate::values::Whole;
use crate::wire::Pair;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use larder_store::{Entry, Error, Operation, UnixMillis};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;

/// Largest body in bytes (100 MiB), and most keys in it, as in Workers KV.
pub(super) const BODY_BYTES_MAX: usize = 100 << 20;
const KEYS_MAX: usize = 10_000;

/// What came of many writes. All happen, or the answer is an error.
#[derive(Serialize)]
pub(super) struct Done {
    successful_key_count: usize,
    unsuccessful_keys: [&'static str; 0],
}

type Answer = Result<Json<Envelope<Done>>, Failure>;

pub(super) async fn put(target: Target, body: Whole) -> Answer {
    let body = whole(body)?;
    let items: Vec<&RawValue> = parse(&body)?;
    let puts = items.iter().enumerate().map(|(index, item)| {
        let pair: Pair<'_> = serde_json::from_str(item.get())
            .map_err(|error| body_invalid(format!("item {index}: {error}")))?;
        pair.into_put().map_err(|error| body_invalid(format!("item {index}: {error}")))
    });
    write(&target, puts.collect::<Result<_, _>>()?).await
}

pub(super) async fn delete(target: Target, body: Whole) -> Answer {
    let keys: Vec<String> = parse(&whole(body)?)?;
    let deletes = keys.into_iter().map(|key| Operation::Delete { key });
    write(&target, deletes.collect()).await
}

/// Does everything or, when something is not legal, nothing.
async fn write(target: &Target, operations: Vec<Operation>) -> Answer {
    let namespace = target.writing()?;
    let count = operations.len();
    if count > KEYS_MAX {
        return Err(body_invalid(format!(
            "there are {count} keys; at most {KEYS_MAX} are allowed"
        )));
    }
    for (index, operation) in operations.iter().enumerate() {
        namespace.validate(operation).map_err(|error| {
            let what = format!("item {index}, {:?}", operation.key());
            about(error, |said| format!("{what}: {said}"))
        })?;
    }
    let mut written = 0;
    for commit in Operation::in_commits(operations) {
        let more = commit.len();
        // There are no checks that could fail.
        let _ = namespace.commit(Vec::new(), commit).await.map_err(|error| {
            about(error, |said| match written {
                0 => said,
                _ => format!("{said}; {written} of {count} keys were done before"),
            })
        })?;
        written += more;
    }
    Ok(envelope(Done { successful_key_count: count, unsuccessful_keys: [] }))
}

/// An error of the store and what it is about.
fn about(error: Error, say: impl FnOnce(String) -> String) -> Failure {
    let mut failure = Failure::from(error);
    failure.body.message = say(failure.body.message);
    failure
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    r#type: Type,
    #[serde(default)]
    with_metadata: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    #[default]
    Text,
    Json,
}

/// The keys in the order asked for, each once.
#[derive(Serialize)]
struct Values<'a> {
    #[serde(serialize_with = "in_order")]
    values: Vec<(&'a str, Option<Found<'a>>)>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Found<'a> {
    Value(Shown<'a>),
    WithMetadata {
        value: Shown<'a>,
        metadata: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expiration: Option<u64>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Text(Cow<'a, str>),
    Json(&'a RawValue),
}

pub(super) async fn get(target: Target, body: Whole) -> Result<Response, Failure> {
    let wanted: Wanted = parse(&whole(body)?)?;
    let entries = target.reading().get_many(&wanted.keys).await?;
    let mut seen = HashSet::new();
    let mut values = Vec::new();
    for (key, entry) in wanted.keys.iter().zip(&entries) {
        if seen.insert(key) {
            let found = entry.as_ref().map(|entry| found(entry, &wanted)).transpose()?;
            values.push((key.as_str(), found));
        }
    }
    Ok(envelope(Values { values }).into_response())
}

fn found<'a>(entry: &'a Entry, wanted: &Wanted) -> Result<Found<'a>, Failure> {
    let value = match wanted.r#type {
        Type::Text => Shown::Text(String::from_utf8_lossy(&entry.value)),
        Type::Json => Shown::Json(serde_json::from_slice(&entry.value).map_err(|_| {
            Failure::invalid("At least one of the requested keys corresponds to a non-json value")
        })?),
    };
    if !wanted.with_metadata {
        return Ok(Found::Value(value));
    }
    let expiration = entry.head.expiration.map(UnixMillis::as_secs_ceil);
    Ok(Found::WithMetadata { value, metadata: keys::metadata(&entry.head)?, expiration })
}

fn in_order<S: Serializer>(
    values: &[(&str, Option<Found<'_>>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(key, found)| (key, found)))
}

fn whole(body: Whole) -> Result<Bytes, Failure> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message =
                format!("the body has more than {BODY_BYTES_MAX} bytes: send it in parts");
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid-argument", message)
                .numbered(Number::BodyInvalid)
        }
        _ => rejection.into(),
    })
}

/// The JSON of a body, whatever type it was sent as.
fn parse<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| body_invalid(format!("the body: {error}")))
}

fn body_invalid(message: String) -> Failure {
    Failure::invalid(message).numbered(Number::BodyInvalid)
}
