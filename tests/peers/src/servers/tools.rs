//! The commands that are compared, each built or installed where it is missing.

use anyhow::{Context as _, Result, bail};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WASMTIME: &str = "48.0.8";

/// The folder of this package.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the workers are, and the npm packages that run them.
pub fn workers() -> PathBuf {
    folder().join("workers")
}

/// The command `larder`: the one that LARDER names, or else a release build of this repository.
pub fn larder() -> Result<PathBuf> {
    if let Some(named) = env::var_os("LARDER") {
        return Ok(named.into());
    }
    let root = folder().join("../..").canonicalize()?;
    let target = match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => env::current_dir()?.join(target),
        None => root.join("target"),
    };
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked"]).current_dir(&root);
    run(build.env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release/larder"))
}

/// Serves a component on a store that binds KV. It says a line for each request, unless it is quiet.
pub fn serve(larder: &Path, component: &Path, store: &Path, quiet: bool, port: u16) -> Command {
    let mut command = Command::new(larder);
    command.arg("serve").arg(component).arg("--store").arg(store).args(["--kv", "KV"]);
    command.args(["--addr", &format!("127.0.0.1:{port}")]).env_remove("RUST_LOG");
    if quiet {
        command.env("RUST_LOG", "warn");
    }
    command
}

/// The published command `wasmtime`, with what serving needs.
pub fn wasmtime() -> Result<PathBuf> {
    // `serve` of this release does not build without `run` and `component-model-async`.
    const FEATURES: &str = "serve,run,component-model-async,cranelift,pooling-allocator,\
        parallel-compilation,cache,memory-protection-keys";
    let root = folder().join("target/tools");
    let command = root.join("bin/wasmtime");
    if !command.exists() {
        let mut install = Command::new("cargo");
        install.args(["install", "--locked", "--no-default-features", "--features", FEATURES]);
        install.arg(format!("wasmtime-cli@{WASMTIME}")).arg("--root").arg(&root);
        // What was compiled stays, for when it is broken off: it is ten minutes' work.
        run(install.arg("--target-dir").arg(root.join("build")))?;
    }
    let version = run(Command::new(&command).arg("--version"))?;
    if !version.contains(WASMTIME) {
        bail!("{} is {}, not {WASMTIME}: remove it", command.display(), version.trim());
    }
    Ok(command)
}

/// A component of `guests/http`.
pub fn guest(name: &str) -> Result<PathBuf> {
    let target = folder().join("target/guests");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--target", "wasm32-wasip2"]);
    build.arg("--manifest-path").arg(folder().join("guests/http/Cargo.toml"));
    run(build.arg("--target-dir").arg(&target))?;
    Ok(target.join(format!("wasm32-wasip2/release/{name}.wasm")))
}

/// The project in JavaScript as a component.
pub fn worker(larder: &Path, project: &Path, name: &str) -> Result<PathBuf> {
    packages()?;
    let component = folder().join(format!("target/guests/{name}.wasm"));
    run(Command::new(larder).arg("build").arg(project).arg("-o").arg(&component))?;
    Ok(component)
}

/// A program of the packages in `workers`, run by the Node.js among them.
pub fn node(program: &str) -> Result<Command> {
    packages()?;
    let mut command = Command::new(workers().join("node_modules/.bin/node"));
    // None of them is to ask the network for anything.
    command.env("WRANGLER_SEND_METRICS", "false").env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    command.env("WRANGLER_LOG_PATH", folder().join("target/logs")).env("CI", "1");
    command.current_dir(workers()).arg(program);
    Ok(command)
}

/// `wrangler` with these arguments.
pub fn wrangler(arguments: &[impl AsRef<OsStr>]) -> Result<Command> {
    let mut command = node("node_modules/wrangler/bin/wrangler.js")?;
    command.args(arguments);
    Ok(command)
}

/// The versions that the packages were installed in.
pub fn package_version(name: &str) -> Result<String> {
    packages()?;
    let manifest = workers().join("node_modules").join(name).join("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest)?)?;
    Ok(manifest["version"].as_str().unwrap_or("?").to_owned())
}

/// Installs the packages where they are missing or others than the lock file says.
fn packages() -> Result<()> {
    let workers = workers();
    let written = |file: &str| std::fs::metadata(workers.join(file)).and_then(|at| at.modified());
    let installed = written("node_modules/.package-lock.json");
    if installed.is_ok_and(|at| written("package-lock.json").is_ok_and(|lock| lock <= at)) {
        return Ok(());
    }
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&workers);
    run(&mut install).map(drop)
}

/// What a command prints. That it fails is an error that has what it said.
pub fn run(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } = output(command)?;
    if !status.success() {
        bail!("{command:?} failed, {status}:\n{}", String::from_utf8_lossy(&stderr));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

fn output(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).output().with_context(|| match program.as_str() {
        "wrk" => "cannot run wrk: install it, as by `apt install wrk`".to_owned(),
        "npm" => "cannot run npm: install Node.js".to_owned(),
        _ => format!("cannot run {program}"),
    })
}
