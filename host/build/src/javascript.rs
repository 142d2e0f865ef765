//! JavaScript and TypeScript: bundled by esbuild, made a component by componentize-js on
//! StarlingMonkey or by componentize-qjs on QuickJS.

pub mod typescript;

use crate::process;
use crate::sdk::{self, File, files};
use crate::toolchain::{self, Toolchain, Unfinished, lock};
use crate::{Backend, Notes, Settings, Source, World, wit};
use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::process::Command;
use url::Url;

/// Oldest major version that the tools run on.
const NODE_MIN: u32 = 20;
const REMEDY: &str = "JavaScript guests are built by Node.js 20 or newer with npm: install it from \
                      nodejs.org or by your system's package manager";

const LOCK: &[File] = files!["js/package.json", "js/package-lock.json"];
const PACKAGE: &[File] = files![
    "js/build/bindings.mjs",
    "js/build/bundle.mjs",
    "js/build/componentize.mjs",
    "js/build/kept.mjs",
    "js/build/main.mjs",
    "js/package.json",
    "js/src/arguments.js",
    "js/src/cursor.js",
    "js/src/engine.js",
    "js/src/env.js",
    "js/src/errors.js",
    "js/src/failure.js",
    "js/src/host-streams.js",
    "js/src/host/clock.js",
    "js/src/host/environment.js",
    "js/src/host/store.js",
    "js/src/index.js",
    "js/src/json.js",
    "js/src/kv-namespace.js",
    "js/src/openworkers.js",
    "js/src/requests.js",
    "js/src/rules.js",
    "js/src/settings.js",
    "js/src/streams.js",
    "js/src/text.js",
    "js/src/timers.js",
    "js/src/values.js",
    "js/src/worker.js",
];

/// What there is of the package in Node.js alone.
const NODE: &[File] = files![
    "js/src/node/clock.js",
    "js/src/node/connection.js",
    "js/src/node/environment.js",
    "js/src/node/hold.js",
    "js/src/node/hooks.js",
    "js/src/node/register.js",
    "js/src/node/socket.js",
    "js/src/node/start-worker.js",
    "js/src/node/store.js",
    "js/src/node/test-store.js",
    "js/src/node/testing.js",
    "js/src/node/thread.js",
    "js/src/node/wire.js",
];

/// What `guest/js/build/main.mjs` is asked for.
#[derive(Serialize)]
#[serde(rename_all = "lowercase", tag = "command")]
enum Request<'a> {
    Bundle {
        #[serde(flatten)]
        program: Program<'a>,
        output: &'a Path,
    },
    Engine {
        settings: &'a Settings,
        wit: &'a Path,
        output: &'a Path,
    },
    Component {
        #[serde(flatten)]
        program: Program<'a>,
        wit: &'a Path,
        world: &'a str,
        backend: Backend,
        output: &'a Path,
        /// Where those are kept that were built before.
        components: &'a Path,
    },
}

#[derive(Serialize)]
struct Program<'a> {
    directory: &'a Path,
    file: &'a Path,
    settings: &'a Settings,
}

/// Whether there is what this crate cannot install itself.
///
/// # Errors
///
/// When Node.js or npm is missing or too old, with what to install.
pub async fn available() -> Result<()> {
    let output = process::run(Command::new("node").arg("--version"), REMEDY).await?;
    let version = process::stdout(output)?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse().is_ok_and(|major: u32| major < NODE_MIN) {
        bail!("Node.js {} is too old: {REMEDY}", version.trim());
    }
    process::run(Command::new("npm").arg("--version"), REMEDY).await?;
    Ok(())
}

/// The variables of the environment in which a project's tests run in Node.js. By `NODE_OPTIONS` it
/// finds the guest package and what a component imports, so that tests depend on nothing of Larder's, as
/// the project itself; `LARDER_PROJECT` tells that package what is compiled into a component, and the
/// component's variables.
///
/// # Errors
///
/// When the package cannot be written to the user's cache directory.
pub fn test_environment(
    settings: &Settings,
    vars: &[(String, String)],
) -> Result<Vec<(&'static str, OsString)>> {
    let vars: BTreeMap<_, _> = vars.iter().cloned().collect();
    let sdk = sdk::unpack(&toolchain::directory("node")?, &[PACKAGE, NODE])?;
    let module = sdk.join("js/src/node/register.js");
    // As a URL it has no space, at which the variable would be taken apart.
    let url = Url::from_file_path(&module)
        .map_err(|()| anyhow!("{} is no absolute path", module.display()))?;
    let mut options = env::var_os("NODE_OPTIONS").unwrap_or_default();
    options.push(format!(" --import={url}"));
    let project = json!({ "settings": settings, "vars": vars });
    Ok(vec![("NODE_OPTIONS", options), ("LARDER_PROJECT", project.to_string().into())])
}

pub(crate) async fn build(
    source: &Source,
    file: &Path,
    backend: Backend,
    output: &Path,
    notes: Notes<'_>,
) -> Result<()> {
    let tools = tools(notes).await?;
    dependencies(&source.directory, notes).await?;
    if backend == Backend::QuickJs && source.world == World::Http {
        bail!(
            "QuickJS has no globals of the web, which an HTTP handler needs: build it without \
             `--backend qjs`, or set `world` to \"command\" or to a world of your own"
        );
    }
    let wit = wit::directory(source, &tools.sdk)?;
    let (program, world) = (program(source, file), source.world.name());
    let (wit, components) = (wit.path(), &toolchain::directory("components")?);
    let request = Request::Component { program, wit, world, backend, output, components };
    request.run(&tools, notes).await
}

