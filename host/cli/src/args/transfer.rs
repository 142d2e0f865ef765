//! The commands that move data in and out.

use super::{NamespaceArgs, ReachArgs};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub struct Export {
    /// The file, which is there when it is whole; `-` is standard output
    pub file: PathBuf,
    /// Only keys that begin with this
    #[arg(long)]
    pub prefix: Option<String>,
    /// How to write them
    #[arg(long, default_value = "ndjson")]
    pub format: Format,
    #[command(flatten)]
    pub namespace: AnyNamespaceArgs,
    #[command(flatten)]
    pub store: ReachArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A record of JSON a line, with everything kept
    Ndjson,
    /// What `wrangler kv bulk put` reads: a JSON array, with expirations in seconds
    Wrangler,
}

#[derive(Debug, ClapArgs)]
pub struct Import {
    /// The file, in either format of `export`; `-` is standard input
    pub file: PathBuf,
    /// Go on after a bad record; exit code 1 at the end if there was one
    #[arg(long)]
    pub keep_going: bool,
    #[command(flatten)]
    pub namespace: AnyNamespaceArgs,
    #[command(flatten)]
    pub store: ReachArgs,
}

/// Which namespace, if one alone.
#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub struct AnyNamespaceArgs {
    /// The namespace of that title [default: all; when importing, those that the file names, made
    /// if there are none]
    #[arg(long, value_name = "TITLE")]
    pub namespace: Option<String>,
    /// What larder.toml binds under that name: the keys as the component sees them
    #[arg(long, value_name = "NAME")]
    pub binding: Option<String>,
}

impl AnyNamespaceArgs {
    /// The one that was named.
    pub fn named(self) -> Option<NamespaceArgs> {
        let Self { namespace, binding } = self;
        let is_named = namespace.is_some() || binding.is_some();
        is_named.then_some(NamespaceArgs { namespace, binding })
    }
}

#[derive(Debug, ClapArgs)]
pub struct Backup {
    /// The directory of the copy, which is new or empty
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    #[command(flatten)]
    pub store: ReachArgs,
}

#[derive(Debug, ClapArgs)]
pub struct Restore {
    /// The directory of a backup, which stays as it is
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// The directory of the store, which is new or empty [default: `store` of larder.toml, or
    /// .larder beside it, or .larder]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}
