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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a handle may be left alone.
const IDLE_TIME: Duration = Duration::from_secs(60);
/// Most handles that are open at a time.
const OPEN_MAX: usize = 1000;

/// What clients hold open, by number.
pub(crate) struct Handles {
    open: Arc<Mutex<Open>>,
    idle_time: Duration,
}

#[derive(Default)]
struct Open {
    next: u64,
    handles: HashMap<u64, (Handle, Instant)>,
    /// Whether somebody looks after those that are left alone.
    is_swept: bool,
}

impl Default for Handles {
    fn default() -> Self {
        Self::new(IDLE_TIME)
    }
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
    /// Lets go of what is left alone for so long.
    fn new(idle_time: Duration) -> Self {
        Self { open: Arc::default(), idle_time }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.handles.retain(|_, (_, used)| used.elapsed() < self.idle_time);
        open
    }

    fn add(&self, handle: Handle) -> Result<u64, Failure> {
        let mut open = self.open();
        if !open.is_swept {
            open.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(&self.open), self.idle_time));
        }
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

/// Lets go of what is left alone, also when nobody uses a handle any more: a reader holds on to a
/// value that may have been replaced, a writer to what it has written.
async fn sweep(open: Weak<Mutex<Open>>, idle_time: Duration) {
    loop {
        sleep(idle_time).await;
        let Some(open) = open.upgrade() else { return };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.handles.retain(|_, (_, used)| used.elapsed() < idle_time);
        if open.handles.is_empty() {
            open.is_swept = false;
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use larder_store::Larder;

    #[tokio::test]
    async fn what_is_left_alone_is_let_go_of_although_nobody_comes_back() {
        let namespace = Larder::in_memory().create_namespace("n").await.unwrap();
        let handles = Handles::new(Duration::from_millis(20));
        for _ in 0..2 {
            let writer = namespace.open_writer("a", PutOptions::new()).unwrap();
            let writer = Arc::new(tokio::sync::Mutex::new(Some(writer)));
            let pieces = Pieces::Writer(writer.clone());
            handles.add(Handle { pieces, is_guests: false }).unwrap();
            assert_eq!(Arc::strong_count(&writer), 2);
            sleep(Duration::from_millis(200)).await;
            assert_eq!(Arc::strong_count(&writer), 1);
        }
    }
}
