//! What `wrangler types` writes of namespaces and variables.

use super::section::Section;
use crate::config::Declaration;
use larder_build::Api;
use std::collections::BTreeMap;

/// What `env` holds in the environment `name`; or, without one, in any of them, where what some of
/// them lack is optional and a variable may have the values of all.
pub fn declare(
    written: &Section,
    name: Option<&str>,
    secrets: &BTreeMap<String, String>,
) -> Vec<Declaration> {
    let sections: Vec<_> = match name {
        Some(name) => written.env.get(name).into_iter().collect(),
        None => [written].into_iter().chain(written.env.values()).collect(),
    };
    // Of each name its types, one for each section that has it.
    let mut declared: Vec<(String, Vec<String>)> = Vec::new();
    let each = sections.iter().map(|section| declarations(section, secrets));
    for Declaration { name, kind, .. } in each.flatten() {
        match declared.iter_mut().find(|(known, _)| *known == name) {
            Some((_, kinds)) => kinds.push(kind),
            None => declared.push((name, vec![kind])),
        }
    }
    let united = declared.into_iter().map(|(name, mut kinds)| {
        let optional = kinds.len() < sections.len();
        kinds.sort();
        kinds.dedup();
        Declaration { name, kind: kinds.join(" | "), optional }
    });
    united.collect()
}

/// Those of one section. A variable has its value for a type, and a secret any text.
fn declarations(section: &Section, secrets: &BTreeMap<String, String>) -> Vec<Declaration> {
    let namespaces = section.kv_namespaces.iter();
    let namespaces = namespaces.map(|kv| Declaration::namespace(&kv.binding, Api::Workers));
    let secrets: Vec<_> = match &section.secrets {
        Some(secrets) => secrets.required.iter().collect(),
        None => secrets.keys().collect(),
    };
    let vars = section.vars.iter().filter(|(name, _)| !secrets.contains(name));
    let vars = vars.map(|(name, value)| Declaration::new(name, value.to_string()));
    let declared = namespaces.chain(vars);
    declared.chain(secrets.iter().map(|name| Declaration::new(*name, "string"))).collect()
}
