//! The guests that hand the whole contract on, one for each language.

use crate::component;
use crate::toolchain::{self, Toolchain};
use std::path::PathBuf;

/// A component of the world `proxy` in `tests/guests/wit`.
pub struct Proxy {
    /// The language that it is written in, which begins the names of its tests.
    pub language: &'static str,
    /// What it takes to build it.
    pub toolchain: fn() -> Toolchain,
    /// Builds it.
    pub component: fn() -> PathBuf,
}

/// Every proxy guest. A language joins the tests by its line here.
pub static PROXIES: &[Proxy] = &[Proxy {
    language: "rust",
    toolchain: toolchain::rust,
    component: || component("tests/guests/proxy-rust"),
}];
