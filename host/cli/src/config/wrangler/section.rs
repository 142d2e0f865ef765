//! wrangler's config as it is written. Whatever is not named here may stand there too.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The top level, or an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct Section {
    pub name: Option<String>,
    pub main: Option<String>,
    pub build: Option<Build>,
    pub triggers: Option<Triggers>,
    pub vars: BTreeMap<String, Value>,
    pub secrets: Option<Secrets>,
    pub kv_namespaces: Vec<Namespace>,
    /// Of the top level only.
    pub dev: Dev,
    /// Of the top level only.
    pub env: BTreeMap<String, Section>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub struct Namespace {
    pub binding: String,
    pub id: Option<String>,
    pub preview_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct Build {
    pub command: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct Triggers {
    pub crons: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct Secrets {
    pub required: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct Dev {
    pub ip: Option<String>,
    pub port: Option<u16>,
}

/// What else an environment has from the top level when it does not say it itself.
const INHERITED: [&str; 2] = ["assets", "logfwdr"];

impl Section {
    /// What holds in the environment of that name, or at the top level. Bindings and variables are
    /// an environment's own; it has none of the top level's.
    pub fn of(mut self, name: Option<&str>) -> Self {
        let Some(name) = name else { return self };
        let mut section = self.env.remove(name).unwrap_or_default();
        section.name = section.name.or_else(|| Some(format!("{}-{name}", self.name?)));
        section.main = section.main.or(self.main);
        section.build = section.build.or(self.build);
        section.triggers = section.triggers.or(self.triggers);
        section.dev = self.dev;
        for key in INHERITED {
            if let Some(value) = self.rest.remove(key) {
                section.rest.entry(key).or_insert(value);
            }
        }
        section
    }

    /// Those of the secrets that the worker gets: those it requires, if it says any such, or all.
    pub fn taken(&self, mut secrets: BTreeMap<String, String>) -> BTreeMap<String, String> {
        if let Some(Secrets { required }) = &self.secrets {
            secrets.retain(|name, _| required.contains(name));
        }
        secrets
    }
}
