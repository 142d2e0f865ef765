//! `larder kv key`.

use super::target::{Purpose, Target};
use super::{say, say_located};
use crate::args::ProjectArgs;
use crate::args::kv::{KvKey, KvPut};
use crate::commands::key::{broken_off, value};
use crate::output;
use anyhow::{Context as _, Result, anyhow, bail};
use http_body_util::BodyExt as _;
use larder_server::client::NewKey;
use larder_server::wire::Listed;
use larder_store::ListOptions;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{self, Read, Write as _};

pub async fn run(project: &ProjectArgs, command: KvKey) -> Result<()> {
    match command {
        KvKey::Put(args) => put(project, args).await,
        KvKey::Get { key, text, target } => {
            let target = Target::open(project, &target, Purpose::Read).await?;
            get(target, &key, text).await
        }
        KvKey::List { prefix, target } => {
            let target = Target::open(project, &target, Purpose::Read).await?;
            list(target, prefix).await
        }
        KvKey::Delete { key, target } => {
            let target = Target::open(project, &target, Purpose::Delete).await?;
            let (key, name) = (key.as_str(), target.name.as_str());
            let shown = output::printable(key);
            say_located(&format!("Deleting the key \"{shown}\" on namespace {name}."))?;
            target.keys().delete(key).await?;
            target.store.close().await
        }
    }
}

async fn put(project: &ProjectArgs, args: KvPut) -> Result<()> {
    let KvPut { key, value, path, ttl, expiration, metadata, target } = args;
    let shown = output::printable(&key);
    let (source, what): (Box<dyn Read + Send>, _) = match (value, path) {
        (None, None) => {
            bail!("Missing required option: exactly one of <value> and --path must be provided")
        }
        (Some(_), Some(_)) => bail!(
            "Conflicting options: <value> and --path cannot be used together. Please provide only \
             one."
        ),
        (Some(value), None) => {
            let text = output::printable(&value.to_string_lossy());
            let what = format!("Writing the value \"{text}\" to key \"{shown}\"");
            (Box::new(io::Cursor::new(value.into_encoded_bytes())), what)
        }
        (None, Some(path)) => {
            let shown_path = path.display();
            let file = File::open(&path).with_context(|| format!("cannot read {shown_path}"))?;
            let what = format!("Writing the contents of {shown_path} to the key \"{shown}\"");
            (Box::new(file), what)
        }
    };
    let value = value::read(source)?;
    let with = metadata.as_deref().map(with_metadata).transpose()?.unwrap_or_default();
    let target = Target::open(project, &target, Purpose::Write).await?;
    say_located(&format!("{what} on namespace {}{with}.", target.name))?;
    let new = NewKey { expiration: ttl.or(expiration), metadata };
    target.keys().put(&key, value.into(), new).await?;
    target.store.close().await
}

/// What is said of metadata, which is an object.
fn with_metadata(metadata: &str) -> Result<String> {
    let shown = output::printable(metadata);
    if serde_json::from_str::<&RawValue>(metadata).is_err() {
        bail!("--metadata must be valid JSON. Received: {shown}");
    }
    if !metadata.trim_start().starts_with('{') {
        bail!("--metadata must be a JSON object. Received: {shown}");
    }
    Ok(format!(" with metadata \"{shown}\""))
}

async fn get(target: Target, key: &str, text: bool) -> Result<()> {
    let Some(stored) = target.keys().get(key).await? else {
        let (key, name) = (output::printable(key), &target.name);
        return Err(anyhow!("Value not found: there is no key \"{key}\" in namespace {name}"));
    };
    let mut value = stored.value;
    if text {
        let value = value.collect().await.map_err(broken_off)?.to_bytes();
        say(&String::from_utf8_lossy(&value))?;
        return target.store.close().await;
    }
    let mut answer = io::stdout().lock();
    while let Some(frame) = value.frame().await {
        if let Ok(piece) = frame.map_err(broken_off)?.into_data() {
            answer.write_all(&piece)?;
        }
    }
    answer.flush()?;
    target.store.close().await
}

async fn list(target: Target, prefix: Option<String>) -> Result<()> {
    let mut answer = output::answer();
    let mut options = ListOptions { prefix, ..ListOptions::default() };
    let mut opening = "[";
    loop {
        let page = target.keys().list(&options).await?;
        for key in &page.keys {
            let row = serde_json::to_string_pretty(&Listed::try_from(key)?)?;
            write!(answer, "{opening}\n  {}", row.replace('\n', "\n  "))?;
            opening = ",";
        }
        options.cursor = page.cursor;
        if options.cursor.is_none() {
            break;
        }
    }
    let end = if opening == "[" { "[]" } else { "\n]" };
    writeln!(answer, "{end}")?;
    answer.flush()?;
    target.store.close().await
}
