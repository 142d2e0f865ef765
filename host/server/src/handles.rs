//! Values that are read and written in pieces: what a client holds open.

use crate::Shared;
use crate::failure::Failure;
use crate::operations::Body;
use crate::target::Target;
use crate::values::{Whole, written};
use crate::wire::{If, Key, When};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bytes::Bytes;
use larder_store::{Expiration, PutOptions, Reader, Writer};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a handle may be left alone.
const IDLE_TIME: Duration = Duration::from_secs(60);
/// Most handles that are open at a time.
const OPEN_MAX: usize = 1000;

/// What clients hold open, by number.
#[derive(Default)]
pub(crate) struct Handles(Mutex<Open>);

#[derive(Default)]
struct Open {
    next: u64,
    handles: HashMap<u64, (Handle, Instant)>,
}

#[derive(Clone)]
struct Handle {
    pieces: Pieces,
    /// Whether a guest opened it, who is told nothing of the host.
    is_guests: bool,
}

#[derive(Clone)]
enum Pieces {
    Reader(Reader),
    /// None when it was finished.
    Writer(Arc<tokio::sync::Mutex<Option<Writer>>>),
}

impl Handle {
    fn reader(&self) -> Result<&Reader, Failure> {
        match &self.pieces {
            Pieces::Reader(reader) => Ok(reader),
            Pieces::Writer(_) => Err(no_such_handle()),
        }
    }

    fn writer(&self) -> Result<&tokio::sync::Mutex<Option<Writer>>, Failure> {
        match &self.pieces {
            Pieces::Writer(writer) => Ok(writer),
            Pieces::Reader(_) => Err(no_such_handle()),
        }
    }

    /// The refusal as whoever opened it may see it.
    fn failure(&self, error: larder_store::Error) -> Failure {
        let failure = Failure::from(error);
        if self.is_guests { failure.for_guest() } else { failure }
    }
}

impl Handles {
    fn open(&self) -> MutexGuard<'_, Open> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.handles.retain(|_, (_, used)| used.elapsed() < IDLE_TIME);
        open
    }

    fn add(&self, handle: Handle) -> Result<u64, Failure> {
        let mut open = self.open();
        if open.handles.len() >= OPEN_MAX {
            let message =
                format!("{OPEN_MAX} readers and writers are open; at most so many may be");
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", message);
            return Err(failure.with("retry_ms", IDLE_TIME.as_millis() as u64));
        }
        let id = open.next;
        open.next += 1;
        open.handles.insert(id, (handle, Instant::now()));
        Ok(id)
    }

    fn get(&self, id: u64) -> Result<Handle, Failure> {
        let mut open = self.open();
        let (handle, used) = open.handles.get_mut(&id).ok_or_else(no_such_handle)?;
        *used = Instant::now();
        Ok(handle.clone())
    }

    fn remove(&self, id: u64) -> Result<Handle, Failure> {
        self.open().handles.remove(&id).map(|(handle, _)| handle).ok_or_else(no_such_handle)
    }
}

fn no_such_handle() -> Failure {
    let message = "there is no such reader or writer, or it was left alone for a minute";
    Failure::new(StatusCode::NOT_FOUND, "no-such-handle", message)
}

/// The handle that a request's path names.
type Id = Result<Path<u64>, PathRejection>;

fn named(id: Id) -> Result<u64, Failure> {
    id.map(|Path(id)| id).map_err(|_| no_such_handle())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenReader {
    key: String,
}

pub(crate) async fn open_reader(
    State(shared): State<Arc<Shared>>,
    target: Target,
    body: Body<OpenReader>,
) -> Result<Json<Value>, Failure> {
    let Json(OpenReader { key }) = body?;
    let reader = target.reading().open_reader(&key).await?.ok_or_else(Failure::no_such_key)?;
    let info = Key::from(reader.info());
    let handle = Handle { pieces: Pieces::Reader(reader), is_guests: target.is_guests };
    let id = shared.handles.add(handle)?;
    Ok(Json(json!({ "reader": id, "info": info })))
}

#[derive(Deserialize)]
pub(crate) struct ReadQuery {
    offset: u64,
    max: u64,
}

pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    id: Id,
    query: Result<Query<ReadQuery>, QueryRejection>,
) -> Result<Bytes, Failure> {
    let Query(ReadQuery { offset, max }) = query?;
    let handle = shared.handles.get(named(id)?)?;
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    handle.reader()?.read(offset, max).await.map_err(|error| handle.failure(error))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenWriter {
    key: String,
    expiration: Option<When>,
    metadata: Option<String>,
    r#if: Option<If>,
}

pub(crate) async fn open_writer(
    State(shared): State<Arc<Shared>>,
    target: Target,
    body: Body<OpenWriter>,
) -> Result<Json<Value>, Failure> {
    let Json(OpenWriter { key, expiration, metadata, r#if }) = body?;
    let expiration = expiration.map(Expiration::from);
    let condition = r#if.map(|If(condition)| condition);
    let options = PutOptions { expiration, metadata, condition };
    let writer = target.writing()?.open_writer(&key, options)?;
    let writer = Arc::new(tokio::sync::Mutex::new(Some(writer)));
    let handle = Handle { pieces: Pieces::Writer(writer), is_guests: target.is_guests };
    let id = shared.handles.add(handle)?;
    Ok(Json(json!({ "writer": id })))
}

pub(crate) async fn write(
    State(shared): State<Arc<Shared>>,
    id: Id,
    body: Whole,
) -> Result<StatusCode, Failure> {
    let chunk = body?;
    let handle = shared.handles.get(named(id)?)?;
    let mut writer = handle.writer()?.lock().await;
    let written = writer.as_mut().ok_or_else(no_such_handle)?.write(&chunk).await;
    written.map_err(|error| handle.failure(error))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn finish(
    State(shared): State<Arc<Shared>>,
    id: Id,
) -> Result<Json<Value>, Failure> {
    let handle = shared.handles.remove(named(id)?)?;
    let writer = handle.writer()?.lock().await.take().ok_or_else(no_such_handle)?;
    written(writer.finish().await.map_err(|error| handle.failure(error))?)
}

pub(crate) async fn close(
    State(shared): State<Arc<Shared>>,
    id: Id,
) -> Result<StatusCode, Failure> {
    shared.handles.remove(named(id)?).map(|_| StatusCode::NO_CONTENT)
}
