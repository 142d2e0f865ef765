//! What tests find in their environment.

use crate::config::ConfigFile;
use crate::output;
use crate::settings::{self, GuestSettings};
use anyhow::{Context as _, Result};
use larder_build::{javascript, python};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Where this command is, for tests that run it again.
const COMMAND_VARIABLE: &str = "LARDER";

/// What the tests of a project are written in, which is what it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Rust,
    JavaScript,
    Python,
}

impl Language {
    /// By what is built, or else by what lies in the project's directory.
    pub fn of(project: &ConfigFile) -> Option<Self> {
        let has = |name: &str| project.directory.join(name).exists();
        if let Some(main) = &project.config.main {
            return match Path::new(main).extension().and_then(OsStr::to_str) {
                Some("c") => None,
                Some("js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx") => {
                    Some(Self::JavaScript)
                }
                _ => Some(Self::Python),
            };
        }
        match () {
            () if has("Cargo.toml") => Some(Self::Rust),
            () if has("package.json") => Some(Self::JavaScript),
            () if has("pyproject.toml") || has("requirements.txt") => Some(Self::Python),
            () => None,
        }
    }

    /// What usually runs the tests.
    pub fn command(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["cargo", "test"],
            Self::JavaScript => &["npm", "test"],
            Self::Python => &["pytest"],
        }
    }
}

/// The variables of the component, where this command is, and by what the project's language finds
/// its guest package.
pub async fn environment(
    project: &ConfigFile,
    guest: &GuestSettings,
) -> Result<Vec<(OsString, OsString)>> {
    let vars = guest.vars.iter().map(|(name, value)| (name.into(), value.into()));
    let mut environment: Vec<(OsString, OsString)> = vars.collect();
    let larder = std::env::current_exe().context("cannot tell where this command is")?;
    environment.push((COMMAND_VARIABLE.into(), larder.into()));
    let of_language = match Language::of(project) {
        Some(Language::JavaScript) => {
            javascript::test_environment(&settings::javascript(&project.config), &guest.vars)?
        }
        Some(Language::Python) => {
            python::test_environment(&project.directory, &|text| output::note(text)).await?
        }
        Some(Language::Rust) | None => Vec::new(),
    };
    environment.extend(of_language.into_iter().map(|(name, value)| (name.into(), value)));
    Ok(environment)
}
