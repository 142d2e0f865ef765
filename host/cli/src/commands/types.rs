//! `larder types`: what the config binds, as TypeScript.

use crate::args::{ProjectArgs, Types};
use crate::config::{self, Declaration};
use crate::output;
use crate::settings;
use anyhow::{Context as _, Result};
use larder_build::javascript::typescript;
use std::fmt::Write as _;
use std::fs;

/// The file that `wrangler types` writes too, so that a project's `tsconfig.json` names it already.
pub const FILE_NAME: &str = "worker-configuration.d.ts";
pub const INTERFACE: &str = "Env";

pub fn run(args: &ProjectArgs, types: &Types) -> Result<()> {
    let project = settings::project(args, None)?
        .with_context(|| format!("there is no {} here or above", config::SOUGHT))?;
    let interface = types.env_interface.as_deref().unwrap_or(INTERFACE);
    let text = declarations(&project.declarations, interface, types.include_runtime);
    let file = match &types.file {
        Some(file) => file.clone(),
        None => project.directory.join(FILE_NAME),
    };
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    output::note(format_args!("wrote {}", output::path(&file)));
    Ok(())
}

/// The declarations of `environment`, and those of the classes that it names where they do not come
/// from another package.
pub fn declarations(environment: &[Declaration], interface: &str, runtime: bool) -> String {
    let mut text = String::from(
        "// Written by `larder types`; to be written again when the config changes.\n\n\
         declare namespace Cloudflare {\n  interface Env {\n",
    );
    for Declaration { name, kind, optional } in environment {
        let mark = if *optional { "?" } else { "" };
        let _ = writeln!(text, "    {}{mark}: {kind};", property(name));
    }
    let _ = writeln!(text, "  }}\n}}\ninterface {interface} extends Cloudflare.Env {{}}");
    if runtime {
        for part in [
            typescript::globals(),
            typescript::package(),
            typescript::store(),
            typescript::testing(),
        ] {
            text.push('\n');
            text.push_str(&part);
        }
    }
    text
}

/// A name as the key of a property.
fn property(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true if !name.is_empty() => name.to_owned(),
        _ => serde_json::Value::from(name).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_build::Api;

    #[test]
    fn each_binding_and_variable_is_a_property() {
        let level = Declaration { optional: true, ..Declaration::new("LEVEL", "string") };
        let environment = [
            Declaration::namespace("SESSIONS", Api::Workers),
            Declaration::namespace("my-flags", Api::OpenWorkers),
            level,
        ];
        let text = declarations(&environment, "Bindings", false);
        assert!(text.contains("    SESSIONS: KVNamespace;\n"), "{text}");
        assert!(text.contains("    \"my-flags\": OpenWorkersKV;\n"), "{text}");
        assert!(text.contains("    LEVEL?: string;\n"), "{text}");
        assert!(text.ends_with("interface Bindings extends Cloudflare.Env {}\n"), "{text}");
    }
}
