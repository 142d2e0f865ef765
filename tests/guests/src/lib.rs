//! Builds the guest components that the tests run.
//!
//! A guest is a package of its own, outside the workspace, since it builds for wasm alone. What
//! cannot be built fails the test that wants it, with the compiler's message.

#![deny(missing_docs)]
#![expect(clippy::panic, reason = "a guest that does not build is a failed test")]

mod project;
mod proxies;
pub mod toolchain;

pub use project::project;
pub use proxies::{Form, PROXIES, Proxy};

use serde_json::Value;
use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

const TARGET: &str = "wasm32-wasip2";

/// The component of the guest package in `package_dir`, a path relative to the repository's root,
/// such as `examples/counter`.
///
/// It is built once per process, in release mode, and by cargo only as far as something changed.
///
/// # Panics
///
/// When it cannot be built, with what cargo said; and when the package has not exactly one
/// component.
pub fn component(package_dir: &str) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

    // A build that failed is tried again by the next test, which then says the same.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(component) = built.get(package_dir) {
        return component.clone();
    }
    add_target();
    let component = build(package_dir);
    built.insert(package_dir.to_owned(), component.clone());
    component
}

/// The bytes of [`component`].
///
/// # Panics
///
/// As [`component`].
pub fn component_bytes(package_dir: &str) -> Vec<u8> {
    let component = component(package_dir);
    std::fs::read(&component).unwrap_or_else(|error| panic!("{}: {error}", component.display()))
}

fn build(package_dir: &str) -> PathBuf {
    let root = root();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(root.join(package_dir).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir());
    // What the tests themselves are built with is not meant for wasm.
    for variable in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"]
    {
        cargo.env_remove(variable);
    }
    let output = run(&mut cargo);
    let components: Vec<PathBuf> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| Some(message.get("filenames")?.as_array()?.clone()))
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    match components.as_slice() {
        [component] => component.clone(),
        other => {
            panic!("{package_dir} builds {} components instead of one: {other:?}", other.len())
        }
    }
}

/// Where the tests' guests are built.
fn target_dir() -> PathBuf {
    let target_dir = env::var_os("CARGO_TARGET_DIR");
    root().join(target_dir.unwrap_or_else(|| "target".into())).join("guests")
}

/// Asks rustup for the target when the toolchain lacks it.
fn add_target() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = run(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]));
    let libdir = String::from_utf8_lossy(&output.stdout);
    if !Path::new(libdir.trim()).exists() {
        run(Command::new("rustup").args(["target", "add", TARGET]));
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{command:?} failed ({}):\n{said}", output.status);
    }
    output
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(future)
}

fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap_or_else(|| panic!("this crate lies in tests/guests"))
}
