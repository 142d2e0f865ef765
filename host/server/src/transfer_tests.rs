//! Exports and imports as a client sees them, and what happens to the store meanwhile.

use crate::client::{Body, Client, ClientError, Connect, Connection, Lines, Result};
use crate::record::{Line, Record};
use crate::{Bindings, Copied, Server};
use axum::Router;
use axum::http::Request;
use bytes::Bytes;
use larder_store::{Larder, ListOptions, Namespace};
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;

struct Here(Router);

impl Connect for Here {
    fn connect(&self) -> Pin<Box<dyn Future<Output = Result<Connection>> + Send + '_>> {
        Box::pin(ready(Ok(Connection::Here(self.0.clone()))))
    }
}

/// A store in memory with a namespace, and a client for it.
async fn store() -> (Larder, Namespace, Client) {
    let larder = Larder::in_memory();
    let namespace = larder.create_namespace_with_id("n", "n").await.unwrap();
    let bindings = Bindings::default();
    bindings.replace([("KV".to_owned(), namespace.clone(), false)]);
    let client = Client::new(Here(Server::new(&larder).bindings(bindings).router()));
    (larder, namespace, client)
}

fn record(key: &str, value: impl Into<Bytes>) -> Record {
    Record { key: key.to_owned(), expiration: None, metadata: None, value: value.into() }
}

fn body(records: &[Record]) -> Vec<u8> {
    let mut lines = Vec::new();
    records.iter().for_each(|record| record.write(&mut lines));
    lines
}

async fn rest(mut lines: Lines) -> Result<BTreeMap<String, Bytes>> {
    let mut records = BTreeMap::new();
    while let Some(line) = lines.next().await? {
        let Line::Record(Record { key, value, .. }) = Line::read(&line).unwrap() else { panic!() };
        assert!(records.insert(key, value).is_none());
    }
    Ok(records)
}

#[tokio::test]
async fn an_export_that_fails_in_the_middle_breaks_off() {
    let (larder, namespace, client) = store().await;
    for n in 0..1000 {
        namespace.put(&n.to_string(), vec![b'v'; 20_000]).await.unwrap();
    }
    let mut lines = client.target("n", "").export("").await.unwrap();
    assert!(lines.next().await.unwrap().is_some());
    larder.delete_namespace("n").await.unwrap();
    let broken_off = rest(lines).await.unwrap_err();
    assert_eq!(broken_off.code(), Some("no-such-namespace"), "{broken_off}");
    let refused = client.target("n", "").export("").await.unwrap_err();
    assert_eq!(refused.code(), Some("no-such-namespace"));
}

#[tokio::test]
async fn values_that_change_while_they_are_exported_are_whole() {
    let (_larder, namespace, client) = store().await;
    let key = |n: usize| format!("{n:03}");
    for n in 0..500 {
        namespace.put(&key(n), "old").await.unwrap();
    }
    let mut lines = client.target("n", "").export("").await.unwrap();
    assert!(lines.next().await.unwrap().is_some());
    // More than a bulk get answers with.
    let large: Bytes = vec![b'"'; 5 << 20].into();
    for n in 400..410 {
        namespace.put(&key(n), large.clone()).await.unwrap();
    }
    namespace.delete(&key(450)).await.unwrap();
    let records = rest(lines).await.unwrap();
    assert_eq!(records.len(), 498);
    for n in 1..500 {
        match n {
            400..410 => assert!(records[&key(n)] == large),
            450 => assert!(!records.contains_key(&key(n))),
            _ => assert_eq!(records[&key(n)], "old"),
        }
    }
}

#[tokio::test]
async fn each_record_of_an_import_has_an_answer_of_its_own() {
    let (_larder, namespace, client) = store().await;
    let mut lines = body(&[record("a", "1"), record("", "2"), record("b", "3")]);
    lines.extend_from_slice(b"{\"key\":\"c\",\"value\":\"\",\"expiration\":1}\n\n");
    lines.extend_from_slice(b"{\"namespace\":{\"title\":\"n\",\"id\":\"n\"}}\n{\"key\":\"d\"}\n");
    lines.extend_from_slice(b"{\"key\":\"e\",\"value\":\"5\"}");
    let results = client.target("n", "").import(lines).await.unwrap();
    let codes: Vec<_> =
        results.iter().map(|result| result.as_ref().map(|error| &*error.code)).collect();
    let invalid = Some("invalid-argument");
    assert_eq!(codes, [None, invalid, None, Some("expired"), invalid, invalid, None]);
    let keys = namespace.list(&ListOptions::default()).await.unwrap().keys;
    assert_eq!(keys.iter().map(|key| &*key.name).collect::<Vec<_>>(), ["a", "b", "e"]);
}

#[tokio::test]
async fn an_import_above_a_limit_is_refused_whole() {
    let (_larder, namespace, client) = store().await;
    let records: Vec<_> = (0..1001).map(|n| record(&n.to_string(), "")).collect();
    let refused = client.target("n", "").import(body(&records)).await.unwrap_err();
    assert!(refused.to_string().contains("1001 records in a request; at most 1000"), "{refused}");
    let large = vec![record("a", vec![0xff; 25 << 20]), record("b", vec![0xff; 25 << 20])];
    assert!(matches!(
        client.target("n", "").import(body(&large)).await,
        Err(ClientError::Refused(_))
    ));
    assert_eq!(namespace.info().await.unwrap().keys, 0);
    let results = client.target("n", "").import(body(&large[..1])).await.unwrap();
    assert_eq!(results, [None]);
    assert_eq!(client.target("n", "").import(body(&records[1..])).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_guest_neither_exports_nor_imports() {
    let (_larder, _namespace, client) = store().await;
    for (method, route) in [("GET", "export"), ("POST", "import")] {
        let request = Request::builder().method(method);
        let request = request.uri(format!("/larder/v1/bindings/KV/{route}"));
        let answer = client.send(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 404);
    }
}

#[tokio::test]
async fn a_backup_tells_how_far_it_is_and_why_it_cannot_be() {
    let (_larder, namespace, client) = store().await;
    for n in 0..20 {
        namespace.put(&n.to_string(), vec![0; 1 << 20]).await.unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let copied = client.backup(directory.path(), |copied| told.push(copied)).await.unwrap();
    let bytes = namespace.info().await.unwrap().bytes;
    assert_eq!(copied, Copied { namespaces: 1, keys: 20, bytes });
    assert!(told.len() > 1 && told.is_sorted_by_key(|copied| copied.keys), "{told:?}");
    let copy = Larder::open(directory.path()).unwrap();
    assert!(copy.check().await.unwrap().damage.is_empty());
    let refused = client.backup(directory.path(), |_| ()).await.unwrap_err();
    assert_eq!(refused.code(), Some("invalid-argument"), "{refused}");
    let refused = client.backup("relative".as_ref(), |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("relative is not absolute"), "{refused}");
}
