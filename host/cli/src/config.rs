//! `larder.toml` as it is written. What it means, with the flags, is in `settings`.
//!
//! [`mod@file`] finds it, or in its place the config of a wrangler project, which [`wrangler`] translates.

mod addition;
mod advice;
mod declaration;
mod file;
mod place;
mod wrangler;

pub use addition::with_namespace;
pub use advice::{how_to_allow, how_to_bind};
pub use declaration::Declaration;
pub use file::{ConfigFile, FILE_NAME, NAMES, SOUGHT};

use crate::guest::AllowedHost;
use crate::output;
use anyhow::{Result, bail};
use bytesize::ByteSize;
use clap::ValueEnum;
use larder_build::Api;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::value::Datetime;

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
    pub instance_reuse: Option<u32>,
    pub limits: Limits,
    pub vars: BTreeMap<String, Value>,
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
    pub memory_total: Option<Size>,
    pub timeout: Option<Time>,
    pub kv_writes: Option<u32>,
    pub kv_write_memory: Option<Size>,
    pub kv_read_memory: Option<Size>,
    pub kv_handles: Option<u32>,
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
    pub seed: Option<PathBuf>,
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

impl Config {
    fn parse(text: &str, path: &Path) -> Result<Self> {
        let mut config: Self =
            toml::from_str(text).map_err(|error| place::of_toml(&error, text, path))?;
        config.vars.values_mut().for_each(dates_as_text);
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

/// JSON, which vars are, has no dates, as TOML does.
fn dates_as_text(value: &mut Value) {
    if let Ok(date) = Datetime::deserialize(&*value) {
        *value = date.to_string().into();
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(dates_as_text),
        Value::Object(values) => values.values_mut().for_each(dates_as_text),
        _ => {}
    }
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
        assert_eq!(config.instance_reuse, Some(1));
        assert_eq!(config.limits.memory, Some(Size(ByteSize::mib(256))));
        assert_eq!(config.limits.timeout, Some(Time(Duration::from_secs(30))));
        assert_eq!(config.vars["GREETING"], "hello");
        assert_eq!(config.allowed_outbound_hosts.len(), 2);
        let [namespace] = config.kv_namespaces.as_slice() else { panic!() };
        assert_eq!(namespace.binding, "SESSIONS");
        assert_eq!(namespace.namespace.as_deref(), Some("sessions"));
        assert_eq!((namespace.access, namespace.api), (Access::ReadWrite, Api::Workers));
        assert_eq!(namespace.prefix, "app/");
        assert_eq!(namespace.seed, Some("seed.json".into()));
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
        assert!(error.starts_with("larder.toml:3:1: unknown field `bindng`"), "{error}");
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
        assert!(error.starts_with("larder.toml:2:21: "), "{error}");
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
