//! The guests that hand the whole contract on, one for each language.

use crate::toolchain::{self, Toolchain};
use crate::{component, project};
use larder_build::{Backend, Main, World};
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
pub static PROXIES: &[Proxy] = &[
    Proxy {
        language: "rust",
        toolchain: toolchain::rust,
        component: || component("tests/guests/proxy-rust"),
    },
    Proxy {
        language: "javascript",
        toolchain: toolchain::javascript,
        component: || proxy("tests/guests/proxy-js", javascript(Backend::StarlingMonkey)),
    },
    Proxy {
        language: "javascript-quickjs",
        toolchain: toolchain::javascript,
        component: || proxy("tests/guests/proxy-js", javascript(Backend::QuickJs)),
    },
    Proxy {
        language: "python",
        toolchain: toolchain::python,
        component: || {
            let main = Main::Python { module: "proxy".into(), callable: None };
            proxy("tests/guests/proxy-python", main)
        },
    },
    Proxy {
        language: "c",
        toolchain: toolchain::c,
        component: || proxy("tests/guests/proxy-c", Main::C { file: "src/proxy.c".into() }),
    },
];

fn javascript(backend: Backend) -> Main {
    Main::JavaScript { file: "src/proxy.js".into(), backend }
}

fn proxy(directory: &str, main: Main) -> PathBuf {
    let wit = crate::root().join("tests/guests/wit");
    project(directory, main, World::Own { wit, name: "proxy".into() })
}
