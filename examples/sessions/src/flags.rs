//! Feature flags: a name and any JSON, changed without deploying anything.

use crate::answer::{Refusal, Result, json};
use larder_guest::{List, Namespace};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::borrow::Cow;
use wstd::http::{Body, Response, StatusCode};

pub fn list() -> Result<Response<Body>> {
    let namespace = open()?;
    let mut flags = Map::new();
    for entry in namespace.entries(List::new()) {
        let (name, entry) = entry?;
        flags.insert(name, as_json(&entry.value));
    }
    json(StatusCode::OK, &flags)
}

pub fn get(name: &str) -> Result<Response<Body>> {
    let name = decoded(name)?;
    match open()?.get(&name)? {
        Some(value) => json(StatusCode::OK, &as_json(&value)),
        None => Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is no flag {name:?}"))),
    }
}

pub fn put(name: &str, body: &[u8]) -> Result<Response<Body>> {
    let flag: Value = serde_json::from_slice(body).map_err(|error| {
        Refusal::bad_request(format!("a flag is JSON, such as true or \"blue\": {error}"))
    })?;
    open()?.put_json(&decoded(name)?, &flag)?;
    json(StatusCode::OK, &flag)
}

fn open() -> Result<Namespace> {
    Ok(Namespace::open("FLAGS")?)
}

/// Whoever puts a flag by another way than this one may not have written JSON.
fn as_json(value: &[u8]) -> Value {
    serde_json::from_slice(value).unwrap_or_else(|_| String::from_utf8_lossy(value).into())
}

fn decoded(name: &str) -> Result<Cow<'_, str>> {
    percent_decode_str(name)
        .decode_utf8()
        .map_err(|_| Refusal::bad_request("the name of the flag is not UTF-8"))
}
