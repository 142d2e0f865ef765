//! Python: made a component by componentize-py, which runs a program's imports at build time.

use crate::sdk::{self, File, files};
use crate::toolchain::{Toolchain, Unfinished};
use crate::{Notes, Source, World, process, venv, wit};
use anyhow::{Context as _, Result, bail};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::process::Command;

mod failure;

const REMEDY: &str = "Python guests are built by Python 3.10 or newer with venv: install it from \
                      python.org or by your system's package manager (Debian: python3 and \
                      python3-venv)";

const LOCK: &[File] = files!["python/build/requirements.txt"];
const PACKAGE: &[File] = files![
    "python/src/larder_guest/__init__.py",
    "python/src/larder_guest/_commit.py",
    "python/src/larder_guest/_entries.py",
    "python/src/larder_guest/_errors.py",
    "python/src/larder_guest/_files.py",
    "python/src/larder_guest/_iterate.py",
    "python/src/larder_guest/_lower.py",
    "python/src/larder_guest/_namespace.py",
    "python/src/larder_guest/_native/__init__.py",
    "python/src/larder_guest/_native/clock.py",
    "python/src/larder_guest/_native/connection.py",
    "python/src/larder_guest/_native/errors.py",
    "python/src/larder_guest/_native/records.py",
    "python/src/larder_guest/_native/store.py",
    "python/src/larder_guest/_native/wire.py",
    "python/src/larder_guest/_options.py",
    "python/src/larder_guest/_outcomes.py",
    "python/src/larder_guest/_project.py",
    "python/src/larder_guest/_wit.py",
    "python/src/larder_guest/command.py",
    "python/src/larder_guest/py.typed",
    "python/src/larder_guest/pytest_plugin.py",
    "python/src/larder_guest/testing.py",
    "python/src/larder_guest/wsgi.py",
];

/// What `larder_guest` calls the interfaces that it imports, whatever else a world has.
const INTERFACES: [(&str, &str); 4] = [
    ("larder:kv/store@0.1.0", "larder_kv_store"),
    ("wasi:cli/exit@0.2.10", "wasi_cli_exit"),
    ("wasi:http/types@0.2.10", "wasi_http_types"),
    ("wasi:io/streams@0.2.10", "wasi_io_streams"),
];

/// The plugin of pytest among the package's modules.
const PYTEST_PLUGIN: &str = "larder_guest.pytest_plugin";

/// The module that a component consists of, which imports the project's.
const ENTRY: &str = "_larder_component";

/// Whether there is what this crate cannot install itself.
///
/// # Errors
///
/// When Python is missing or too old or has no venv, with what to install.
pub async fn available() -> Result<()> {
    venv::available(REMEDY).await
}

pub(crate) async fn build(
    source: &Source,
    module: &str,
    callable: Option<&str>,
    output: &Path,
    notes: Notes<'_>,
) -> Result<()> {
    let tools = tools(notes).await?;
    let venv = dependencies(&source.directory, notes).await?;
    let packages = venv.as_deref().and_then(venv::site_packages);
    let wit = wit::directory(source, &tools.sdk)?;
    let entry = tempfile::tempdir()?;
    let code = entry_code(&source.world, module, callable)?;
    fs::write(entry.path().join(ENTRY).with_extension("py"), code).await?;

    let mut componentize = Command::new(venv::program(&tools.venv, "componentize-py"));
    componentize.arg("--quiet").arg("--wit-path").arg(wit.path());
    componentize.args(["--world", world_name(&source.world)]);
    for (interface, name) in INTERFACES {
        componentize.arg("--import-interface-name").arg(format!("{interface}={name}"));
    }
    componentize.arg("componentize");
    // The order tells under which number each is seen: the entry as 0, the project as 1.
    let sdk = tools.sdk.join("python/src");
    for path in [entry.path(), &source.directory, &sdk].into_iter().chain(packages.as_deref()) {
        componentize.arg("--python-path").arg(path);
    }
    // Otherwise it looks for packages all over the machine.
    componentize.env("VIRTUAL_ENV", venv.as_deref().unwrap_or(&tools.venv));
    componentize.arg(ENTRY).arg("--output").arg(output);
    let done = process::output(&mut componentize, "").await?;
    match done.status.success() {
        true => Ok(()),
        false => bail!("{}", failure::text(&process::said(&done), packages.as_deref())),
    }
}

fn world_name(world: &World) -> &str {
    match world {
        World::Command => "command-python",
        World::Http | World::Own { .. } => world.name(),
    }
}

