//! The guests that hand the whole contract on, one for each language.

use crate::component;
use crate::toolchain::{self, Toolchain};
use larder_build::{Main, Settings, Source, World};
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
        language: "python",
        toolchain: toolchain::python,
        component: || built("tests/guests/proxy-python", python("proxy")),
    },
];

/// The component of a proxy guest that `larder-build` builds.
fn built(package_dir: &str, main: Main) -> PathBuf {
    let root = crate::root();
    let wit = root.join("tests/guests/wit");
    let world = World::Own { wit, name: "proxy".to_owned() };
    let directory = root.join(package_dir);
    crate::built(&Source { directory, main, world, settings: Settings::default() })
}

fn python(module: &str) -> Main {
    Main::Python { module: module.to_owned(), callable: None }
}
