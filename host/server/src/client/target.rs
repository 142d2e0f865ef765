//! What a tool asks of a namespace.

use super::{
    Client, ClientError, Enveloped, Lines, NAMESPACES, Result, encoded, get, json_request, post,
    request,
};
use crate::failure::ErrorBody;
use crate::import::Imported;
use crate::operations::{DeletedBatch, Page};
use crate::wire::{self, KeyHead, Text64};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_store::{Expiration, Head, KeyInfo, ListOptions, ListPage};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A namespace, or the part of it whose keys begin with a scope.
#[derive(Debug)]
pub struct Target<'a> {
    client: &'a Client,
    id: String,
    scope: String,
}

/// A key that was found, with its value.
#[derive(Debug)]
pub struct Stored {
    /// What is kept beside the value.
    pub head: Head,
    /// The value.
    pub value: Body,
}

/// What a put says beside the value.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// When the key stops existing.
    pub expiration: Option<Expiration>,
    /// JSON text.
    pub metadata: Option<String>,
}

impl<'a> Target<'a> {
    pub(super) fn new(client: &'a Client, id: &str, scope: &str) -> Self {
        Self { client, id: id.to_owned(), scope: scope.to_owned() }
    }

    fn path(&self, rest: &str, query: &[(&str, &str)]) -> String {
        let mut query = query.to_vec();
        if !self.scope.is_empty() {
            query.push(("scope", &self.scope));
        }
        let mut path = format!("/larder/v1/namespaces/{}/{rest}", encoded(&self.id));
        for (index, (name, value)) in query.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            path.push_str(&format!("{mark}{name}={}", encoded(value)));
        }
        path
    }

    fn value(&self, key: &str, query: &[(&str, &str)]) -> String {
        self.path(&format!("values/{}", encoded(key)), query)
    }

    /// A key with its value; none when there is no such key.
    pub async fn get(&self, key: &str) -> Result<Option<Stored>> {
        let Some(answer) = self.found(get(&self.value(key, &[]))).await? else { return Ok(None) };
        let head = head(answer.headers())?;
        Ok(Some(Stored { head, value: answer.into_body() }))
    }

    /// A key without its value; none when there is no such key.
    pub async fn head(&self, key: &str) -> Result<Option<KeyInfo>> {
        let path = self.value(key, &[]);
        let answer = match self.client.ask(request(Method::HEAD, &path, Body::empty())).await {
            // A refusal of HEAD has no body to say why.
            Err(ClientError::Foreign(_)) => match self.found(get(&path)).await? {
                Some(answer) => answer,
                None => return Ok(None),
            },
            answer => answer?,
        };
        Ok(Some(KeyInfo { name: key.to_owned(), head: head(answer.headers())? }))
    }

    async fn found(&self, request: Request<Body>) -> Result<Option<Response<Body>>> {
        match self.client.ask(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code() == Some("no-such-key") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a key, replacing value, metadata and expiration together.
    pub async fn put(&self, key: &str, value: Body, new: NewKey) -> Result<()> {
        let NewKey { expiration, metadata } = new;
        let when = expiration.map(when);
        let query: Vec<_> = when.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut request = request(Method::PUT, &self.value(key, &query), value);
        if let Some(metadata) = metadata {
            let value = HeaderValue::try_from(STANDARD.encode(metadata));
            let value = value.map_err(|error| ClientError::Foreign(error.to_string()))?;
            request.headers_mut().insert(wire::METADATA, value);
        }
        self.client.ask(request).await.map(drop)
    }

    /// Deletes a key; whether there was one.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        #[derive(Deserialize)]
        struct Deleted {
            deleted: bool,
        }
        let request = request(Method::DELETE, &self.value(key, &[]), Body::empty());
        let Deleted { deleted } = self.client.ask_json(request).await?;
        Ok(deleted)
    }

    /// Changes the expiration of a key alone; whether there is such a key.
    pub async fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<bool> {
        #[derive(Deserialize)]
        struct Expired {
            version: Option<Text64<u64>>,
        }
        let expiration = expiration.map(when).map(|(name, value)| json!({ name: value }));
        let body = json!({ "key": key, "expiration": expiration });
        let Expired { version } =
            self.client.ask_json(post(&self.path("expire", &[]), &body)).await?;
        Ok(version.is_some())
    }

    /// A page of keys.
    pub async fn list(&self, options: &ListOptions) -> Result<ListPage> {
        let limit = options.limit.map(|limit| limit.to_string());
        let query = [
            ("prefix", &options.prefix),
            ("start", &options.start),
            ("end", &options.end),
            ("limit", &limit),
            ("cursor", &options.cursor),
        ];
        let mut query: Vec<_> =
            query.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        if options.reverse {
            query.push(("reverse", "true"));
        }
        let Page { keys, cursor } = self.client.ask_json(get(&self.path("keys", &query))).await?;
        Ok(ListPage { keys: keys.into_iter().map(KeyInfo::from).collect(), cursor })
    }

    /// Every key with a prefix, in order: records as [`Line::read`](crate::record::Line::read) reads
    /// them, a line each.
    pub async fn export(&self, prefix: &str) -> Result<Lines> {
        let query = [("prefix", prefix)];
        let answer = self.client.ask(get(&self.path("export", &query))).await?;
        Ok(Lines::new(answer.into_body()))
    }

    /// Writes records as [`Record::write`](crate::record::Record::write) wrote them, at most
    /// [`IMPORT_RECORDS_MAX`](crate::IMPORT_RECORDS_MAX) and 64 MiB; of each, in order, why it was
    /// not written, if it was not. The code `expired` is that of a record whose time has passed.
    pub async fn import(&self, records: Vec<u8>) -> Result<Vec<Option<ErrorBody>>> {
        self.import_if(records, &[]).await
    }

    /// The same, for keys that are not there yet: of the others it is a `conflict`.
    pub async fn import_absent(&self, records: Vec<u8>) -> Result<Vec<Option<ErrorBody>>> {
        self.import_if(records, &[("if", "absent")]).await
    }

    async fn import_if(
        &self,
        records: Vec<u8>,
        query: &[(&str, &str)],
    ) -> Result<Vec<Option<ErrorBody>>> {
        let request = request(Method::POST, &self.path("import", query), Body::from(records));
        let Imported { results } = self.client.ask_json(request).await?;
        Ok(results)
    }

    /// Deletes one batch of the keys with a prefix.
    pub async fn delete_prefix(&self, prefix: &str, cursor: Option<&str>) -> Result<DeletedBatch> {
        let body = json!({ "prefix": prefix, "cursor": cursor });
        self.client.ask_json(post(&self.path("delete-prefix", &[]), &body)).await
    }
}

