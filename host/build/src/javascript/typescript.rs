//! The types of the guest package as declarations of one file, which needs nothing beside it.

const PACKAGE: &str = include_str!("../../js/types/index.d.ts");
const GLOBALS: &str = include_str!("../../js/types/globals.d.ts");
const STORE: &str = include_str!("../../js/types/store.d.ts");
const TESTING: &str = include_str!("../../js/types/testing.d.ts");

/// The module `larder-guest`.
pub fn package() -> String {
    format!("declare module 'larder-guest' {{\n{PACKAGE}}}\n")
}

/// The same types as globals.
pub fn globals() -> String {
    let body = GLOBALS.split_once("declare global {\n").map_or(GLOBALS, |(_, body)| body);
    let body = body.rsplit_once("}\n").map_or(body, |(body, _)| body);
    body.replace("./index.d.ts", "larder-guest")
}

/// The module `larder-guest/testing`.
pub fn testing() -> String {
    let body = TESTING.replace("./index.d.ts", "larder-guest");
    format!("declare module 'larder-guest/testing' {{\n{body}}}\n")
}

/// The contract itself, `larder:kv/store@0.1.0`.
pub fn store() -> String {
    STORE.to_owned()
}