/// The component's own module: it imports the project's, and has the class that the world exports.
fn entry_code(world: &World, module: &str, callable: Option<&str>) -> Result<String> {
    let import = match world {
        World::Own { .. } => format!("from {module} import *\n"),
        World::Http | World::Command => {
            let callable = callable.with_context(|| {
                format!("`main` names no callable: write \"{module}:app\", for example")
            })?;
            let (adapter, class) = match world {
                World::Http => ("wsgi import handler", "IncomingHandler = handler"),
                _ => ("command import program", "Run = program"),
            };
            // `app:server.wsgi` is what the module's `server` has.
            let (name, attributes) = match callable.split_once('.') {
                Some((name, attributes)) => (name, format!(".{attributes}")),
                None => (callable, String::new()),
            };
            format!(
                "from larder_guest.{adapter}\n\
                 from {module} import {name} as _callable\n\
                 {class}(_callable{attributes})\n"
            )
        }
    };
    Ok(format!(
        "from larder_guest import _project\n_project.install('/1')\n{import}_project.complete()\n"
    ))
}

/// The variables of the environment in which the tests of the project in `directory` are run
/// outside of a component. By them Python finds the package `larder_guest`, pytest its fixture, and
/// the shell the programs of the project's virtual environment.
///
/// # Errors
///
/// When the tools or the project's packages cannot be installed, with what was said.
pub async fn test_environment(
    directory: &Path,
    notes: Notes<'_>,
) -> Result<Vec<(&'static str, OsString)>> {
    let package = tools(notes).await?.sdk.join("python/src");
    let mut variables = vec![("PYTHONPATH", before("PYTHONPATH", &package)?)];
    let plugins = env::var("PYTEST_PLUGINS").unwrap_or_default();
    let plugins = [PYTEST_PLUGIN, &plugins].join(",");
    variables.push(("PYTEST_PLUGINS", plugins.trim_end_matches(',').into()));
    if let Some(venv) = dependencies(directory, notes).await? {
        let programs = venv::program(&venv, "python");
        variables.push(("PATH", before("PATH", programs.parent().unwrap_or(&venv))?));
        variables.push(("VIRTUAL_ENV", venv.into_os_string()));
    }
    Ok(variables)
}

/// A variable that is a list of paths, with one more at its beginning.
fn before(variable: &str, path: &Path) -> Result<OsString> {
    let paths = env::var_os(variable).unwrap_or_default();
    let rest = env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty());
    Ok(env::join_paths([path.to_owned()].into_iter().chain(rest))?)
}

struct Tools {
    sdk: PathBuf,
    venv: PathBuf,
}

async fn tools(notes: Notes<'_>) -> Result<Tools> {
    let tools = Toolchain::ready("python", LOCK, &[PACKAGE, sdk::WIT], async |directory: &Path| {
        notes(format_args!("installing the Python tools, once: componentize-py, 50 MB"));
        for (_, requirements) in LOCK {
            venv::install(directory, requirements, REMEDY).await?;
        }
        Ok(())
    })
    .await?;
    let directory = tools.sdk.parent().context("a toolchain has a directory")?;
    Ok(Tools { venv: directory.join("venv"), sdk: tools.sdk })
}

/// The virtual environment with the project's packages: its `.venv`, which is made of its
/// `requirements.txt` when there is none, or else the one that is active.
async fn dependencies(directory: &Path, notes: Notes<'_>) -> Result<Option<PathBuf>> {
    let venv = directory.join(".venv");
    let requirements = directory.join("requirements.txt");
    if !venv.exists() {
        if !requirements.exists() {
            return Ok(env::var_os("VIRTUAL_ENV").map(PathBuf::from));
        }
        notes(format_args!("installing the project's packages: pip install, into .venv"));
        // A part would pass for the user's own, and for whole.
        let unfinished = Unfinished::new(venv.clone());
        venv::create(&venv, &requirements, &[], REMEDY).await?;
        unfinished.finish();
    }
    Ok(Some(venv))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_has_the_class_that_the_world_exports() {
        let http = entry_code(&World::Http, "app", Some("application")).unwrap();
        assert!(http.contains("from app import application as _callable"), "{http}");
        assert!(http.contains("\nIncomingHandler = handler(_callable)\n"), "{http}");
        let command = entry_code(&World::Command, "app", Some("main")).unwrap();
        assert!(command.contains("\nRun = program(_callable)\n"), "{command}");
        let within = entry_code(&World::Http, "app", Some("server.wsgi")).unwrap();
        assert!(within.contains("from app import server as _callable\n"), "{within}");
        assert!(within.contains("\nIncomingHandler = handler(_callable.wsgi)\n"), "{within}");
    }

    #[test]
    fn a_main_without_a_callable_is_told_what_to_write() {
        let error = entry_code(&World::Http, "app", None).unwrap_err();
        assert_eq!(error.to_string(), "`main` names no callable: write \"app:app\", for example");
    }

    #[test]
    fn every_module_of_the_package_is_brought_along() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut directories = vec![root.join("python/src/larder_guest")];
        let mut modules = Vec::new();
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if path.ends_with("__pycache__") => {}
                    true => directories.push(path),
                    false => modules.push(path.strip_prefix(root).unwrap().to_owned()),
                }
            }
        }
        let mut brought: Vec<_> = PACKAGE.iter().map(|(path, _)| PathBuf::from(path)).collect();
        modules.sort();
        brought.sort();
        assert_eq!(brought, modules);
    }
}
