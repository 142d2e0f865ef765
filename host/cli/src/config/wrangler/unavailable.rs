//! What a wrangler project asks for and Larder does not have.

use super::section::Section;
use serde_json::Value;
use std::collections::BTreeMap;

/// A line for each binding but namespaces, and for each event but requests.
pub fn lines(section: &Section, secrets: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, value) in &section.rest {
        for (kind, name) in bindings(kind, value) {
            lines.push(format!("{kind} {name:?}: not available, env.{name} is undefined"));
        }
    }
    if let Some(directory) = files(section.rest.get("assets")) {
        lines.push(format!("assets {directory:?}: not available, its files are not served"));
    }
    let required = section.secrets.iter().flat_map(|secrets| &secrets.required);
    for name in required.filter(|name| !secrets.contains_key(*name)) {
        lines.push(format!("secrets {name:?}: not in .dev.vars, env.{name} is undefined"));
    }
    for cron in section.triggers.iter().flat_map(|triggers| &triggers.crons) {
        lines.push(format!("triggers.crons {cron:?}: not available, scheduled() is not called"));
    }
    let consumers = section.rest.get("queues").and_then(|queues| queues.get("consumers"));
    for consumer in consumers.and_then(Value::as_array).into_iter().flatten() {
        let queue = text(consumer, "queue").unwrap_or_default();
        lines.push(format!("queues.consumers {queue:?}: not available, queue() is not called"));
    }
    if let Some(command) = section.build.as_ref().and_then(|build| build.command.as_ref()) {
        lines.push(format!("build.command {command:?}: not run, `main` is built as it is"));
    }
    lines
}

/// The bindings below a key, each with where it stands. Every kind is written in one of few ways, so
/// that kinds to come are found too.
fn bindings<'a>(kind: &'a str, value: &'a Value) -> Vec<(String, &'a str)> {
    match value {
        // ai = { binding = "AI" }
        Value::Object(fields) => match text(value, "binding") {
            Some(name) => vec![(kind.to_owned(), name)],
            // queues = { producers = [..] }, durable_objects = { bindings = [..] }
            None => fields
                .iter()
                .flat_map(|(inner, value)| {
                    let kind = format!("{kind}.{inner}");
                    listed(value, inner == "bindings").map(move |name| (kind.clone(), name))
                })
                .collect(),
        },
        // d1_databases = [..]
        _ => {
            let by_name = ["ratelimits", "send_email"].contains(&kind);
            listed(value, by_name).map(|name| (kind.to_owned(), name)).collect()
        }
    }
}

/// The bindings of a list, which are called `binding`, or in some kinds `name`.
fn listed(value: &Value, by_name: bool) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(move |entry| {
        text(entry, "binding").or_else(|| text(entry, "name").filter(|_| by_name))
    })
}

/// The directory of static files that are served beside the worker, without a binding.
fn files(assets: Option<&Value>) -> Option<&str> {
    let assets = assets.filter(|assets| text(assets, "binding").is_none())?;
    text(assets, "directory")
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines_of(config: Value) -> Vec<String> {
        lines(&serde_json::from_value(config).unwrap(), &BTreeMap::new())
    }

    /// In the words of wrangler's own schema.
    #[test]
    fn every_kind_of_binding_is_named() {
        let config = json!({
            "ai": { "binding": "AI" },
            "analytics_engine_datasets": [{ "binding": "B" }],
            "assets": { "directory": "public", "binding": "ASSETS" },
            "browser": { "binding": "C" },
            "d1_databases": [{ "binding": "DB", "database_name": "d", "database_id": "i" }],
            "dispatch_namespaces": [{ "binding": "D", "namespace": "n" }],
            "durable_objects": { "bindings": [{ "name": "E", "class_name": "E" }] },
            "hyperdrive": [{ "binding": "F", "id": "i" }],
            "images": { "binding": "G" },
            "logfwdr": { "bindings": [{ "name": "H", "destination": "d" }] },
            "mtls_certificates": [{ "binding": "I", "certificate_id": "i" }],
            "pipelines": [{ "binding": "J", "pipeline": "p" }],
            "queues": { "producers": [{ "binding": "K", "queue": "q" }] },
            "r2_buckets": [{ "binding": "L", "bucket_name": "b" }, { "binding": "M" }],
            "ratelimits": [{ "name": "N", "namespace_id": "1" }],
            "secrets_store_secrets": [{ "binding": "O", "store_id": "s", "secret_name": "n" }],
            "send_email": [{ "name": "P" }],
            "services": [{ "binding": "Q", "service": "s" }],
            "unsafe": { "bindings": [{ "name": "R", "type": "ratelimit" }] },
            "vectorize": [{ "binding": "S", "index_name": "i" }],
            "version_metadata": { "binding": "T" },
            "workflows": [{ "binding": "U", "name": "w", "class_name": "W" }],
            // One that is not known yet.
            "quantum_stores": [{ "binding": "V" }],
        });
        let kinds: Vec<_> = config.as_object().unwrap().keys().cloned().collect();
        let lines = lines_of(config);
        for kind in &kinds {
            let said = lines.iter().any(|line| line.starts_with(kind.as_str()));
            assert!(said, "{kind} is not in {lines:#?}");
        }
        assert_eq!(lines.len(), kinds.len() + 1);
        let names = ["AI", "ASSETS", "DB"].into_iter().map(String::from);
        for name in names.chain(('B'..='V').filter(|c| *c != 'A').map(String::from)) {
            let end = format!(" {name:?}: not available, env.{name} is undefined");
            assert!(lines.iter().any(|line| line.ends_with(&end)), "{name} is not in {lines:#?}");
        }
        let database = "d1_databases \"DB\": not available, env.DB is undefined";
        assert!(lines.iter().any(|line| line == database), "{lines:#?}");
    }

    #[test]
    fn events_files_and_builds_that_do_not_happen_are_named() {
        let lines = lines_of(json!({
            "triggers": { "crons": ["0 * * * *"] },
            "queues": { "consumers": [{ "queue": "jobs", "max_batch_size": 5 }] },
            "assets": { "directory": "./public" },
            "build": { "command": "make", "cwd": "." },
            "secrets": { "required": ["TOKEN"] },
        }));
        let expected = [
            "assets \"./public\": not available, its files are not served",
            "secrets \"TOKEN\": not in .dev.vars, env.TOKEN is undefined",
            "triggers.crons \"0 * * * *\": not available, scheduled() is not called",
            "queues.consumers \"jobs\": not available, queue() is not called",
            "build.command \"make\": not run, `main` is built as it is",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_no_binding_is_not_named() {
        let lines = lines_of(json!({
            "compatibility_date": "2026-01-01",
            "compatibility_flags": ["nodejs_compat"],
            "observability": { "enabled": true },
            "migrations": [{ "tag": "v1", "new_classes": ["A"] }],
            "routes": [{ "pattern": "a.example/*", "zone_name": "a.example" }],
            "rules": [{ "type": "Text", "globs": ["**/*.md"] }],
            "containers": [{ "name": "c", "class_name": "C", "image": "i" }],
            "tail_consumers": [{ "service": "s" }],
            "placement": { "mode": "smart" },
            "limits": { "cpu_ms": 50 },
        }));
        assert_eq!(lines, Vec::<String>::new());
    }
}
