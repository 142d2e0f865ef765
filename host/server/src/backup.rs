//! A copy of the store, and how far it is meanwhile.

use crate::failure::{ErrorBody, Failure};
use crate::operations::Body as JsonBody;
use crate::values::State as Store;
use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use larder_store::engine::BackedUp;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use tokio::sync::mpsc;

/// What a backup has copied, so far or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Namespaces.
    pub namespaces: u64,
    /// Keys, with those that have expired and not been swept yet.
    pub keys: u64,
    /// Bytes of keys, metadata and values.
    pub bytes: u64,
}

impl From<BackedUp> for Copied {
    fn from(copied: BackedUp) -> Self {
        let BackedUp { namespaces, keys, bytes } = copied;
        Self { namespaces, keys, bytes }
    }
}

/// A line of the answer to a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BackupLine {
    /// So far.
    Copied(Copied),
    /// In all, and read back: the last line.
    Done(Copied),
    /// It came to nothing: the last line.
    Error(ErrorBody),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupRequest {
    directory: PathBuf,
}

type Work = Pin<Box<dyn Future<Output = Result<BackedUp, larder_store::Error>> + Send>>;

/// A backup that runs as long as its answer is read.
struct Running {
    work: Work,
    copied: mpsc::UnboundedReceiver<BackedUp>,
}

pub(crate) async fn backup(
    axum::extract::State(shared): Store,
    body: JsonBody<BackupRequest>,
) -> Result<Response, Failure> {
    let Json(BackupRequest { directory }) = body?;
    if !directory.is_absolute() {
        return Err(Failure::invalid(format!(
            "the directory {} is not absolute, and this process need not work where you do",
            directory.display()
        )));
    }
    let (tell, copied) = mpsc::unbounded_channel();
    let larder = shared.larder.clone();
    let work: Work = Box::pin(async move {
        let progress = move |copied| {
            // Whether anybody listens does not matter.
            let _ = tell.send(copied);
        };
        larder.backup_with(directory, progress).await
    });
    let mut running = Running { work, copied };
    // What fails at once is refused by the status of the answer.
    let first = running.next().await?;
    let lines = stream::unfold(Some((Ok(first), running)), |state| async move {
        let (result, mut running) = state?;
        let (line, goes_on) = match result {
            Ok((copied, false)) => (BackupLine::Copied(copied.into()), true),
            Ok((copied, true)) => (BackupLine::Done(copied.into()), false),
            Err(error) => (BackupLine::Error(*Failure::from(error).body), false),
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        let next = match goes_on {
            true => Some((running.next().await, running)),
            false => None,
        };
        Some((Ok::<_, Infallible>(Bytes::from(text)), next))
    });
    let json_lines = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((json_lines, Body::from_stream(lines)).into_response())
}

impl Running {
    /// What has been copied, and whether that is all.
    async fn next(&mut self) -> Result<(BackedUp, bool), larder_store::Error> {
        tokio::select! {
            biased;
            Some(copied) = self.copied.recv() => Ok((copied, false)),
            done = &mut self.work => Ok((done?, true)),
        }
    }
}
