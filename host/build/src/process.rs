//! Running the tools of a language.

use anyhow::{Context as _, Result, bail};
use std::io::ErrorKind;
use std::process::{Output, Stdio};
use tokio::process::Command;

/// Runs a tool that is done in silence; what it says is the error when it fails.
pub async fn run(command: &mut Command, remedy: &str) -> Result<Output> {
    let output = output(command, remedy).await?;
    if !output.status.success() {
        let said = said(&output);
        match said.is_empty() {
            true => bail!("{} failed ({})", name(command), output.status),
            false => bail!("{said}"),
        }
    }
    Ok(output)
}

/// Runs a tool to its end; `remedy` says what to do when it is not there.
pub async fn output(command: &mut Command, remedy: &str) -> Result<Output> {
    command.kill_on_drop(true).stdin(Stdio::null());
    let output = command.output().await;
    output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("{} is missing: {remedy}", name(command)),
        _ => anyhow::Error::from(error).context(format!("cannot run {}", name(command))),
    })
}

/// What it said, on either output.
pub fn said(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    text.iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn name(command: &Command) -> String {
    command.as_std().get_program().to_string_lossy().into_owned()
}

/// The standard output as text.
pub fn stdout(output: Output) -> Result<String> {
    String::from_utf8(output.stdout).context("a tool printed what is no UTF-8")
}
