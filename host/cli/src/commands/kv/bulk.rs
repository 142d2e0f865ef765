//! `larder kv bulk`: the keys of a file.

use super::target::{Purpose, Target};
use super::{confirm, say_located};
use crate::args::ProjectArgs;
use crate::args::kv::{KvBulk, KvTarget};
use crate::output;
use anyhow::{Context as _, Result, anyhow, bail};
use larder_server::wire::Pair;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// As many as wrangler sends at a time, and as many bytes of JSON as are sent at a time.
const PUT_MAX: usize = 1000;
const PUT_BYTES_MAX: usize = 32 << 20;
const GET_MAX: usize = 100;
const DELETE_MAX: usize = 10_000;
/// Most items of a file that are complained about one by one, as in wrangler.
const COMPLAINTS_MAX: usize = 12;

pub async fn run(project: &ProjectArgs, command: KvBulk) -> Result<()> {
    match command {
        KvBulk::Put { filename, target } => put(project, &filename, &target).await,
        KvBulk::Get { filename, target } => {
            let text = read(&filename)?;
            let keys = keys(&text, &filename)?;
            get(Target::open(project, &target, Purpose::Read).await?, &keys).await
        }
        KvBulk::Delete { filename, force, target } => {
            let text = read(&filename)?;
            let keys = keys(&text, &filename)?;
            let target = Target::open(project, &target, Purpose::Delete).await?;
            let (file, name) = (filename.display(), &target.name);
            if !force {
                let question = format!(
                    "Are you sure you want to delete all the keys read from \"{file}\" from \
                     kv-namespace {name}?"
                );
                confirm(&question, "--force")?;
            }
            let keys: Vec<_> = keys.iter().map(Cow::as_ref).collect();
            for keys in keys.chunks(DELETE_MAX) {
                target.keys().bulk_delete(keys).await?;
            }
            target.store.close().await?;
            say_located("Success!")
        }
    }
}

async fn put(project: &ProjectArgs, file: &Path, target: &KvTarget) -> Result<()> {
    let text = read(file)?;
    let pairs: Vec<&RawValue> = array(&text, file, "an array of key-value objects")?;
    check(&pairs, file)?;
    let target = Target::open(project, target, Purpose::Write).await?;
    let total = pairs.len();
    let mut written = 0;
    for batch in batches(&pairs) {
        let done = target.keys().bulk_put(batch).await.map_err(anyhow::Error::from);
        done.map_err(|error| match written {
            0 => error,
            _ => error.context(format!("{written} of {total} pairs were written; of the rest")),
        })?;
        written += batch.len();
        if total > PUT_MAX {
            let percent = written * 100 / total;
            output::note(format_args!("Uploaded {percent}% ({written} out of {total})"));
        }
    }
    target.store.close().await?;
    say_located("Success!")
}

/// Pairs as they are sent at a time.
fn batches<'a, 'b>(mut pairs: &'a [&'b RawValue]) -> impl Iterator<Item = &'a [&'b RawValue]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let more = |pair: &&&RawValue| {
            bytes += pair.get().len();
            bytes <= PUT_BYTES_MAX
        };
        let count = pairs.iter().take(PUT_MAX).take_while(more).count();
        // One alone goes whatever its size.
        let (batch, rest) = pairs.split_at_checked(count.max(1))?;
        pairs = rest;
        Some(batch)
    })
}

/// Complains about every pair that is none, before any is written.
fn check(pairs: &[&RawValue], file: &Path) -> Result<()> {
    const NAMES: [&str; 6] = ["key", "value", "base64", "expiration", "expiration_ttl", "metadata"];
    let (mut wrong, mut odd) = (Vec::new(), Vec::new());
    for (index, item) in pairs.iter().enumerate() {
        let pair = serde_json::from_str::<Pair<'_>>(item.get());
        let pair = pair.map_err(|error| without_place(&error));
        if let Err(reason) =
            pair.and_then(|pair| pair.into_put().map_err(|error| error.to_string()))
        {
            wrong.push(format!("The item at index {index} is {}: {reason}", shown(item)));
            continue;
        }
        let fields: BTreeMap<Cow<'_, str>, IgnoredAny> = serde_json::from_str(item.get())?;
        let names = fields.keys().filter(|name| !NAMES.contains(&name.as_ref()));
        let names: Vec<_> = names.collect();
        if !names.is_empty() {
            let names = serde_json::to_string(&names)?;
            odd.push(format!("The item at index {index} contains unexpected properties: {names}."));
        }
    }
    let file = file.display();
    if !odd.is_empty() {
        let odd = first(odd);
        output::note(format_args!(
            "warning: Unexpected key-value properties in \"{file}\".\n{odd}"
        ));
    }
    if !wrong.is_empty() {
        let wrong = first(wrong);
        bail!(
            "Unexpected JSON input from \"{file}\".\nEach item in the array should be an object \
             with a \"key\" and a \"value\", both strings, and perhaps \"expiration\" or \
             \"expiration_ttl\" in seconds, \"metadata\", and \"base64\".\n{wrong}"
        );
    }
    Ok(())
}

