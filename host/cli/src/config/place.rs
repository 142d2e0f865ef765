//! Errors of configs, in one line: the place, what is wrong there, and what was likely meant.

use crate::output;
use anyhow::anyhow;
use jsonc_parser::errors::ParseError;
use std::path::Path;

pub fn of_toml(error: &toml::de::Error, text: &str, path: &Path) -> anyhow::Error {
    let mut what = error.message().trim_end().replace('\n', " ");
    if let Some(near) = near_name(&what) {
        what = format!("{what}; did you mean `{near}`?");
    }
    at(path, text, error.span().map_or(0, |span| span.start), &what)
}

pub fn of_json(error: &ParseError, text: &str, path: &Path) -> anyhow::Error {
    at(path, text, error.range().start, &error.kind().to_string())
}

/// Says what is wrong at the byte `start` of a config: with its line, and its column in characters.
fn at(path: &Path, text: &str, start: usize, what: &str) -> anyhow::Error {
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    anyhow!("{}:{line}:{column}: {what}", output::path(path))
}

/// Of the names that serde says it expected, the one most like the name it found.
fn near_name(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next()?;
    let near = quoted.map(|name| (strsim::jaro_winkler(found, name), name));
    let (likeness, name) = near.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness > 0.7).then_some(name)
}
