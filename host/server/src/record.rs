//! Records: a key with its value on a line of JSON, as exports are written and imports read.

use crate::wire::{Base64, Text64, When};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use larder_store::limits::{KEY_BYTES_MAX, METADATA_BYTES_MAX, VALUE_BYTES_MAX};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// No legal record takes more bytes, however it is written: JSON may write every byte of text as an
/// escape of six.
pub const RECORD_BYTES_MAX: usize =
    6 * (KEY_BYTES_MAX + METADATA_BYTES_MAX + VALUE_BYTES_MAX) + (64 << 10);

/// A line of an export. The README of this crate has the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Whose the records are that follow.
    Namespace(Origin),
    /// A key with its value.
    Record(Record),
}

/// The namespace that records are from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// What people call it.
    pub title: String,
    /// What bindings hold.
    pub id: String,
}

/// A key with its value and what is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: String,
    /// When it stops existing.
    pub expiration: Option<When>,
    /// JSON text, kept byte for byte.
    pub metadata: Option<String>,
    /// The value.
    pub value: Bytes,
}

/// Why a line is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotALine {
    /// What is wrong with it.
    pub reason: String,
    /// Where in the line it was seen, in bytes from 1.
    pub column: Option<usize>,
}

impl Line {
    /// Reads a line, without the newline at its end.
    ///
    /// # Errors
    ///
    /// When it is not JSON, not of this format, or says something twice.
    pub fn read(line: &[u8]) -> Result<Self, NotALine> {
        serde_json::from_slice::<Fields<'_>>(line)?.read()
    }
}

impl Origin {
    /// Writes the line, with the newline at its end.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"namespace":{"title":"#);
        text(out, &self.title);
        out.extend_from_slice(br#","id":"#);
        text(out, &self.id);
        out.extend_from_slice(b"}}\n");
    }
}

impl Record {
    /// Writes the line, with the newline at its end: at most about twice as long as the value.
    pub fn write(&self, out: &mut Vec<u8>) {
        begin(out, &self.key, self.expiration, self.metadata.as_deref());
        value(out, &self.value);
    }
}

/// Begins the line of a record, up to its value.
pub(crate) fn begin(
    out: &mut Vec<u8>,
    key: &str,
    expiration: Option<When>,
    metadata: Option<&str>,
) {
    out.extend_from_slice(br#"{"key":"#);
    text(out, key);
    if let Some(when) = expiration {
        let (name, Text64(number)) = match when {
            When::AtMs(millis) => ("expiration_ms", millis),
            When::At(seconds) => ("expiration", seconds),
            When::TtlMs(millis) => ("ttl_ms", millis),
            When::Ttl(seconds) => ("ttl", seconds),
        };
        out.extend_from_slice(format!(r#","{name}":{number}"#).as_bytes());
    }
    match metadata {
        Some(metadata) if stands_in_a_line(metadata) => {
            out.extend_from_slice(br#","metadata":"#);
            out.extend_from_slice(metadata.as_bytes());
        }
        Some(metadata) => {
            out.extend_from_slice(br#","metadata_text":"#);
            text(out, metadata);
        }
        None => {}
    }
}

/// Whether a reader of JSON finds the text again as it is, and on one line. What comes from a file
/// may be no JSON at all.
fn stands_in_a_line(metadata: &str) -> bool {
    let read = serde_json::from_str::<&RawValue>(metadata);
    read.is_ok_and(|read| read.get() == metadata) && !metadata.contains(['\n', '\r'])
}

/// Ends the line that [`begin`] began.
pub(crate) fn value(out: &mut Vec<u8>, value: &[u8]) {
    match std::str::from_utf8(value) {
        Ok(value) if is_legible(value) => {
            out.extend_from_slice(br#","value":"#);
            text(out, value);
            out.extend_from_slice(b"}\n");
        }
        _ => {
            out.extend_from_slice(BASE64_BEGINS);
            let mut encoded = String::new();
            STANDARD.encode_string(value, &mut encoded);
            out.extend_from_slice(encoded.as_bytes());
            out.extend_from_slice(BASE64_ENDS);
        }
    }
}

/// What stands around a value in base64 at the end of a record.
pub(crate) const BASE64_BEGINS: &[u8] = br#","value_base64":""#;
pub(crate) const BASE64_ENDS: &[u8] = b"\"}\n";

/// Whether text is at most twice as long as JSON. What is not is full of control characters, and
/// six times as long at worst.
fn is_legible(value: &str) -> bool {
    let added = value.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        ..0x20 => 5,
        _ => 0,
    });
    added.sum::<usize>() <= value.len()
}

fn text(out: &mut Vec<u8>, text: &str) {
    // Neither the text nor the memory that it is written to can refuse.
    let _ = serde_json::to_writer(out, text);
}

/// What may stand in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    namespace: Option<Origin>,
    key: Option<String>,
    expiration_ms: Option<u64>,
    expiration: Option<u64>,
    ttl_ms: Option<u64>,
    ttl: Option<u64>,
    // `null` is metadata like any other.
    #[serde(borrow, default, deserialize_with = "present")]
    metadata: Option<&'a RawValue>,
    metadata_text: Option<String>,
    value: Option<String>,
    value_base64: Option<Base64>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Fields<'_> {
    fn read(self) -> Result<Line, NotALine> {
        let expiration = one_of([
            self.expiration_ms.map(|millis| ("expiration_ms", When::AtMs(Text64(millis)))),
            self.expiration.map(|seconds| ("expiration", When::At(Text64(seconds)))),
            self.ttl_ms.map(|millis| ("ttl_ms", When::TtlMs(Text64(millis)))),
            self.ttl.map(|seconds| ("ttl", When::Ttl(Text64(seconds)))),
        ])?;
        let metadata = one_of([
            self.metadata.map(|metadata| ("metadata", metadata.get().to_owned())),
            self.metadata_text.map(|metadata| ("metadata_text", metadata)),
        ])?;
        let value = one_of([
            self.value.map(|value| ("value", Bytes::from(value))),
            self.value_base64.map(|Base64(value)| ("value_base64", Bytes::from(value))),
        ])?;
        match (self.namespace, self.key, value) {
            (None, Some(key), Some(value)) => {
                Ok(Line::Record(Record { key, expiration, metadata, value }))
            }
            (None, None, _) => Err(NotALine::new("it has no `key`")),
            (None, Some(_), None) => {
                Err(NotALine::new("it has no value: `value` or `value_base64`"))
            }
            (Some(origin), None, None) if expiration.is_none() && metadata.is_none() => {
                Ok(Line::Namespace(origin))
            }
            (Some(_), ..) => Err(NotALine::new("it is both a namespace and a record")),
        }
    }
}

/// The one that is there of several ways to say the same.
fn one_of<T, const N: usize>(said: [Option<(&str, T)>; N]) -> Result<Option<T>, NotALine> {
    let mut found: Option<(&str, T)> = None;
    for (name, value) in said.into_iter().flatten() {
        if let Some((other, _)) = found {
            return Err(NotALine::new(format!("it has both `{other}` and `{name}`")));
        }
        found = Some((name, value));
    }
    Ok(found.map(|(_, value)| value))
}

impl NotALine {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), column: None }
    }
}