/// The script of a worker for the [`dev_engine`].
///
/// # Errors
///
/// As [`build`](crate::build).
pub async fn bundle(source: &Source, file: &Path, notes: Notes<'_>) -> Result<String> {
    let tools = tools(notes).await?;
    dependencies(&source.directory, notes).await?;
    let place = tempfile::NamedTempFile::new()?;
    let request = Request::Bundle { program: program(source, file), output: place.path() };
    request.run(&tools, notes).await?;
    Ok(fs::read_to_string(place.path()).await?)
}

/// A component that takes its worker from its host at start: it imports `source` of
/// `larder:worlds/bundle`. It is the same for every worker, so it is built once; `reused` is one of
/// which an instance answers several requests.
///
/// # Errors
///
/// As [`build`](crate::build).
pub async fn dev_engine(reused: bool, notes: Notes<'_>) -> Result<PathBuf> {
    let tools = tools(notes).await?;
    let engine = tools.sdk.join(if reused { "engine-reused.wasm" } else { "engine.wasm" });
    let _alone = lock(&tools.sdk).await?;
    if !engine.exists() {
        notes(format_args!("building the engine for dev, once: it takes about 10 s"));
        let wit = tools.sdk.join("wit");
        let unfinished = tempfile::NamedTempFile::new_in(&tools.sdk)?;
        let settings = &Settings { reused, ..Settings::default() };
        let request = Request::Engine { settings, wit: &wit, output: unfinished.path() };
        request.run(&tools, notes).await?;
        unfinished.persist(&engine)?;
    }
    Ok(engine)
}

fn program<'a>(source: &'a Source, file: &'a Path) -> Program<'a> {
    Program { directory: &source.directory, file, settings: &source.settings }
}

impl Request<'_> {
    /// What is doubtful in the program, such as a key that stands twice, is told as a note.
    async fn run(&self, tools: &Toolchain, notes: Notes<'_>) -> Result<()> {
        let mut node = Command::new("node");
        node.arg(tools.sdk.join("js/build/main.mjs")).arg(serde_json::to_string(self)?);
        let output = process::run(&mut node, REMEDY).await?;
        for warning in String::from_utf8_lossy(&output.stderr).lines() {
            notes(format_args!("{warning}"));
        }
        Ok(())
    }
}

async fn tools(notes: Notes<'_>) -> Result<Toolchain> {
    Toolchain::ready("js", LOCK, &[PACKAGE, sdk::WIT], async |directory: &Path| {
        available().await?;
        notes(format_args!("installing the JavaScript tools, once: npm install, 350 MB"));
        for (path, content) in LOCK {
            let name = Path::new(path).file_name().context("a file has a name")?;
            fs::write(directory.join(name), content).await?;
        }
        // Not `ci`, which refuses a lock file that lacks an optional package for another platform,
        // as it does when the registry that it was written by did not have that one.
        npm(directory, &["install", "--omit=dev"]).await
    })
    .await
}

/// Installs what the project's `package.json` says, when nothing is installed.
async fn dependencies(directory: &Path, notes: Notes<'_>) -> Result<()> {
    let modules = directory.join("node_modules");
    if modules.exists() || !lacks_packages(directory)? {
        return Ok(());
    }
    let command = match directory.join("package-lock.json").exists() {
        true => "ci",
        false => "install",
    };
    notes(format_args!("installing the project's packages: npm {command}"));
    let unfinished = Unfinished::new(modules);
    npm(directory, &[command]).await?;
    unfinished.finish();
    Ok(())
}

/// The packages that a project names.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Manifest {
    dependencies: BTreeMap<String, Value>,
    dev_dependencies: BTreeMap<String, Value>,
}

/// Whether one that the project names is neither here nor above, where a workspace has them.
fn lacks_packages(directory: &Path) -> Result<bool> {
    let manifest = directory.join("package.json");
    let manifest: Manifest = match std::fs::read(&manifest) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        read => read.map(|text| serde_json::from_slice(&text).map_err(anyhow::Error::from)),
    }
    .map_err(anyhow::Error::from)
    .flatten()
    .with_context(|| format!("cannot read {}", manifest.display()))?;
    let mut names = manifest.dependencies.keys().chain(manifest.dev_dependencies.keys());
    let is_there = |name: &String| {
        directory.ancestors().any(|above| above.join("node_modules").join(name).exists())
    };
    Ok(names.any(|name| !is_there(name)))
}

async fn npm(directory: &Path, args: &[&str]) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(args).args(["--no-audit", "--no-fund", "--loglevel=error"]).current_dir(directory);
    let command = format!("`npm {}` failed in {}", args.join(" "), directory.display());
    process::run(&mut npm, REMEDY).await.context(command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn packages_are_installed_when_one_is_named_and_not_there() {
        let workspace = tempfile::tempdir().unwrap();
        let project = workspace.path().join("app");
        fs::create_dir(&project).unwrap();
        let lacks = || lacks_packages(&project).unwrap();
        assert!(!lacks());
        let manifest = project.join("package.json");
        fs::write(&manifest, r#"{ "type": "module" }"#).unwrap();
        assert!(!lacks(), "npm would make no node_modules, and be run at every build");
        fs::write(&manifest, r#"{ "devDependencies": { "@a/b": "1" } }"#).unwrap();
        assert!(lacks());
        fs::create_dir_all(workspace.path().join("node_modules/@a/b")).unwrap();
        assert!(!lacks());
        fs::write(&manifest, "{").unwrap();
        assert!(lacks_packages(&project).unwrap_err().to_string().ends_with("package.json"));
    }
}
