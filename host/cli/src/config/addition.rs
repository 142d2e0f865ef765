//! A namespace added to a config, in which all else stays as it was written.

use super::file::text;
use super::{ConfigFile, wrangler};
use crate::output;
use anyhow::{Result, anyhow, bail};
use jsonc_parser::cst::{CstInputValue, CstRootNode};

/// The text of the config with one more binding.
pub fn with_namespace(config: &ConfigFile, binding: &str, id: &str) -> Result<String> {
    let file = output::path(&config.path);
    if config.config.kv_namespaces.iter().any(|namespace| namespace.binding == binding) {
        bail!("{file} has a binding `{binding}` already: say another by --binding NAME");
    }
    let text = text(&config.path)?;
    let env = config.env.as_deref();
    let added = match wrangler::is_json(&config.path) {
        true => to_json(&text, env, binding, id),
        false => to_toml(&text, env, binding, id),
    };
    added.ok_or_else(|| {
        anyhow!(
            "cannot add to `kv_namespaces` as it is written in {file}: leave out --update-config, \
             and add what is printed by hand"
        )
    })
}

fn to_json(text: &str, env: Option<&str>, binding: &str, id: &str) -> Option<String> {
    let root = CstRootNode::parse(text, &wrangler::jsonc()).ok()?;
    let mut section = root.object_value()?;
    if let Some(env) = env {
        section = section.object_value("env")?.object_value(env)?;
    }
    let namespaces = section.array_value_or_create("kv_namespaces")?;
    let field = |name: &str, value: &str| (name.into(), CstInputValue::String(value.into()));
    namespaces.ensure_multiline();
    namespaces.append(CstInputValue::Object(vec![field("binding", binding), field("id", id)]));
    Some(root.to_string())
}

/// A table at the end goes with whatever stands before, unless the others stand in one value.
fn to_toml(text: &str, env: Option<&str>, binding: &str, id: &str) -> Option<String> {
    let table = match env {
        Some(env) => format!("env.{}.kv_namespaces", serde_json::to_string(env).ok()?),
        None => "kv_namespaces".into(),
    };
    let before = text.trim_end();
    let added = format!("{before}\n\n[[{table}]]\nbinding = \"{binding}\"\nid = \"{id}\"\n");
    added.parse::<toml::Table>().ok().map(|_| added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_json_stays() {
        let text = "{\n  // the worker\n  \"name\": \"w\",\n  \"kv_namespaces\": [\n    { \
                    \"binding\": \"A\", \"id\": \"a\" }, // the first\n  ],\n}\n";
        let added = to_json(text, None, "B", "b").unwrap();
        let expected = "    { \"binding\": \"A\", \"id\": \"a\" }, // the first\n    {\n      \
                        \"binding\": \"B\",\n      \"id\": \"b\",\n    },";
        assert!(added.contains("// the worker") && added.contains(expected), "{added}");
        let added = to_json("{ \"env\": { \"s\": {} } }", Some("s"), "B", "b").unwrap();
        let value: serde_json::Value = serde_json::from_str(&added).unwrap();
        assert_eq!(value["env"]["s"]["kv_namespaces"][0]["id"], "b");
        assert_eq!(to_json("{ \"kv_namespaces\": 1 }", None, "B", "b"), None);
        assert_eq!(to_json("[]", None, "B", "b"), None);
    }

    #[test]
    fn what_stands_in_toml_stays() {
        let text = "name = \"w\" # the worker\n[vars]\nA = 1";
        let added = "\n\n[[kv_namespaces]]\nbinding = \"B\"\nid = \"b\"\n";
        assert_eq!(to_toml(text, None, "B", "b").unwrap(), format!("{text}{added}"));
        let added = to_toml("[env.\"a b\"]\nname = \"c\"", Some("a b"), "B", "b").unwrap();
        let table: toml::Table = added.parse().unwrap();
        assert_eq!(table["env"]["a b"]["kv_namespaces"][0]["id"].as_str(), Some("b"));
        assert_eq!(to_toml("kv_namespaces = []", None, "B", "b"), None);
    }
}