impl Target<'_> {
    /// Writes many pairs, in the form of [`Pair`](crate::wire::Pair): all of them or, when one is
    /// not legal, none. At most 10,000, and 100 MiB as JSON.
    pub async fn bulk_put(&self, pairs: &[&RawValue]) -> Result<()> {
        let request = json_request(Method::PUT, &self.rest("bulk"), &pairs);
        self.client.ask(request).await.map(drop)
    }

    /// The values of at most 100 keys as text; none for a key that is not there.
    pub async fn bulk_get(&self, keys: &[&str]) -> Result<HashMap<String, Option<String>>> {
        #[derive(Deserialize)]
        struct Values {
            values: HashMap<String, Option<String>>,
        }
        let request = post(&self.rest("bulk/get"), &json!({ "keys": keys }));
        let Enveloped { result: Values { values } } = self.client.ask_json(request).await?;
        Ok(values)
    }

    /// Deletes at most 10,000 keys, as far as they are there.
    pub async fn bulk_delete(&self, keys: &[&str]) -> Result<()> {
        self.client.ask(post(&self.rest("bulk/delete"), &keys)).await.map(drop)
    }

    /// A path of the REST API of Workers KV.
    fn rest(&self, rest: &str) -> String {
        let path = format!("{NAMESPACES}/{}/{rest}", encoded(&self.id));
        match self.scope.as_str() {
            "" => path,
            scope => format!("{path}?scope={}", encoded(scope)),
        }
    }
}

/// An expiration as a query or a request says it.
fn when(expiration: Expiration) -> (&'static str, String) {
    match expiration {
        Expiration::Ttl(seconds) => ("ttl", seconds.to_string()),
        Expiration::TtlMs(millis) => ("ttl_ms", millis.to_string()),
        Expiration::At(seconds) => ("at", seconds.to_string()),
        Expiration::AtMs(millis) => ("at_ms", millis.to_string()),
        // There are no others; one to come is not to be taken for one of these.
        _ => ("ttl_unknown", String::new()),
    }
}

/// What the headers of an answer say of its key.
fn head(headers: &HeaderMap) -> Result<Head> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|text| text.parse().ok());
    let missing = |name: &str| ClientError::Foreign(format!("it has no {name}"));
    let metadata = text(wire::METADATA).map(|text| {
        let text = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or_else(|| ClientError::Foreign(format!("its {} is no base64", wire::METADATA)))
    });
    let length = header::CONTENT_LENGTH.as_str();
    let head = KeyHead {
        version: Text64(number(wire::VERSION).ok_or_else(|| missing(wire::VERSION))?),
        size: number(length).ok_or_else(|| missing(length))?,
        expiration: number(wire::EXPIRATION),
        expiration_ms: number(wire::EXPIRATION_MS),
        metadata: metadata.transpose()?,
    };
    Ok(head.into())
}
