//! Guests in the languages that `larder-build` builds.

use crate::{block_on, root, target_dir};
use larder_build::{Backend, Main, Settings, Source, World};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, io};

/// The component of the project in `directory`, a path relative to the repository's root.
///
/// It is built when it is older than the project, its WIT or this program, which carries the
/// packages of the languages.
///
/// # Panics
///
/// When it cannot be built, with what its compiler said.
pub fn project(directory: &str, main: Main, world: World) -> PathBuf {
    let backend = match &main {
        Main::JavaScript { backend: Backend::QuickJs, .. } => "-quickjs",
        _ => "",
    };
    let component = target_dir().join(format!("{directory}{backend}.wasm"));
    if let Err(error) = build(root().join(directory), main, world, &component) {
        panic!("{directory} does not build: {error:#}");
    }
    component
}

fn build(directory: PathBuf, main: Main, world: World, component: &Path) -> anyhow::Result<()> {
    if let Some(parent) = component.parent() {
        fs::create_dir_all(parent)?;
    }
    // Other processes test too.
    let alone = File::create(component.with_extension("lock"))?;
    alone.lock()?;
    let mut newest = modified(&env::current_exe()?)?.max(newest_in(&directory)?);
    if let World::Own { wit, .. } = &world {
        newest = newest.max(newest_in(wit)?);
    }
    if modified(component).is_ok_and(|built| built > newest) {
        return Ok(());
    }
    let source = Source { directory, main, world, settings: Settings::default() };
    block_on(larder_build::build(&source, component, &|_| {}))
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// When anything below was last written, without what was installed there.
fn newest_in(directory: &Path) -> io::Result<SystemTime> {
    let mut newest = modified(directory)?;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let installed = [".venv", "node_modules", "__pycache__"];
        if path.file_name().is_some_and(|name| installed.iter().any(|of| name == *of)) {
            continue;
        }
        newest = newest.max(if path.is_dir() { newest_in(&path)? } else { modified(&path)? });
    }
    Ok(newest)
}
