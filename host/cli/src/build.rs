//! Building a project's component, as its config says.

use crate::output;
use crate::settings::{BuildSettings, How};
use anyhow::{Context as _, Result, bail};
use larder_build::{Backend, Main, World, javascript};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::process::Command;

impl BuildSettings {
    /// Builds the component; what the tools print goes to standard error.
    pub async fn run(&self) -> Result<()> {
        let started = Instant::now();
        match &self.how {
            How::Command(command) => self.run_command(command).await?,
            How::Source(source) => {
                larder_build::build(source, &self.component, &|text| output::note(text)).await?;
            }
        }
        let component = output::path(&self.component);
        let metadata = std::fs::metadata(&self.component).with_context(|| {
            format!("the build made no {component}: does `component` say where it is?")
        })?;
        if let Some(copy) = &self.copy {
            larder_build::place(&self.component, copy)?;
        }
        let component = output::path(self.copy.as_ref().unwrap_or(&self.component));
        let (size, time) = (output::size(metadata.len()), output::time(started.elapsed()));
        output::note(format_args!("built {component}, {size}, in {time}"));
        Ok(())
    }

    /// The worker as a script for [`larder_build::javascript::dev_engine`]; none when what is built
    /// is no worker in JavaScript.
    pub async fn script(&self) -> Result<Option<String>> {
        let How::Source(source) = &self.how else { return Ok(None) };
        let Main::JavaScript { file, backend: Backend::StarlingMonkey } = &source.main else {
            return Ok(None);
        };
        if source.world != World::Http {
            return Ok(None);
        }
        let started = Instant::now();
        let script = javascript::bundle(source, file, &|text| output::note(text)).await?;
        let (file, size) = (file.display(), output::size(script.len() as u64));
        output::note(format_args!(
            "bundled {file}, {size}, in {}",
            output::time(started.elapsed())
        ));
        Ok(Some(script))
    }

    async fn run_command(&self, text: &str) -> Result<()> {
        let mut command = shell(text);
        command.current_dir(&self.directory).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(stderr()?);
        if let Some(target) = self.target_directory() {
            // The component is to come out where the config says, also when the environment sends
            // everybody's builds elsewhere.
            command.env("CARGO_TARGET_DIR", target);
        }
        output::note(format_args!("building: {text}"));
        let status = command.status().await.with_context(|| format!("cannot run `{text}`"))?;
        if !status.success() {
            bail!("the build failed ({status})");
        }
        Ok(())
    }

    /// Where cargo puts what it builds, when it is cargo that does.
    pub fn target_directory(&self) -> Option<&Path> {
        cargo_output(&self.component).map(|(directory, _)| directory)
    }

    /// Adds the Rust target that the component is built for, where rustup manages Rust and lacks it.
    pub async fn add_rust_target(&self) -> Result<()> {
        let Some((_, target)) = cargo_output(&self.component) else { return Ok(()) };
        let mut list = Command::new("rustup");
        list.args(["target", "list", "--installed"]).current_dir(&self.directory);
        let Ok(listed) = list.stderr(Stdio::null()).output().await else { return Ok(()) };
        let installed = String::from_utf8_lossy(&listed.stdout);
        if !listed.status.success() || installed.lines().any(|installed| installed == target) {
            return Ok(());
        }
        output::note(format_args!("adding the Rust target: rustup target add {target}"));
        let mut add = Command::new("rustup");
        add.args(["target", "add", target]).current_dir(&self.directory).stdout(stderr()?);
        let status = add.stdin(Stdio::null()).status().await.context("cannot run rustup")?;
        if !status.success() {
            bail!("`rustup target add {target}` failed ({status})");
        }
        Ok(())
    }
}

fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(flag).arg(command);
    shell
}

/// Standard error for a child's standard output, since ours is for the address that was bound.
#[cfg(unix)]
fn stderr() -> Result<Stdio> {
    use std::os::fd::AsFd as _;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stderr() -> Result<Stdio> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stderr().as_handle().try_clone_to_owned()?.into())
}

/// Of a component that cargo puts at `…/target/wasm32-wasip2/release/name.wasm`: its target
/// directory and the Rust target.
fn cargo_output(component: &Path) -> Option<(&Path, &str)> {
    component.ancestors().find_map(|above| {
        let target = above.file_name()?.to_str()?;
        (target.starts_with("wasm32-") && !target.ends_with(".wasm"))
            .then_some((above.parent()?, target))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_builds_lies_below_its_target() {
        let output = cargo_output(Path::new("/a/target/wasm32-wasip2/release/b.wasm"));
        assert_eq!(output, Some((Path::new("/a/target"), "wasm32-wasip2")));
        assert_eq!(cargo_output(Path::new("/a/dist/b.wasm")), None);
        assert_eq!(cargo_output(Path::new("/a/wasm32-b.wasm")), None);
    }
}
