//! What is done with the store as a whole.

use crate::failure::Failure;
use crate::operations::Body;
use crate::target;
use crate::values::State as Store;
use crate::wire::{Namespace, Quota};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larder_store::engine::{CheckReport, Compacted};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Who answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct About {
    /// The release.
    pub version: String,
    /// Its process.
    pub process: u32,
    /// How the process was started.
    pub command: String,
    /// The store's directory; none when it is in memory.
    pub directory: Option<PathBuf>,
    /// Whether its time may be set and its contents reset.
    pub for_tests: bool,
}

pub(crate) async fn about(State(shared): Store) -> Json<About> {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    Json(About {
        version: env!("CARGO_PKG_VERSION").into(),
        process: std::process::id(),
        command: arguments.collect::<Vec<_>>().join(" "),
        directory: shared.larder.directory(),
        for_tests: shared.tests.is_some(),
    })
}

pub(crate) async fn bindings(State(shared): Store) -> Json<Value> {
    Json(json!({ "bindings": shared.bindings.names() }))
}

pub(crate) async fn set_quota(
    State(shared): Store,
    Path(id): Path<String>,
    body: Body<Quota>,
) -> Result<Json<Namespace>, Failure> {
    let Json(quota) = body?;
    let namespace = target::namespace(&shared, &id).await?;
    shared.larder.set_quota(&namespace.info().await?.title, quota.into()).await?;
    Ok(Json(namespace.info().await?.into()))
}

/// What a check found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checked {
    /// Keys that were read, with their values.
    pub keys: u64,
    /// Bytes of the values that were read.
    pub bytes: u64,
    /// What is not as it was written, a line each.
    pub damage: Vec<String>,
}

pub(crate) async fn check(State(shared): Store) -> Result<Json<Checked>, Failure> {
    let CheckReport { keys, bytes, damage } = shared.larder.check().await?;
    Ok(Json(Checked { keys, bytes, damage }))
}

/// What a compaction gave back.
#[derive(Debug, Serialize, Deserialize)]
pub struct CompactedFile {
    /// Bytes on disk before.
    pub bytes_before: u64,
    /// Bytes on disk after.
    pub bytes_after: u64,
}

pub(crate) async fn compact(State(shared): Store) -> Result<Json<CompactedFile>, Failure> {
    let Compacted { bytes_before, bytes_after } = shared.larder.compact().await?;
    Ok(Json(CompactedFile { bytes_before, bytes_after }))
}

/// The store's time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Now {
    /// Unix time in milliseconds.
    pub now_ms: u64,
}

pub(crate) async fn clock(State(shared): Store) -> Json<Now> {
    Json(Now { now_ms: shared.larder.clock().now_ms() })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SetClock {
    NowMs(u64),
    AdvanceMs(u64),
}

pub(crate) async fn set_clock(
    State(shared): Store,
    body: Body<SetClock>,
) -> Result<Json<Now>, Failure> {
    let Json(set) = body?;
    let tests = shared.tests.as_ref().ok_or_else(not_for_tests)?;
    match set {
        SetClock::NowMs(now_ms) => tests.clock.set_ms(now_ms),
        SetClock::AdvanceMs(by) => {
            let now_ms = shared.larder.clock().now_ms();
            if now_ms.checked_add(by).is_none() {
                return Err(Failure::invalid(format!("{now_ms} ms and {by} ms exceed 64 bits")));
            }
            tests.clock.advance(Duration::from_millis(by));
        }
    }
    Ok(clock(State(shared)).await)
}

pub(crate) async fn reset(State(shared): Store) -> Result<StatusCode, Failure> {
    let tests = shared.tests.as_ref().ok_or_else(not_for_tests)?;
    tests.reset(&shared.larder).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_for_tests() -> Failure {
    Failure::unsupported(
        "the time and the contents can be set of a store that was opened for tests alone, such as \
         that of `larder test`",
    )
}
