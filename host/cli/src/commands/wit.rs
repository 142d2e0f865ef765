//! `larder wit`: the contract.

use crate::args::Wit;
use crate::output;
use anyhow::{Context as _, Result};
use std::fs;
use std::io::Write as _;

pub const CONTRACT: &str = include_str!("../../wit/kv.wit");

pub fn run(args: &Wit) -> Result<()> {
    let Some(directory) = &args.output else {
        let mut answer = output::answer();
        answer.write_all(CONTRACT.as_bytes())?;
        return Ok(answer.flush()?);
    };
    let file = directory.join("kv.wit");
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&file, CONTRACT))
        .with_context(|| format!("cannot write {}", file.display()))
}
