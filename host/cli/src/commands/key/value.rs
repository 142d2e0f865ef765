//! A value on its way in, in pieces, and out, as JSON.

use crate::args::NewValue;
use crate::output::KeyJson;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use larder_server::client::{Body, NewKey, Target as Keys};
use larder_store::Head;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How much of a value is read at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Where a value comes from.
pub fn source(value: NewValue) -> Result<Box<dyn Read + Send>> {
    Ok(match value {
        NewValue { path: Some(path), .. } => {
            let file =
                File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(file)
        }
        NewValue { value: Some(value), .. } if value != "-" => {
            Box::new(io::Cursor::new(value.into_encoded_bytes()))
        }
        NewValue { .. } => Box::new(io::stdin()),
    })
}

/// Writes as it reads, so that a source without end fails at the limit of a value.
pub async fn put(
    keys: &Keys<'_>,
    key: &str,
    source: Box<dyn Read + Send>,
    new: NewKey,
) -> Result<()> {
    let failed = Arc::new(Mutex::new(None));
    let pieces = Pieces { source, failed: Arc::clone(&failed) };
    let frames = futures_util::stream::iter(pieces.map(|piece| piece.map(Frame::data)));
    let put = keys.put(key, Body::new(StreamBody::new(frames)), new).await;
    // The store only sees that the value broke off.
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failed {
        Some(error) => Err(error).context("cannot read the value"),
        None => Ok(put?),
    }
}

struct Pieces {
    source: Box<dyn Read + Send>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Iterator for Pieces {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match self.source.read(&mut piece) {
                Ok(0) => return None,
                Ok(read) => {
                    piece.truncate(read);
                    return Some(Ok(piece.into()));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let told = io::Error::new(error.kind(), error.to_string());
                    let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                    *failed = Some(error);
                    return Some(Err(told));
                }
            }
        }
    }
}

/// A key with its value, for `--json`.
#[derive(Serialize)]
pub struct EntryJson<'a> {
    #[serde(flatten)]
    key: KeyJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

impl<'a> EntryJson<'a> {
    pub fn new(name: &'a str, head: &'a Head, value: &'a [u8]) -> Result<Self> {
        let text = std::str::from_utf8(value).ok();
        let value_base64 = text.is_none().then(|| STANDARD.encode(value));
        Ok(Self { key: KeyJson::new(name, head)?, value: text, value_base64 })
    }
}
