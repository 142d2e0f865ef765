//! The commands that a project begins with.

use crate::config::Backend;
use clap::{ArgAction, Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub struct New {
    /// The directory of the project, which is made
    #[arg(value_name = "NAME")]
    pub directory: PathBuf,
    /// What it is written in
    #[arg(long)]
    pub template: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    Js,
    Ts,
    Hono,
    Python,
    Rust,
    C,
}

#[derive(Debug, ClapArgs)]
pub struct Build {
    /// The directory of the project; its config is found there or above
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Where to put the component [default: `component` of larder.toml, or a file in `dist`]
    #[arg(short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What runs JavaScript [default: `backend` of larder.toml, or starlingmonkey]
    #[arg(long)]
    pub backend: Option<Backend>,
    /// Build JavaScript so that an instance may answer several requests, where N is above 1
    /// [default: `instance_reuse` of larder.toml]
    #[arg(long, value_name = "N")]
    pub instance_reuse: Option<u32>,
}

#[derive(Debug, ClapArgs)]
pub struct Types {
    /// Where to write them [default: worker-configuration.d.ts beside the config]
    pub file: Option<PathBuf>,
    /// The name of the interface [default: Env]
    #[arg(long, value_name = "NAME")]
    pub env_interface: Option<String>,
    /// Also declare KVNamespace and what else is not the project's own; not to be had together
    /// with @cloudflare/workers-types, which declares the same
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub include_runtime: bool,
}
