//! The server beside itself and beside `wasmtime serve`, under load.

use super::load::{Driven, Load, Target, compare, drive};
use super::serving::Serving;
use super::stores::{self, KEYS};
use super::tools;
use crate::report::Section;
use crate::{Extent, Plan};
use anyhow::{Result, bail};
use std::fs;
use std::process::Command;
use std::time::Duration;

pub fn run(plan: &Plan) -> Result<Vec<Section>> {
    fs::create_dir_all(&plan.scratch)?;
    let scratch = tempfile::tempdir_in(&plan.scratch)?;
    let (larder, wasmtime) = (tools::larder()?, tools::wasmtime()?);
    let (with, without) = (tools::guest("get")?, tools::guest("none")?);
    stores::fill(&larder, &scratch.path().join("get"), KEYS)?;
    stores::fill(&larder, &scratch.path().join("reused"), KEYS)?;
    let serve = |name: &str, component, quiet, flags: &[&str]| {
        let store = scratch.path().join(name);
        let command = |port| {
            let mut command = tools::serve(&larder, component, &store, quiet, port);
            command.args(flags);
            Ok(command)
        };
        Serving::start(name, scratch.path(), "/key-00000", command)
    };
    let get = serve("get", &with, true, &[])?;
    let reused = serve("reused", &with, true, &["--instance-reuse", "1000"])?;
    let none = serve("none", &without, true, &[])?;
    let noted = serve("noted", &without, false, &[])?;
    let peer = Serving::start("wasmtime", scratch.path(), "/key-00000", |port| {
        let mut command = Command::new(&wasmtime);
        command.args(["serve", "-Scli", "-Opooling-allocator=y", "--addr"]);
        command.arg(format!("127.0.0.1:{port}")).arg(&without);
        Ok(command)
    })?;
    let target = |name, serving| Target { name, serving, path: "/key-", rounds: usize::MAX };
    let targets = [
        target("with one get", &get),
        target("with one get, instances that answer 1000", &reused),
        target("without", &none),
        target("without, a line of log each", &noted),
        target("wasmtime serve", &peer),
    ];
    let mut section = Section::new("HTTP: the server", ABOUT);
    for clients in [1, 16] {
        let driven = drive(&targets, load(plan.extent, clients))?;
        rows(&mut section, clients, &driven)?;
    }
    Ok(vec![section])
}

/// How long and how often each server is driven.
pub fn load(extent: Extent, clients: u32) -> Load {
    let (seconds, rounds) = if extent == Extent::Short { (1, 3) } else { (10, 3) };
    Load { clients, keys: KEYS, each: Duration::from_secs(seconds), rounds }
}

fn rows(section: &mut Section, clients: u32, driven: &[Driven]) -> Result<()> {
    let [get, reused, none, noted, peer] = driven else { bail!("not as many as were driven") };
    let of = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
    compare(section, &format!("one get, {of}"), get, none, Some(1.25));
    compare(section, &format!("no get, {of}"), none, peer, Some(1.05));
    compare(section, &format!("no get, a line of log each, {of}"), noted, peer, None);
    compare(section, &format!("one get, {of}"), get, peer, None);
    compare(section, &format!("one get, instances that answer 1000, {of}"), reused, get, None);
    Ok(())
}

const ABOUT: &str = "Time for one request: that of the run through the number of its answers, so that \
    at 16 clients it is the share of one. Unless it says otherwise, each request runs in an instance of its own, in \
    `larder serve` and in `wasmtime serve` 48.0.8 alike, and is answered with 100 bytes. The key is uniform \
    over 10,000, chosen by wrk and told by the path, which the guest without a get is sent too. What \
    runs how is in tests/peers/README.md.";
