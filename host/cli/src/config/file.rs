//! Which config a command works by, and where it was found.

use super::{Config, Declaration, wrangler};
use crate::output;
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// The name of a config.
pub const FILE_NAME: &str = "larder.toml";
/// The names under which one is found, in the order in which they win in a directory.
pub const NAMES: [&str; 4] = [FILE_NAME, "wrangler.json", "wrangler.jsonc", "wrangler.toml"];
/// The same for people.
pub const SOUGHT: &str = "larder.toml, wrangler.json, wrangler.jsonc or wrangler.toml";

/// A config and where it was found. Its relative paths are relative to its directory.
#[derive(Debug)]
pub struct ConfigFile {
    pub path: PathBuf,
    pub directory: PathBuf,
    pub config: Config,
    /// The environment that it is read for.
    pub env: Option<String>,
    /// Files beside it that complete it, whether they are there or not.
    pub besides: Vec<PathBuf>,
    /// The ids of namespaces that `dev` takes in the place of the config's, by binding.
    pub previews: BTreeMap<String, String>,
    /// What `env` holds in JavaScript.
    pub declarations: Vec<Declaration>,
    /// What it asks for and does not get, a line each.
    pub unavailable: Vec<String>,
}

impl ConfigFile {
    /// The config at `path`, or else the one found upwards from `directory`, if any: as it is for
    /// the environment `env`, which only a wrangler project has.
    pub fn find(path: Option<&Path>, directory: &Path, env: Option<&str>) -> Result<Option<Self>> {
        let found = match path {
            Some(path) => Some(absolute(path)?),
            None => directory
                .ancestors()
                .flat_map(|above| NAMES.map(|name| above.join(name)))
                .find(|path| path.is_file()),
        };
        match (found, env) {
            (Some(path), _) if wrangler::is_config(&path) => wrangler::read(&path, env).map(Some),
            (Some(path), None) => Self::read(path).map(Some),
            (Some(path), Some(env)) => bail!(
                "--env {env}: {} has no environments, as only the config of a wrangler project has: \
                 name another config by --config FILE",
                output::path(&path)
            ),
            (None, None) => Ok(None),
            (None, Some(env)) => bail!(
                "--env {env} is an environment of a wrangler project, and there is no \
                 wrangler.jsonc in {} or above",
                output::path(directory)
            ),
        }
    }

    fn read(path: PathBuf) -> Result<Self> {
        let config = Config::parse(&text(&path)?, &path)?;
        Ok(Self {
            directory: directory(&path)?,
            path,
            declarations: Declaration::all_of(&config),
            config,
            env: None,
            besides: Vec::new(),
            previews: BTreeMap::new(),
            unavailable: Vec::new(),
        })
    }

    /// Whether it is that of a wrangler project.
    pub fn is_wrangler(&self) -> bool {
        wrangler::is_config(&self.path)
    }

    /// The same for `dev`, which leaves the data under the config's ids alone where there are
    /// others for it.
    pub fn previewed(mut self) -> Self {
        for namespace in &mut self.config.kv_namespaces {
            if let Some(id) = self.previews.get(&namespace.binding) {
                namespace.id = Some(id.clone());
                namespace.namespace = namespace.namespace.take().map(|title| title + "_preview");
            }
        }
        self
    }
}

/// The text of a config.
pub fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .with_context(|| format!("cannot read the config {}", output::path(path)))
}

/// The directory of a config.
pub fn directory(path: &Path) -> Result<PathBuf> {
    Ok(path.parent().context("the config has no directory")?.to_owned())
}
