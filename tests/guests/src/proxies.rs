//! The guests that hand the whole contract on, one for each language.

use crate::toolchain::{self, Toolchain};
use crate::{component, project, root};
use larder_build::{Backend, Main, World};
use std::path::PathBuf;
use std::process::Command;

/// What has the operations of the world `proxy` in `tests/guests/wit`.
pub struct Proxy {
    /// The language that it is written in, which begins the names of its tests.
    pub language: &'static str,
    /// Where its sources are, from the repository's root.
    pub directory: &'static str,
    /// What it takes to build it.
    pub toolchain: fn() -> Toolchain,
    /// Whether it is to pass the conformance cases.
    pub conforms: bool,
    /// What it is run as.
    pub form: Form,
}

/// What a proxy guest is run as.
pub enum Form {
    /// A component, which is built of the sources in a directory.
    Component(fn(directory: &str) -> PathBuf),
    /// The same sources as a program of this machine. For each line on its standard input it writes
    /// one: the input is a JSON array of an operation's name, its arguments and the lengths of lists
    /// of bytes, the output one of its answer and such lengths. The answer is `{"Ok": …}` or
    /// `{"Err": …}` where the operation has a result, and all is in the JSON that serde derives from
    /// the contract's types, in which lists of bytes are empty: they follow the line, in their order.
    /// Besides the contract's there is the operation `store`, by which `LARDER_SOCKET` becomes the
    /// argument, and whose answer is null.
    Program(fn(directory: &str) -> Command),
}

/// Every proxy guest. A language joins the tests by its line here.
pub static PROXIES: &[Proxy] = &[
    Proxy {
        language: "rust",
        directory: "tests/guests/proxy-rust",
        toolchain: toolchain::rust,
        conforms: true,
        form: Form::Component(component),
    },
    Proxy {
        language: "javascript",
        directory: "tests/guests/proxy-js",
        toolchain: toolchain::javascript,
        conforms: true,
        form: Form::Component(|directory| proxy(directory, javascript(Backend::StarlingMonkey))),
    },
    Proxy {
        language: "javascript off wasm",
        directory: "tests/guests/proxy-js",
        toolchain: toolchain::javascript,
        conforms: true,
        form: Form::Program(|directory| {
            let mut node = Command::new("node");
            node.arg(root().join(directory).join("off-wasm.mjs"));
            node
        }),
    },
    // componentize-qjs 0.4.5 rounds integers beyond 2^53 and traps on those from 2^63.
    Proxy {
        language: "javascript on QuickJS",
        directory: "tests/guests/proxy-js",
        toolchain: toolchain::javascript,
        conforms: false,
        form: Form::Component(|directory| proxy(directory, javascript(Backend::QuickJs))),
    },
    Proxy {
        language: "python",
        directory: "tests/guests/proxy-python",
        toolchain: toolchain::python,
        conforms: true,
        form: Form::Component(|directory| {
            proxy(directory, Main::Python { module: "proxy".into(), callable: None })
        }),
    },
    Proxy {
        language: "python off wasm",
        directory: "tests/guests/proxy-python",
        toolchain: toolchain::python_off_wasm,
        conforms: true,
        form: Form::Program(python_program),
    },
    Proxy {
        language: "c",
        directory: "tests/guests/proxy-c",
        toolchain: toolchain::c,
        conforms: true,
        form: Form::Component(|directory| proxy(directory, Main::C { file: "src/proxy.c".into() })),
    },
];

fn javascript(backend: Backend) -> Main {
    Main::JavaScript { file: "src/proxy.js".into(), backend }
}

fn python_program(directory: &str) -> Command {
    let mut python = Command::new(toolchain::PYTHON);
    let paths = [root().join(directory), root().join("guest/python/src")];
    let paths = std::env::join_paths(paths).unwrap_or_else(|error| panic!("{error}"));
    python.arg(root().join("tests/guests/proxy-python-off-wasm/program.py"));
    python.env("PYTHONPATH", paths).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn proxy(directory: &str, main: Main) -> PathBuf {
    let wit = crate::root().join("tests/guests/wit");
    project(directory, main, World::Own { wit, name: "proxy".into() })
}
