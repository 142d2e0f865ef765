//! The arguments of `larder namespace`.

use super::ReachArgs;
use super::value::{Limit, parse_bytes, parse_keys};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Namespace {
    /// Create a namespace, and the store if there is none; prints the namespace's id
    Create {
        /// 1 to 512 bytes, not taken yet
        title: String,
        #[command(flatten)]
        store: ReachArgs,
    },
    /// List the namespaces: title, id, keys, bytes, each of how many where there is a quota
    List {
        /// Print a JSON array of {"title", "id", "keys", "bytes", "quota"}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: ReachArgs,
    },
    /// Give a namespace another title; its id, and so its bindings by id, stay
    Rename {
        title: String,
        new_title: String,
        #[command(flatten)]
        store: ReachArgs,
    },
    /// Print how much a namespace holds and may hold, or change that
    Quota {
        title: String,
        /// Most keys, or `none`
        #[arg(long, value_name = "N", value_parser = parse_keys)]
        keys: Option<Limit>,
        /// Most bytes of keys, metadata and values, such as 10MiB, or `none`
        #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
        bytes: Option<Limit>,
        #[command(flatten)]
        store: ReachArgs,
    },
    /// Delete all keys of a namespace, which itself stays
    Clear {
        title: String,
        /// Delete them without asking back
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        store: ReachArgs,
    },
    /// Delete a namespace with all its keys
    Delete {
        title: String,
        /// Delete it although it has keys
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        store: ReachArgs,
    },
}