async fn get(target: Target, keys: &[Cow<'_, str>]) -> Result<()> {
    let mut seen = HashSet::new();
    let keys: Vec<&str> = keys.iter().map(Cow::as_ref).filter(|key| seen.insert(*key)).collect();
    let mut answer = output::answer();
    let mut opening = "{";
    for keys in keys.chunks(GET_MAX) {
        let values = values(&target, keys).await?;
        for key in keys {
            let value = values.get(*key).and_then(Option::as_deref);
            let (key, value) = (serde_json::to_string(key)?, serde_json::to_string(&value)?);
            write!(answer, "{opening}\n  {key}: {{\n    \"value\": {value}\n  }}")?;
            opening = ",";
        }
    }
    writeln!(answer, "{}", if opening == "{" { "{}" } else { "\n}" })?;
    answer.flush()?;
    target.store.close().await
}

/// The values of keys, in parts where they are too much for one answer.
async fn values(target: &Target, keys: &[&str]) -> Result<HashMap<String, Option<String>>> {
    let mut values = HashMap::new();
    let mut left = vec![keys];
    while let Some(keys) = left.pop() {
        match target.keys().bulk_get(keys).await {
            Ok(found) => values.extend(found),
            Err(error) if error.code() == Some("too-large") && keys.len() > 1 => {
                let (front, back) = keys.split_at(keys.len() / 2);
                left.extend([front, back]);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(values)
}

/// The keys that a file names: texts, or objects with a `name`, as a listing has them.
fn keys<'a>(text: &'a str, file: &Path) -> Result<Vec<Cow<'a, str>>> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
    }
    #[derive(serde::Deserialize)]
    #[serde(transparent)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    let items: Vec<&RawValue> = array(text, file, "an array of strings")?;
    let (mut keys, mut wrong) = (Vec::with_capacity(items.len()), Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        let text = serde_json::from_str::<Text<'_>>(item.get()).map(|Text(key)| key);
        let key = text.or_else(|_| serde_json::from_str::<Named<'_>>(item.get()).map(|it| it.name));
        match key {
            Ok(key) => keys.push(key),
            Err(_) => wrong.push(format!("The item at index {index} is {}", shown(item))),
        }
    }
    if !wrong.is_empty() {
        let (file, wrong) = (file.display(), first(wrong));
        bail!(
            "Unexpected JSON input from \"{file}\".\nExpected an array of strings or objects with \
             a \"name\" key.\n{wrong}"
        );
    }
    Ok(keys)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The items of a file, which is an array.
fn array<'a>(text: &'a str, file: &Path, expected: &str) -> Result<Vec<&'a RawValue>> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            anyhow!("Unexpected JSON input from \"{}\".\nExpected {expected}", file.display())
        }
        _ => {
            let (line, column) = (error.line(), error.column());
            anyhow!("{}:{line}:{column}: {}", file.display(), without_place(&error))
        }
    })
}

/// What is wrong, without the place, which is one within the item.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}

/// An item as it is shown: on one line, and not to its end when it is long.
fn shown(item: &RawValue) -> String {
    const CHARS_MAX: usize = 200;
    let line = item.get().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = line.chars();
    let start: String = chars.by_ref().take(CHARS_MAX).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    output::printable(&start) + more
}

/// The first lines, and that there are more.
fn first(mut lines: Vec<String>) -> String {
    if lines.len() > COMPLAINTS_MAX {
        lines.truncate(COMPLAINTS_MAX);
        lines.push("...".into());
    }
    lines.join("\n")
}