impl From<serde_json::Error> for NotALine {
    fn from(error: serde_json::Error) -> Self {
        let mut reason = error.to_string();
        // Its line is always the first.
        if let Some(at) = reason.rfind(" at line ") {
            reason.truncate(at);
        }
        Self { reason, column: Some(error.column()).filter(|column| *column > 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(record: &Record) -> String {
        let mut line = Vec::new();
        record.write(&mut line);
        String::from_utf8(line).unwrap()
    }

    fn record(value: &[u8], metadata: Option<&str>) -> Record {
        Record {
            key: "k".into(),
            expiration: None,
            metadata: metadata.map(str::to_owned),
            value: Bytes::copy_from_slice(value),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let values: [&[u8]; 7] = [
            b"",
            b"text",
            b"\0",
            b"\xff\xfe",
            "é\u{2028}😀".as_bytes(),
            b"{\"a\":1}\r\n",
            b"\x01\x02",
        ];
        let metadata = [
            None,
            Some("null"),
            Some(r#"{"b":1,"a":[1.0,1e400],"b":2}"#),
            Some(" {} "),
            Some("[\n1]"),
            Some(r#""\ud800""#),
            Some("12345678901234567890123"),
            Some("no JSON"),
            Some(r#"1,"key":"another""#),
        ];
        for value in values {
            for metadata in metadata {
                let mut record = record(value, metadata);
                for key in ["k", "\0", "a\nb\"\\", "\u{7f}é", " "] {
                    record.key = key.into();
                    record.expiration = Some(When::AtMs(Text64(u64::MAX)));
                    let line = written(&record);
                    assert_eq!(line.find('\n'), Some(line.len() - 1), "{line}");
                    let read = Line::read(line.trim_end().as_bytes()).unwrap();
                    assert_eq!(read, Line::Record(record.clone()), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_text_where_that_is_legible() {
        assert_eq!(written(&record(b"a\"b", None)), "{\"key\":\"k\",\"value\":\"a\\\"b\"}\n");
        assert_eq!(written(&record(b"\0", None)), "{\"key\":\"k\",\"value_base64\":\"AA==\"}\n");
    }

    #[test]
    fn a_line_is_no_longer_than_about_twice_its_value() {
        for byte in [b'"', 0x01, b'a', b'\n', 0xff] {
            let line = written(&record(&vec![byte; 10_000], None));
            assert!(line.len() < 20_100, "{byte}: {}", line.len());
        }
    }

    #[test]
    fn whose_records_they_are_stands_on_a_line_of_its_own() {
        let origin = Origin { title: "a \"b\"".into(), id: "1".into() };
        let mut line = Vec::new();
        origin.write(&mut line);
        assert_eq!(Line::read(&line), Ok(Line::Namespace(origin)));
    }

    #[test]
    fn what_is_no_record_is_told_with_its_place() {
        let refused = |line: &str| Line::read(line.as_bytes()).unwrap_err();
        assert_eq!(refused(r#"{"key":"a""#).column, Some(10));
        for (line, reason) in [
            (r#"{"value":"a"}"#, "it has no `key`"),
            (r#"{"key":"a"}"#, "it has no value"),
            (r#"{"key":"a","value":"","value_base64":""}"#, "both `value` and `value_base64`"),
            (r#"{"key":"a","value":"","ttl":1,"expiration":1}"#, "both `expiration` and `ttl`"),
            (r#"{"key":"a","value":"","metadata":1,"metadata_text":""}"#, "both `metadata`"),
            (r#"{"key":"a","value_base64":"?"}"#, "not base64"),
            (r#"{"key":"a","value":"\ud800"}"#, "hex escape"),
            (r#"{"key":"a","value":"","expires":1}"#, "unknown field `expires`"),
            (r#"{"key":"a","value":"","ttl":-1}"#, "-1"),
            (r#"{"namespace":{"title":"a","id":"b"},"key":"a"}"#, "both a namespace and a record"),
            (r#"{"key":"a","key":"b","value":""}"#, "duplicate field `key`"),
            ("[]", "invalid"),
            ("", "EOF"),
        ] {
            let error = refused(line);
            assert!(error.reason.contains(reason), "{line}: {error:?}");
            assert!(!error.reason.contains("line 1"), "{error:?}");
        }
    }
}
