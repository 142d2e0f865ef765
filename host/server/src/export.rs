//! Every key of a namespace, a record a line.

use crate::failure::Failure;
use crate::record;
use crate::target::Target;
use crate::wire::{Text64, When};
use axum::body::Body;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use larder_store::limits::GET_MANY_KEYS_MAX;
use larder_store::{Error, Head, KeyInfo, ListOptions, Namespace, Reader, Result};
use serde::Deserialize;
use std::collections::VecDeque;

/// A larger value is read in pieces and written in base64, since whether it is text would only be
/// known at its end.
const WHOLE_BYTES_MAX: u64 = 256 << 10;
/// How much of a larger value is read at a time: in base64 pieces of three bytes stand alone.
const PIECE_BYTES: usize = 3 * (64 << 10);
/// How many bytes of values are read at a time.
const GROUP_BYTES_MAX: u64 = 1 << 20;

#[derive(Deserialize)]
pub(crate) struct ExportQuery {
    prefix: Option<String>,
}

/// Records in the order of their keys. What fails after the first of them breaks the body off, so
/// that it is not taken for the end.
pub(crate) async fn export(
    target: Target,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(ExportQuery { prefix }) = query?;
    let namespace = target.reading().clone();
    let options = ListOptions { prefix, ..ListOptions::default() };
    let mut export =
        Export { namespace, options, listed: VecDeque::new(), is_listed: false, open: None };
    // A failure of the first is an answer.
    let first = export.next().await?;
    let rest = stream::try_unfold((first, export), |(next, mut export)| async move {
        let Some(lines) = next else { return Ok::<_, Error>(None) };
        let next = export.next().await?;
        Ok(Some((lines, (next, export))))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(rest)).into_response())
}

struct Export {
    namespace: Namespace,
    /// With the cursor of the next page.
    options: ListOptions,
    /// Keys of the page whose values are still to be read.
    listed: VecDeque<KeyInfo>,
    /// Whether there is no next page.
    is_listed: bool,
    /// A large value, and how far it has been written.
    open: Option<(Reader, u64)>,
}

impl Export {
    /// The next lines or a part of one; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let mut lines = Vec::new();
            if let Some((reader, offset)) = self.open.take() {
                self.open = go_on(reader, offset, &mut lines).await?;
                return Ok(Some(lines.into()));
            }
            match self.listed.front() {
                None if self.is_listed => return Ok(None),
                None => self.list().await?,
                Some(key) if key.head.size > WHOLE_BYTES_MAX => {
                    if let Some(key) = self.listed.pop_front() {
                        self.one(&key.name, &mut lines).await?;
                    }
                }
                Some(_) => self.group(&mut lines).await?,
            }
            if !lines.is_empty() {
                return Ok(Some(lines.into()));
            }
        }
    }

    async fn list(&mut self) -> Result<()> {
        let page = self.namespace.list(&self.options).await?;
        self.listed = page.keys.into();
        self.is_listed = page.cursor.is_none();
        self.options.cursor = page.cursor;
        Ok(())
    }

    /// The keys in front whose values can be read together.
    async fn group(&mut self, lines: &mut Vec<u8>) -> Result<()> {
        let mut names = Vec::new();
        let mut bytes = 0;
        while let Some(key) = self.listed.front() {
            bytes += key.head.size;
            let fits = names.is_empty() || bytes <= GROUP_BYTES_MAX;
            if !fits || key.head.size > WHOLE_BYTES_MAX || names.len() == GET_MANY_KEYS_MAX {
                break;
            }
            names.extend(self.listed.pop_front().map(|key| key.name));
        }
        match self.namespace.get_many(&names).await {
            Ok(entries) => {
                for (name, entry) in names.iter().zip(entries) {
                    // It may have gone meanwhile.
                    let Some(entry) = entry else { continue };
                    begin(lines, name, &entry.head);
                    record::value(lines, &entry.value);
                }
                Ok(())
            }
            // They have grown since they were listed: again, each for itself.
            Err(Error::BatchTooLarge { .. }) => {
                for name in names.into_iter().rev() {
                    if let Some(key) = self.namespace.head(&name).await? {
                        self.listed.push_front(key);
                    }
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// One key, whatever the size of its value.
    async fn one(&mut self, name: &str, lines: &mut Vec<u8>) -> Result<()> {
        let Some(reader) = self.namespace.open_reader(name).await? else { return Ok(()) };
        let head = &reader.info().head;
        begin(lines, name, head);
        if head.size <= WHOLE_BYTES_MAX {
            record::value(lines, &whole(&reader).await?);
            return Ok(());
        }
        lines.extend_from_slice(record::BASE64_BEGINS);
        self.open = Some((reader, 0));
        Ok(())
    }
}

fn begin(lines: &mut Vec<u8>, name: &str, head: &Head) {
    let expiration = head.expiration.map(|point| When::AtMs(Text64(point.as_millis())));
    record::begin(lines, name, expiration, head.metadata.as_deref());
}

/// The next piece of a large value, and the rest if there is any.
async fn go_on(reader: Reader, offset: u64, lines: &mut Vec<u8>) -> Result<Option<(Reader, u64)>> {
    let piece = exactly(&reader, offset, PIECE_BYTES).await?;
    lines.extend_from_slice(STANDARD.encode(&piece).as_bytes());
    let offset = offset + piece.len() as u64;
    if offset < reader.info().head.size {
        return Ok(Some((reader, offset)));
    }
    lines.extend_from_slice(record::BASE64_ENDS);
    Ok(None)
}

async fn whole(reader: &Reader) -> Result<Vec<u8>> {
    exactly(reader, 0, WHOLE_BYTES_MAX as usize).await
}

/// So many bytes, and fewer only at the end: a read may answer with fewer.
async fn exactly(reader: &Reader, offset: u64, bytes: usize) -> Result<Vec<u8>> {
    let mut read = Vec::new();
    while read.len() < bytes {
        let piece = reader.read(offset + read.len() as u64, bytes - read.len()).await?;
        if piece.is_empty() {
            break;
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}
