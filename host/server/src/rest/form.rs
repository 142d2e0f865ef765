//! A put whose value and metadata come as the parts of a form.

use crate::failure::{Failure, Number};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use larder_store::Error;
use larder_store::limits::{METADATA_BYTES_MAX, VALUE_BYTES_MAX};
use serde_json::{Value, json};

/// What the parts say.
pub(super) struct Form {
    pub value: Bytes,
    pub metadata: Option<String>,
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|sent| sent.to_str().ok());
    sent.is_some_and(|sent| {
        sent.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
    })
}

pub(super) fn rejected(rejection: MultipartRejection) -> Failure {
    Failure::new(rejection.status(), "invalid-argument", rejection.body_text())
        .numbered(Number::BodyInvalid)
}

fn broken(error: MultipartError) -> Failure {
    Failure::new(error.status(), "invalid-argument", error.body_text())
        .numbered(Number::BodyInvalid)
}

impl Form {
    /// Reads to the end: the metadata may stand before or behind the value.
    pub async fn read(mut parts: Multipart) -> Result<Self, Failure> {
        let (mut value, mut text, mut object) = (None, None, Value::Null);
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "value" {
                value = Some(content(part, VALUE_BYTES_MAX).await?);
            } else if name == "metadata" {
                text = Some(self::text(part).await?);
            } else if let Some(path) = bracketed(&name)? {
                insert(&mut object, &path, self::text(part).await?);
            }
        }
        let value = value.ok_or_else(|| Failure::invalid("Missing value field"))?;
        let metadata = match (text, object) {
            (Some(text), _) if text.trim() == "null" => None,
            (Some(text), _) => Some(text),
            (None, Value::Null) => None,
            (None, object) => Some(object.to_string()),
        };
        Ok(Self { value, metadata })
    }
}

/// A part, of which no more is kept than the store needs to see that it is too large.
async fn content(mut part: Field<'_>, bytes_max: usize) -> Result<Bytes, Failure> {
    let mut content = BytesMut::new();
    while let Some(piece) = part.chunk().await.map_err(broken)? {
        if content.len() <= bytes_max {
            content.extend_from_slice(&piece);
        }
    }
    Ok(content.freeze())
}

async fn text(part: Field<'_>) -> Result<String, Failure> {
    let content = content(part, METADATA_BYTES_MAX).await?;
    String::from_utf8(content.into())
        .map_err(|_| Failure::invalid("the metadata is not UTF-8").numbered(Number::BodyInvalid))
}

/// The path of a part of an object: `metadata[a][b][]`, as the npm client sends it.
fn bracketed(name: &str) -> Result<Option<Vec<&str>>, Failure> {
    let inner = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']'));
    if inner.is_some() && name.len() > METADATA_BYTES_MAX {
        let (bytes, max) = (name.len() as u64, METADATA_BYTES_MAX as u64);
        return Err(Error::MetadataTooLarge { bytes, max }.into());
    }
    Ok(inner.map(|inner| inner.split("][").collect()))
}

/// Puts a text where its path says. An empty name is the end of a list. A form holds texts alone, so
/// that is what numbers come as.
fn insert(into: &mut Value, path: &[&str], text: String) {
    match path {
        [] => *into = text.into(),
        ["", rest @ ..] => {
            if !into.is_array() {
                *into = json!([]);
            }
            let Some(items) = into.as_array_mut() else { return };
            let goes_on = match (items.last(), rest) {
                (Some(Value::Object(last)), [name, ..]) => !last.contains_key(*name),
                _ => false,
            };
            if !goes_on {
                items.push(Value::Null);
            }
            if let Some(last) = items.last_mut() {
                insert(last, rest, text);
            }
        }
        [name, rest @ ..] => {
            if !into.is_object() {
                *into = json!({});
            }
            if let Some(fields) = into.as_object_mut() {
                insert(fields.entry(*name).or_insert(Value::Null), rest, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_made_of_its_parts() {
        let mut object = Value::Null;
        for (name, text) in [
            ("metadata[m]", "1"),
            ("metadata[n][o][]", "a"),
            ("metadata[n][o][]", "b"),
            ("metadata[l][][x]", "1"),
            ("metadata[l][][y]", "2"),
            ("metadata[l][][x]", "3"),
        ] {
            insert(&mut object, &bracketed(name).unwrap().unwrap(), text.into());
        }
        let lists = json!([{ "x": "1", "y": "2" }, { "x": "3" }]);
        assert_eq!(object, json!({ "m": "1", "n": { "o": ["a", "b"] }, "l": lists }));
        assert_eq!(bracketed("metadatas").unwrap(), None);
        let deep = format!("metadata{}", "[a]".repeat(METADATA_BYTES_MAX));
        assert_eq!(bracketed(&deep).unwrap_err().body.code, "too-large");
    }
}
