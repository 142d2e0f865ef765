//! `larder.toml` as it is written. What it means, with the flags, is in `settings`.

use crate::guest::AllowedHost;
use crate::output;
use anyhow::{Context as _, Result, anyhow, bail};
use bytesize::ByteSize;
use clap::ValueEnum;
use larder_build::Api;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name under which a config is found.
pub const FILE_NAME: &str = "larder.toml";

/// A config and where it was found. Its relative paths are relative to its directory.
#[derive(Debug)]
pub struct ConfigFile {
    pub path: PathBuf,
    pub directory: PathBuf,
    pub config: Config,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub main: Option<String>,
    pub world: Option<String>,
    pub wit: Option<PathBuf>,
    pub backend: Option<Backend>,
    pub expiration_ttl_min: Option<u32>,
    pub component: Option<PathBuf>,
    pub build: Option<Build>,
    pub store: Option<PathBuf>,
    pub durability: Durability,
    pub cache: Option<Size>,
    pub addr: Option<String>,
    pub limits: Limits,
    pub vars: BTreeMap<String, String>,
    pub allowed_outbound_hosts: Vec<AllowedHost>,
    pub kv_namespaces: Vec<KvNamespace>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub command: String,
    pub watch: Option<Vec<PathBuf>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    #[default]
    Full,
    Relaxed,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub memory: Option<Size>,
    pub timeout: Option<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KvNamespace {
    pub binding: String,
    pub namespace: Option<String>,
    pub id: Option<String>,
    #[serde(default)]
    pub access: Access,
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub api: Api,
}

/// What runs JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Backend {
    #[value(alias = "sm")]
    StarlingMonkey,
    #[serde(alias = "qjs")]
    #[value(alias = "qjs")]
    QuickJs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    ReadOnly,
    #[default]
    ReadWrite,
}

/// A number of bytes, such as `"256 MiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(pub ByteSize);

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// A length of time, such as `"30 s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Time(pub Duration);

impl TryFrom<String> for Time {
    type Error = humantime::DurationError;

    fn try_from(text: String) -> Result<Self, humantime::DurationError> {
        humantime::parse_duration(&text).map(Self)
    }
}

impl ConfigFile {
    /// The config at `path`, or else the one found upwards from `directory`, if any.
    pub fn find(path: Option<&Path>, directory: &Path) -> Result<Option<Self>> {
        if let Some(path) = path {
            return Self::read(path.to_owned()).map(Some);
        }
        let candidates = directory.ancestors().map(|above| above.join(FILE_NAME));
        candidates.into_iter().find(|path| path.is_file()).map(Self::read).transpose()
    }

    fn read(path: PathBuf) -> Result<Self> {
        let path = std::path::absolute(path)?;
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read the config {}", output::path(&path)))?;
        let config = Config::parse(&text, &path)?;
        let directory = path.parent().context("the config has no directory")?.to_owned();
        Ok(Self { path, directory, config })
    }
}

impl Config {
    fn parse(text: &str, path: &Path) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| explain(&error, text, path))?;
        for namespace in &config.kv_namespaces {
            let KvNamespace { binding, namespace, id, .. } = namespace;
            if namespace.is_some() && id.is_some() {
                bail!(
                    "{}: binding `{binding}` names its namespace twice: keep `namespace` or `id`",
                    output::path(path)
                );
            }
        }
        if config.main.is_some() && config.build.is_some() {
            bail!(
                "{}: `main` says what larder builds and `build` what a command does: keep one",
                output::path(path)
            );
        }
        Ok(config)
    }
}

/// One line for an error of the config: the place, what is wrong there, and what was likely meant.
fn explain(error: &toml::de::Error, text: &str, path: &Path) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let mut what = error.message().trim_end().replace('\n', " ");
    if let Some(near) = near_name(&what) {
        what = format!("{what}; did you mean `{near}`?");
    }
    anyhow!("{}:{line}: {what}", output::path(path))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new(FILE_NAME)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_of_the_documentation_is_read() {
        let readme = include_str!("../README.md");
        let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let config = parse(block.unwrap()).unwrap();
        assert_eq!(config.main.as_deref(), Some("src/index.ts"));
        assert_eq!((config.world.as_deref(), config.wit), (Some("app"), Some("wit".into())));
        assert_eq!(config.backend, Some(Backend::StarlingMonkey));
        assert_eq!(config.expiration_ttl_min, Some(1));
        assert_eq!(config.component, Some("dist/app.wasm".into()));
        assert_eq!(config.store, Some(".larder".into()));
        assert_eq!(config.cache, Some(Size(ByteSize::mib(256))));
        assert_eq!(config.addr.as_deref(), Some("127.0.0.1:8787"));
        assert_eq!(config.limits.memory, Some(Size(ByteSize::mib(256))));
        assert_eq!(config.limits.timeout, Some(Time(Duration::from_secs(30))));
        assert_eq!(config.vars["GREETING"], "hello");
        assert_eq!(config.allowed_outbound_hosts.len(), 2);
        let [namespace] = config.kv_namespaces.as_slice() else { panic!() };
        assert_eq!(namespace.binding, "SESSIONS");
        assert_eq!(namespace.namespace.as_deref(), Some("sessions"));
        assert_eq!((namespace.access, namespace.api), (Access::ReadWrite, Api::Workers));
        assert_eq!(namespace.prefix, "app/");
    }

    #[test]
    fn every_choice_is_read() {
        let config = parse(
            r#"
            durability = "relaxed"
            backend = "qjs"
            build = { command = "cargo build", watch = ["src", "Cargo.toml"] }
            [[kv_namespaces]]
            binding = "A"
            id = "b"
            access = "read-only"
            api = "openworkers"
            "#,
        );
        let config = config.unwrap();
        assert_eq!(config.backend, Some(Backend::QuickJs));
        assert_eq!(config.build.unwrap().watch.unwrap().len(), 2);
        assert_eq!(config.kv_namespaces[0].access, Access::ReadOnly);
        assert_eq!(config.kv_namespaces[0].api, Api::OpenWorkers);
    }

    #[test]
    fn a_project_is_built_in_one_way() {
        let error = parse("main = \"a.js\"\nbuild = { command = \"make\" }").unwrap_err();
        assert!(error.contains("keep one"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_answered_with_its_line_and_the_near_one() {
        let error = parse("addr = \"\"\n[[kv_namespaces]]\nbindng = \"A\"\n").unwrap_err();
        assert!(error.starts_with("larder.toml:3: unknown field `bindng`"), "{error}");
        assert!(error.ends_with("did you mean `binding`?"), "{error}");
        let error = parse("zzz = 1").unwrap_err();
        assert!(!error.contains("did you mean"), "{error}");
    }

    #[test]
    fn an_unknown_choice_is_answered_with_the_near_one() {
        let error = parse("durability = \"relax\"").unwrap_err();
        assert!(error.ends_with("did you mean `relaxed`?"), "{error}");
    }

    #[test]
    fn a_size_or_time_without_sense_is_refused_with_its_line() {
        let error = parse("\nlimits = { memory = \"much\" }").unwrap_err();
        assert!(error.starts_with("larder.toml:2: "), "{error}");
        let error = parse("limits = { timeout = \"30\" }").unwrap_err();
        assert!(error.contains("time unit needed"), "{error}");
    }

    #[test]
    fn a_namespace_is_named_by_title_or_by_id() {
        let error =
            parse("[[kv_namespaces]]\nbinding = \"A\"\nnamespace = \"a\"\nid = \"b\"").unwrap_err();
        assert!(error.contains("binding `A` names its namespace twice"), "{error}");
    }
}
