//! Stores with keys in them, and what they take of the disk.

use super::serving::Serving;
use super::tools;
use anyhow::{Context as _, Result};
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The keys of the smaller stores; `load.lua` and the guests know them as `key-00000` and so on.
pub const KEYS: u32 = 10_000;
const VALUE: [u8; 100] = [b'v'; 100];

/// Files, and their bytes together.
pub struct Size {
    pub files: u32,
    pub bytes: u64,
}

/// Makes a store whose namespace `KV` has so many keys, by the command; the id of the namespace.
pub fn fill(larder: &Path, store: &Path, keys: u32) -> Result<String> {
    let mut create = Command::new(larder);
    let id = tools::run(create.args(["namespace", "create", "KV", "--store"]).arg(store))?;
    let mut import = Command::new(larder);
    import.args(["import", "-", "--namespace", "KV", "--store"]).arg(store);
    let child = import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.context("cannot run larder import")?;
    let written = child.stdin.take().map_or(Ok(()), |input| {
        let mut input = BufWriter::new(input);
        let value = String::from_utf8_lossy(&VALUE);
        (0..keys)
            .try_for_each(|key| writeln!(input, r#"{{"key":"key-{key:05}","value":"{value}"}}"#))
    });
    let imported = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&imported.stderr).into_owned();
    anyhow::ensure!(imported.status.success(), "larder import failed: {said}");
    written?;
    Ok(id.trim().to_owned())
}

/// A copy of miniflare's directory with the same keys. The original is filled once, at some
/// milliseconds a key, and kept.
pub fn miniflare(scratch: &Path, to: &Path) -> Result<()> {
    kept(scratch, to, "miniflare", serve_miniflare)
}

/// The same of the directory of wrangler.
pub fn wrangler(scratch: &Path, to: &Path) -> Result<()> {
    kept(scratch, to, "wrangler", serve_wrangler)
}

/// miniflare on a directory.
pub fn serve_miniflare(port: u16, directory: &Path) -> Result<Command> {
    let mut command = tools::node("miniflare.mjs")?;
    command.arg(port.to_string()).arg(directory);
    Ok(command)
}

/// `wrangler dev` on a directory.
pub fn serve_wrangler(port: u16, directory: &Path) -> Result<Command> {
    let port = port.to_string();
    let mut command = tools::wrangler(&["dev", "--port", &port, "--ip", "127.0.0.1"])?;
    command.args(["--log-level", "warn", "--persist-to"]).arg(directory);
    Ok(command)
}

fn kept(
    scratch: &Path,
    to: &Path,
    name: &str,
    serve: impl FnOnce(u16, &Path) -> Result<Command>,
) -> Result<()> {
    let version = tools::package_version(name)?;
    let kept = tools::folder().join(format!("target/kept/{name}-{version}"));
    if !kept.exists() {
        let filling: PathBuf = kept.with_extension("filling");
        let _ = fs::remove_dir_all(&filling);
        fs::create_dir_all(&filling)?;
        eprintln!("filling {name} with {KEYS} keys, once");
        let log = format!("{name}-fill");
        let serving = Serving::start(&log, scratch, "/none", |port| serve(port, &filling))?;
        for first in 0..KEYS / 100 {
            serving.get(&format!("/fill/{first}"))?;
        }
        serving.stop();
        fs::rename(&filling, &kept)?;
    }
    copy(&kept, to)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => fs::copy(entry.path(), to).map(drop)?,
        }
    }
    Ok(())
}

pub fn size(directory: &Path) -> Result<Size> {
    let mut sum = Size { files: 0, bytes: 0 };
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let of = match entry.file_type()?.is_dir() {
            true => size(&entry.path())?,
            false => Size { files: 1, bytes: entry.metadata()?.len() },
        };
        sum.files += of.files;
        sum.bytes += of.bytes;
    }
    Ok(sum)
}
