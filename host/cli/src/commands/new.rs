//! `larder new`: the smallest project of a language.

use super::types;
use super::wit::CONTRACT;
use crate::args::{New, Template};
use crate::config::{self, Declaration};
use crate::output;
use anyhow::{Context as _, Result, bail};
use larder_build::Api;
use std::fs;
use std::path::Path;

/// A file of a project: its path in it, and what it holds.
type File = (&'static str, &'static str);

/// The named files of a template. A `gitignore` among them gets its dot only in the project, so that
/// it ignores nothing here.
macro_rules! template {
    ($template:literal: $($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../templates/", $template, "/", $file)))),*]
    };
}

const JS: &[File] = template!["js": "larder.toml", "worker.js", "gitignore"];
const TS: &[File] = template!["ts": "larder.toml", "src/index.ts", "tsconfig.json", "gitignore"];
const HONO: &[File] = template!["hono":
    "larder.toml", "package.json", "src/index.ts", "tsconfig.json", "gitignore",
];
const RUST: &[File] = template!["rust": "larder.toml", "Cargo.toml", "src/main.rs", "gitignore"];
const PYTHON: &[File] = template!["python": "larder.toml", "app.py", "gitignore"];
const C: &[File] = template!["c": "larder.toml", "src/main.c", "gitignore"];
/// What an editor needs to check the TypeScript of a template.
const TYPED: [Template; 2] = [Template::Ts, Template::Hono];

pub fn run(new: &New) -> Result<()> {
    let New { directory, template } = new;
    if fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is there already, and not empty", directory.display());
    }
    let files = match template {
        Template::Js => JS,
        Template::Ts => TS,
        Template::Hono => HONO,
        Template::Python => PYTHON,
        Template::Rust => RUST,
        Template::C => C,
    };
    for (file, text) in files {
        let file = if *file == "gitignore" { ".gitignore" } else { file };
        write(&directory.join(file), text)?;
    }
    if *template == Template::Rust {
        write(&directory.join("wit/kv.wit"), CONTRACT)?;
    }
    if TYPED.contains(template) {
        let bound = [Declaration::namespace("KV", Api::Workers)];
        let text = types::declarations(&bound, types::INTERFACE, true);
        write(&directory.join(types::FILE_NAME), &text)?;
    }
    let config = output::path(&directory.join(config::FILE_NAME));
    output::note(format_args!("created {config} and what it names; serve it with:"));
    output::note(format_args!("  larder dev {}", output::path(directory)));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(file, text))
        .with_context(|| format!("cannot write {}", file.display()))
}
