//! The config of a wrangler project, translated: `wrangler.json`, `wrangler.jsonc` or
//! `wrangler.toml`, and `.dev.vars` beside it.

mod dev_vars;
mod section;
mod types;
mod unavailable;

use self::section::{Dev, Namespace, Section};
use super::file::{directory, text};
use super::{Access, Config, ConfigFile, KvNamespace, dates_as_text, place};
use crate::output;
use anyhow::{Result, bail};
use jsonc_parser::{ParseOptions, parse_to_serde_value};
use larder_build::Api;
use larder_store::is_namespace_id;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::path::Path;

/// The variable by which wrangler knows the environment when no flag names it.
const ENV_VARIABLE: &str = "CLOUDFLARE_ENV";
const IP: &str = "127.0.0.1";
const PORT: u16 = 8787;

/// Whether it is wrangler's, by its name: JSON, or TOML that is called wrangler.
pub fn is_config(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_json(path) || (name.starts_with("wrangler") && name.ends_with(".toml"))
}

pub fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json" || extension == "jsonc")
}

/// Reads the config as it is for the environment `env`, or for the one of `CLOUDFLARE_ENV`. An empty
/// name is that of the top level.
pub fn read(path: &Path, env: Option<&str>) -> Result<ConfigFile> {
    let written = parse(&text(path)?, path)?;
    let from_variable = env::var(ENV_VARIABLE).ok().filter(|_| env.is_none());
    let name = env.or(from_variable.as_deref()).filter(|name| !name.is_empty());
    if let Some(name) = name.filter(|name| !written.env.contains_key(*name)) {
        let by = if env.is_some() { "--env" } else { ENV_VARIABLE };
        let there = match written.env.len() {
            0 => "it has none".into(),
            _ => format!("there are: {}", output::names(written.env.keys().map(String::as_str))),
        };
        bail!("{by} {name}: {} has no such environment; {there}", output::path(path));
    }
    let directory = directory(path)?;
    let secrets = dev_vars::read(&directory, name)?;
    let declarations = types::declare(&written, name, &secrets);
    let section = written.of(name);
    let secrets = section.taken(secrets);
    let unavailable = unavailable::lines(&section, &secrets);
    let besides = dev_vars::files(&directory, name);
    let previews = section.kv_namespaces.iter().filter_map(preview).collect();
    Ok(ConfigFile {
        path: path.to_owned(),
        directory,
        config: translate(section, secrets),
        env: name.map(String::from),
        besides,
        previews,
        declarations,
        unavailable,
    })
}

fn parse(text: &str, path: &Path) -> Result<Section> {
    if is_json(path) {
        let text = text.trim_start_matches('\u{feff}');
        return parse_to_serde_value(text, &jsonc())
            .map_err(|error| place::of_json(&error, text, path));
    }
    let mut section: Section =
        toml::from_str(text).map_err(|error| place::of_toml(&error, text, path))?;
    let environments = section.env.values_mut().flat_map(|section| section.vars.values_mut());
    section.vars.values_mut().chain(environments).for_each(dates_as_text);
    Ok(section)
}

/// JSON with comments and commas at the end, as wrangler reads it, and nothing else.
pub fn jsonc() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn translate(section: Section, secrets: BTreeMap<String, String>) -> Config {
    let Section { name, main, dev, mut vars, kv_namespaces, .. } = section;
    vars.extend(secrets.into_iter().map(|(name, value)| (name, Value::String(value))));
    let namespaces = kv_namespaces.into_iter().map(|kv| {
        let title = match &name {
            Some(name) => format!("{name}-{}", kv.binding),
            None => kv.binding.clone(),
        };
        KvNamespace {
            id: own_id(&kv).map(String::from),
            binding: kv.binding,
            namespace: Some(title),
            access: Access::ReadWrite,
            prefix: String::new(),
            api: Api::Workers,
            seed: None,
        }
    });
    let kv_namespaces = namespaces.collect();
    Config { main, addr: addr(&dev), vars, kv_namespaces, ..Config::default() }
}

/// The id of a namespace. wrangler provisions one that has none; and what templates have for an id
/// until there is one, such as `<YOUR_ID>`, is as good as none.
fn own_id(namespace: &Namespace) -> Option<&str> {
    namespace
        .id
        .iter()
        .chain(&namespace.preview_id)
        .map(String::as_str)
        .find(|id| is_namespace_id(id))
}

/// The id that `dev` takes in the place of its own.
fn preview(namespace: &Namespace) -> Option<(String, String)> {
    let id = namespace.preview_id.as_deref().filter(|id| is_namespace_id(id));
    let id = id.filter(|id| own_id(namespace) != Some(id))?;
    Some((namespace.binding.clone(), id.to_owned()))
}

/// Where wrangler would listen, if the config says anything of it.
fn addr(dev: &Dev) -> Option<String> {
    let ip = match dev.ip.as_deref() {
        None if dev.port.is_none() => return None,
        None => IP,
        Some("*") => "0.0.0.0",
        Some(ip) => ip,
    };
    let port = dev.port.unwrap_or(PORT);
    match ip.contains(':') && !ip.starts_with('[') {
        true => Some(format!("[{ip}]:{port}")),
        false => Some(format!("{ip}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev(ip: Option<&str>, port: Option<u16>) -> Option<String> {
        addr(&Dev { ip: ip.map(String::from), port })
    }

    #[test]
    fn what_is_not_said_of_the_address_is_as_in_larder() {
        assert_eq!(dev(None, None), None);
        assert_eq!(dev(None, Some(3000)).as_deref(), Some("127.0.0.1:3000"));
        assert_eq!(dev(Some("localhost"), None).as_deref(), Some("localhost:8787"));
        assert_eq!(dev(Some("*"), Some(0)).as_deref(), Some("0.0.0.0:0"));
        assert_eq!(dev(Some("::1"), Some(1)).as_deref(), Some("[::1]:1"));
    }

    #[test]
    fn a_config_is_told_by_its_name() {
        for name in ["wrangler.toml", "wrangler.prod.toml", "a/worker.jsonc", "config.json"] {
            assert!(is_config(Path::new(name)), "{name}");
        }
        for name in ["larder.toml", "wrangler/larder.toml", "staging.toml"] {
            assert!(!is_config(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn an_id_is_one_that_a_namespace_may_have() {
        let ids = |id: Option<&str>, preview: Option<&str>| {
            let namespace = Namespace {
                binding: "KV".into(),
                id: id.map(String::from),
                preview_id: preview.map(String::from),
            };
            (own_id(&namespace).map(String::from), super::preview(&namespace).map(|(_, id)| id))
        };
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(ids(Some("a"), Some("b")), (some("a"), some("b")));
        assert_eq!(ids(Some("a"), Some("a")), (some("a"), None));
        assert_eq!(ids(None, Some("b")), (some("b"), None));
        assert_eq!(ids(Some("<YOUR_ID>"), Some("<YOUR_PREVIEW_ID>")), (None, None));
        assert_eq!(ids(Some(""), None), (None, None));
    }
}
