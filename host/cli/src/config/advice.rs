//! How a component is given what it asks for in vain, in the words of the config that there is.

use super::{FILE_NAME, wrangler};
use crate::output;
use std::path::Path;

/// How to bind a namespace, by the config at that path or by one to be written.
pub fn how_to_bind(config: Option<&Path>, name: &str) -> String {
    let file = config.map_or_else(|| FILE_NAME.into(), output::path);
    let entry = match config.is_some_and(wrangler::is_json) {
        true => format!("\"kv_namespaces\": [{{ \"binding\": {name:?} }}]"),
        false => format!("[[kv_namespaces]] binding = {name:?}"),
    };
    format!("add to {file}: {entry}, or say --kv {}", output::printable(name))
}

/// How to let it send requests to a host, likewise; wrangler's config has no word for that.
pub fn how_to_allow(config: Option<&Path>, host: &str) -> String {
    if config.is_some_and(wrangler::is_config) {
        return format!("say --allow-outbound {host}");
    }
    let file = config.map_or_else(|| FILE_NAME.into(), output::path);
    format!("add to {file}: allowed_outbound_hosts = [{host:?}], or say --allow-outbound")
}
