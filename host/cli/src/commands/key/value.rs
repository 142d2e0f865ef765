//! A value on its way in, and out as JSON.

use crate::args::NewValue;
use crate::output::KeyJson;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use larder_store::Head;
use larder_store::limits::VALUE_BYTES_MAX;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};

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

/// Reads a value whole before anything is asked of the store, which others may wait for meanwhile.
/// Of one that is too large, so much that the store refuses it.
pub fn read(source: Box<dyn Read + Send>) -> Result<Bytes> {
    let mut value = Vec::new();
    let enough = VALUE_BYTES_MAX as u64 + 1;
    source.take(enough).read_to_end(&mut value).context("cannot read the value")?;
    Ok(value.into())
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
