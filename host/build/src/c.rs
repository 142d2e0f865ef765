//! C: bindings by wit-bindgen, compiled by zig or a compiler of the user's own, made a component in
//! this process.

use crate::sdk::{self, File, files};
use crate::toolchain::Toolchain;
use crate::{Notes, Source, World, process, venv, wit};
use anyhow::{Context as _, Result, bail};
use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::process::Command;
use wasi_preview1_component_adapter_provider as adapter;
use wasm_encoder::RawSection;
use wasmparser::{Parser, Payload};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::ComponentEncoder;

const REMEDY: &str = "C guests are compiled by zig, which is used where it is installed (from \
                      ziglang.org), and which Python 3.10 or newer with venv installs by itself \
                      (Debian: python3-venv)";

/// A compiler of the user's own with its arguments, such as `clang --target=wasm32-wasi`.
const COMPILER: &str = "LARDER_CC";

const LOCK: &[File] = files!["c/requirements.txt"];
const PACKAGE: &[File] =
    files!["c/larder.h", "c/larder.c", "c/larder_command.c", "c/larder_http.h", "c/larder_http.c",];

/// Whether there is what this crate cannot install itself.
///
/// # Errors
///
/// When there is neither a compiler nor a Python that installs one, with what to install.
pub async fn available() -> Result<()> {
    match own_compiler().await {
        Some(_) => Ok(()),
        None => venv::available(REMEDY).await,
    }
}

pub(crate) async fn build(
    source: &Source,
    file: &Path,
    output: &Path,
    notes: Notes<'_>,
) -> Result<()> {
    let (sdk, mut compiler) = tools(notes).await?;
    let wit = wit::directory(source, &sdk)?;
    let bindings = tempfile::tempdir()?;
    let (resolve, world) = world(wit.path(), source.world.name())?;
    let package = package(&sdk.join("c"), &source.world, &resolve, world);
    generate(resolve, world, bindings.path())?;

    let core = bindings.path().join("core.wasm");
    compiler
        // A reactor, not a command, where the linker wraps each export in what ends libc.
        .args(["-mexec-model=reactor", "-Os", "-g", "-Wall"])
        .arg("-I")
        .arg(bindings.path())
        .arg("-I")
        .arg(sdk.join("c"))
        .args(sources(&source.directory, file).await?)
        .args(package)
        .args(["guest.c", "guest_component_type.o"].map(|file| bindings.path().join(file)))
        .arg("-o")
        .arg(&core)
        .current_dir(&source.directory);
    let compiled = process::run(&mut compiler, REMEDY).await?;
    let warnings = process::said(&compiled);
    if !warnings.is_empty() {
        notes(format_args!("{warnings}"));
    }

    fs::write(output, component(&fs::read(&core).await?)?).await?;
    Ok(())
}

fn component(core: &[u8]) -> Result<Vec<u8>> {
    let adapter = adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    ComponentEncoder::default()
        .validate(true)
        .module(&without_debug(core)?)?
        .adapter(adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?
        .encode()
        .context("what was compiled does not make a component")
}

/// Without what a debugger needs, most of it libc's and ten times the code; but with the names of
/// functions, for which there is no flag and by which a trap says where it was.
fn without_debug(core: &[u8]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        if matches!(&payload, Payload::CustomSection(custom) if custom.name().starts_with(".debug"))
        {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
            let data = core.get(range).context("a section lies within the module")?;
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

/// Where the files of this crate are, and the compiler.
async fn tools(notes: Notes<'_>) -> Result<(PathBuf, Command)> {
    const SDK: &[&[File]] = &[PACKAGE, sdk::WIT];
    if let Some(compiler) = own_compiler().await {
        let tools = Toolchain::ready("c", &[], SDK, async |_: &Path| Ok(())).await?;
        return Ok((tools.sdk, compiler));
    }
    let tools = Toolchain::ready("zig", LOCK, SDK, async |directory: &Path| {
        notes(format_args!("installing zig, once: pip install ziglang, 410 MB"));
        for (_, requirements) in LOCK {
            venv::install(directory, requirements, REMEDY).await?;
        }
        Ok(())
    })
    .await?;
    let directory = tools.sdk.parent().context("the files are beside the packages")?;
    let mut compiler = Command::new(venv::python(directory));
    compiler.args(["-m", "ziglang"]).args(ZIG_CC);
    Ok((tools.sdk, compiler))
}

const ZIG_CC: [&str; 3] = ["cc", "-target", "wasm32-wasi"];

/// The compiler that the user names, or else an installed zig.
async fn own_compiler() -> Option<Command> {
    if let Some(named) = env::var(COMPILER).ok().filter(|named| !named.trim().is_empty()) {
        let mut words = named.split_whitespace();
        let mut compiler = Command::new(words.next().unwrap_or_default());
        compiler.args(words);
        return Some(compiler);
    }
    let version = process::output(Command::new("zig").arg("version"), REMEDY).await;
    version.is_ok_and(|output| output.status.success()).then(|| {
        let mut compiler = Command::new("zig");
        compiler.args(ZIG_CC);
        compiler
    })
}

fn world(wit: &Path, name: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(name))?;
    Ok((resolve, world))
}

/// The sources of `guest/c` that fit the world.
fn package(c: &Path, world: &World, resolve: &Resolve, id: WorldId) -> Vec<PathBuf> {
    let imports = resolve.worlds.get(id).into_iter().flat_map(|world| world.imports.keys());
    let imports_store = imports
        .map(|key| resolve.name_world_key(key))
        .any(|name| name.starts_with("larder:kv/store@"));
    let exports = match world {
        World::Http => Some("larder_http.c"),
        World::Command => Some("larder_command.c"),
        World::Own { .. } => None,
    };
    imports_store
        .then_some("larder.c")
        .into_iter()
        .chain(exports)
        .map(|file| c.join(file))
        .collect()
}

/// Writes `guest.h`, `guest.c` and `guest_component_type.o`: the same names for every world, so that
/// `larder.h` fits each.
fn generate(mut resolve: Resolve, world: WorldId, directory: &Path) -> Result<()> {
    let options = wit_bindgen_c::Opts { rename_world: Some("guest".into()), ..Default::default() };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    for (name, content) in files.iter() {
        std::fs::write(directory.join(name), content)?;
    }
    Ok(())
}

/// The program's file and the others beside it, as the user would write them, so that the
/// compiler's messages name them so.
async fn sources(directory: &Path, main: &Path) -> Result<Vec<PathBuf>> {
    let beside = main.parent().unwrap_or(Path::new(""));
    let place = directory.join(beside);
    let cannot = || format!("cannot read {}", place.display());
    let mut entries = match fs::read_dir(&place).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no {}", main.display())
        }
        entries => entries.with_context(cannot)?,
    };
    let mut names: Vec<OsString> = Vec::new();
    while let Some(entry) = entries.next_entry().await.with_context(cannot)? {
        let name = entry.file_name();
        if Path::new(&name).extension().is_some_and(|extension| extension == "c") {
            names.push(name);
        }
    }
    if !names.iter().any(|name| Some(name.as_os_str()) == main.file_name()) {
        bail!("there is no {}", main.display());
    }
    names.sort();
    Ok(names.into_iter().map(|name| beside.join(name)).collect())
}
