//! An answer that comes line by line.

use super::{ClientError, Result, broken_off};
use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body_util::BodyExt as _;

/// The lines of an answer as they come.
#[derive(Debug)]
pub struct Lines {
    body: Body,
    /// What has come and was not given yet.
    come: BytesMut,
    /// So much of it holds no newline.
    searched: usize,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, come: BytesMut::new(), searched: 0 }
    }

    /// The next line without its newline; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let rest = self.come.get(self.searched..).unwrap_or_default();
            if let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
                let line = self.come.split_to(self.searched + at).freeze();
                self.come.advance(1);
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.come.len();
            match self.frame().await? {
                Some(piece) => self.come.extend_from_slice(&piece),
                None if self.come.is_empty() => return Ok(None),
                None => return Err(ClientError::Foreign("it ends within a line".into())),
            }
        }
    }

    /// What has come next, whole lines or not; none at the end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        if self.come.is_empty() {
            return self.frame().await;
        }
        self.searched = 0;
        Ok(Some(self.come.split().freeze()))
    }

    async fn frame(&mut self) -> Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame.map_err(broken_off)?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}
