//! The guests that hand the whole contract on, one for each language.

use crate::toolchain::{self, Toolchain};
use crate::{component, project};
use larder_build::{Backend, Main, World};
use std::path::PathBuf;

/// A component of the world `proxy` in `tests/guests/wit`.
pub struct Proxy {
    /// The language that it is written in, which begins the names of its tests.
    pub language: &'static str,
    /// Where its sources are, from the repository's root.
    pub directory: &'static str,
    /// What it takes to build it.
    pub toolchain: fn() -> Toolchain,
    /// Whether it is to pass the conformance cases.
    pub conforms: bool,
    build: fn(directory: &str) -> PathBuf,
}

impl Proxy {
    /// Builds it.
    pub fn component(&self) -> PathBuf {
        (self.build)(self.directory)
    }
}

/// Every proxy guest. A language joins the tests by its line here.
pub static PROXIES: &[Proxy] = &[
    Proxy {
        language: "rust",
        directory: "tests/guests/proxy-rust",
        toolchain: toolchain::rust,
        conforms: true,
        build: component,
    },
    Proxy {
        language: "javascript",
        directory: "tests/guests/proxy-js",
        toolchain: toolchain::javascript,
        conforms: true,
        build: |directory| proxy(directory, javascript(Backend::StarlingMonkey)),
    },
    // componentize-qjs 0.4.5 rounds integers beyond 2^53 and traps on those from 2^63.
    Proxy {
        language: "javascript on QuickJS",
        directory: "tests/guests/proxy-js",
        toolchain: toolchain::javascript,
        conforms: false,
        build: |directory| proxy(directory, javascript(Backend::QuickJs)),
    },
    Proxy {
        language: "python",
        directory: "tests/guests/proxy-python",
        toolchain: toolchain::python,
        conforms: true,
        build: |directory| {
            proxy(directory, Main::Python { module: "proxy".into(), callable: None })
        },
    },
    Proxy {
        language: "c",
        directory: "tests/guests/proxy-c",
        toolchain: toolchain::c,
        conforms: true,
        build: |directory| proxy(directory, Main::C { file: "src/proxy.c".into() }),
    },
];

fn javascript(backend: Backend) -> Main {
    Main::JavaScript { file: "src/proxy.js".into(), backend }
}

fn proxy(directory: &str, main: Main) -> PathBuf {
    let wit = crate::root().join("tests/guests/wit");
    project(directory, main, World::Own { wit, name: "proxy".into() })
}
