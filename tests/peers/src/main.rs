//! Larder beside its peers, in one run: `cargo run --release -- [--short | --long] [SECTION…]`, which
//! the README beside it explains.

mod cold;
mod counts;
mod durable;
mod growth;
mod guest;
mod measure;
mod micro;
mod report;
mod servers;
mod spin;
mod stores;

use anyhow::{Result, bail};
use report::Section;
use std::env;
use std::path::{Path, PathBuf};

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Within five minutes, to see where one is.
    Short,
    /// What the pages of results are made of.
    Full,
    /// Growth, with 10 M keys besides.
    Long,
}

/// What is measured, and where.
pub struct Plan {
    pub extent: Extent,
    /// Within the repository, so on its disk: where stores and tools lie.
    pub scratch: PathBuf,
}

/// Measures one part.
type Part = fn(&Plan) -> Result<Vec<Section>>;

const PARTS: &[(&str, Part)] = &[
    ("micro", micro::run),
    ("durable", durable::run),
    ("growth", growth::run),
    ("cold", cold::run),
    ("http", servers::http::run),
    ("workers", servers::workers::run),
    ("process", servers::process::run),
];

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["counts"] => counts::check(),
        ["counted", what, hot, times, guest] => {
            counts::counted(what, hot.parse()?, times.parse()?, Path::new(guest))
        }
        chosen => measure(chosen),
    }
}

fn measure(arguments: &[&str]) -> Result<()> {
    let mut extent = Extent::Full;
    let mut chosen = Vec::new();
    for argument in arguments {
        match *argument {
            "--short" => extent = Extent::Short,
            "--long" => extent = Extent::Long,
            name if PARTS.iter().any(|(part, _)| *part == name) => chosen.push(name),
            other => {
                let parts: Vec<_> = PARTS.iter().map(|(part, _)| *part).collect();
                bail!("{other:?} is none of --short, --long, {}", parts.join(", "));
            }
        }
    }
    if extent == Extent::Long && chosen.is_empty() {
        chosen.push("growth");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = Plan { extent, scratch: folder.join("target/scratch") };
    let (results, flag) = match extent {
        Extent::Short => ("results/short", " -- --short"),
        Extent::Full => ("results", ""),
        Extent::Long => ("results/long", " -- --long"),
    };
    let parts = chosen_or_all(&chosen);
    let about = format!("{parts} by `cargo run --release{flag}`; see [how](../README.md).");
    let mut sections = Vec::new();
    for (name, part) in PARTS {
        if chosen.is_empty() || chosen.contains(name) {
            eprintln!("== {name}");
            sections.extend(part(&plan)?);
            // After each: what was measured is there when the next fails.
            let missed = report::write(&sections, &about, &folder.join(results))?;
            eprintln!("{missed} goals missed so far; see {results}/README.md");
        }
    }
    Ok(())
}

fn chosen_or_all(chosen: &[&str]) -> String {
    if chosen.is_empty() { "All parts".into() } else { chosen.join(", ") }
}
