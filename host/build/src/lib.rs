//! Builds components from JavaScript or TypeScript, Python and C.
//!
//! What a build needs besides a language itself comes with this crate (the guest packages of
//! `guest/` and the WIT) or is installed by it, once, from the language's registry with a lock file,
//! into the user's cache directory. So a project depends on nothing of Larder's, and the only thing
//! to be had beforehand is [Node.js](javascript) or [Python](python).

#![deny(missing_docs)]

pub mod c;
pub mod javascript;
mod place;
mod process;
pub mod python;
mod sdk;
mod toolchain;
mod venv;
mod wit;

pub use place::{UNFINISHED, place};

use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// What to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The project's directory, absolute.
    pub directory: PathBuf,
    /// Where the program begins.
    pub main: Main,
    /// What the component imports and exports.
    pub world: World,
    /// How the package of its language is set.
    pub settings: Settings,
}

/// Where a program begins, which also tells its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Main {
    /// A module of JavaScript or TypeScript.
    JavaScript {
        /// The file, relative to the project's directory.
        file: PathBuf,
        /// What runs it.
        backend: Backend,
    },
    /// Python.
    Python {
        /// The name of a module, as `import` has it, found from the project's directory.
        module: String,
        /// What of it is called: with HTTP a WSGI application, in a command a function. A world of
        /// the project's own has none; the module has the classes that the world exports.
        callable: Option<String>,
    },
    /// C.
    C {
        /// A file, relative to the project's directory. All others beside it belong to the program.
        file: PathBuf,
    },
}

/// What runs JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The engine of Firefox without its compiler, with the globals of the web.
    #[default]
    StarlingMonkey,
    /// A small engine, faster to call the host, without the globals of the web.
    #[serde(rename = "quickjs")]
    QuickJs,
}

/// What a component imports and exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum World {
    /// It answers HTTP: `wasi:http/incoming-handler`.
    Http,
    /// It is a command: `wasi:cli/run`.
    Command,
    /// A world of the project's own. `larder:kv` and WASI 0.2.10 are there to be imported.
    Own {
        /// The directory of its WIT, absolute.
        wit: PathBuf,
        /// Its name.
        name: String,
    },
}

impl World {
    /// Its name in WIT.
    fn name(&self) -> &str {
        match self {
            Self::Http => "http",
            Self::Command => "command",
            Self::Own { name, .. } => name,
        }
    }
}

/// What is compiled into a component of JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The bindings that are not Workers KV, and what they are.
    pub api: BTreeMap<String, Api>,
    /// The least `expirationTtl` in seconds. None is 60, as in Workers KV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_ttl_min: Option<u32>,
    /// The variables that are no text: what the environment has of them is JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_vars: Vec<String>,
    /// Whether an instance answers several requests, one after another.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
}

/// The class of a binding in JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// `KVNamespace` of Workers KV.
    #[default]
    Workers,
    /// The JSON-native one of OpenWorkers.
    OpenWorkers,
}

/// Hears what is being done, in lines for people.
pub type Notes<'a> = &'a (dyn Fn(fmt::Arguments<'_>) + Send + Sync);

/// Builds the component into the file `output`, whose directory is made when missing. What was
/// there before is replaced when the component is whole, as by [`place`].
///
/// # Errors
///
/// When the language or its packages are missing, with what to install; when the program has a
/// mistake, with the words of its compiler.
pub async fn build(source: &Source, output: &Path, notes: Notes<'_>) -> Result<()> {
    let built = tempfile::tempdir()?;
    let component = built.path().join("component.wasm");
    match &source.main {
        Main::JavaScript { file, backend } => {
            javascript::build(source, file, *backend, &component, notes).await?;
        }
        Main::Python { module, callable } => {
            python::build(source, module, callable.as_deref(), &component, notes).await?;
        }
        Main::C { file } => c::build(source, file, &component, notes).await?,
    }
    place(&component, output)
}
