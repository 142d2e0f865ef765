//! The commands of those who come from wrangler, with wrangler's arguments.

use super::ReachArgs;
use super::value::{parse_expiration, parse_ttl};
use clap::{Args as ClapArgs, Subcommand};
use larder_store::Expiration;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Kv {
    /// Create, list, rename and delete namespaces
    #[command(subcommand)]
    Namespace(KvNamespace),
    /// Write, read, list and delete keys
    #[command(subcommand)]
    Key(KvKey),
    /// Write, read and delete the keys of a file
    #[command(subcommand)]
    Bulk(KvBulk),
}

#[derive(Debug, Subcommand)]
pub enum KvNamespace {
    /// Create a namespace, and the store if there is none; prints what to add to the config
    Create(KvCreate),
    /// Print the namespaces as JSON
    List {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Give a namespace another title; its id stays
    Rename(KvRename),
    /// Delete a namespace with all its keys
    Delete(KvDelete),
}

#[derive(Debug, ClapArgs)]
pub struct KvCreate {
    /// The title
    #[arg(value_name = "NAMESPACE")]
    pub title: String,
    /// Create a namespace to develop with, whose title ends in _preview
    #[arg(long)]
    pub preview: bool,
    /// The name of the binding
    #[arg(long, value_name = "NAME")]
    pub binding: Option<String>,
    /// Also add it to the config, in which all else stays as it is
    #[arg(long, value_name = "BOOL", num_args(0..=1), default_missing_value = "true")]
    pub update_config: Option<bool>,
    /// Not available: Larder is local
    #[arg(long, value_name = "BOOL", num_args(0..=1), default_missing_value = "true")]
    pub use_remote: Option<bool>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, ClapArgs)]
pub struct KvRename {
    /// The title
    #[arg(value_name = "OLD_NAME")]
    pub title: Option<String>,
    /// The namespace of this id
    #[arg(long, value_name = "ID")]
    pub namespace_id: Option<String>,
    /// The new title, at most 512 bytes
    #[arg(long, value_name = "TITLE")]
    pub new_name: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, ClapArgs)]
pub struct KvDelete {
    /// The title
    #[arg(value_name = "NAMESPACE")]
    pub title: Option<String>,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub skip_confirmation: bool,
    #[command(flatten)]
    pub target: KvTarget,
}

#[derive(Debug, Subcommand)]
pub enum KvKey {
    /// Write a key, replacing value, metadata and expiration together
    Put(KvPut),
    /// Print a key's value as it is, without a newline; exit code 1 when there is no such key
    Get {
        key: String,
        /// Print it as text, with a newline
        #[arg(long)]
        text: bool,
        #[command(flatten)]
        target: KvTarget,
    },
    /// Print the keys as JSON
    List {
        /// Only keys that begin with this
        #[arg(long)]
        prefix: Option<String>,
        #[command(flatten)]
        target: KvTarget,
    },
    /// Delete a key, if there is one
    Delete {
        key: String,
        #[command(flatten)]
        target: KvTarget,
    },
}

#[derive(Debug, ClapArgs)]
pub struct KvPut {
    /// 1 to 512 bytes of UTF-8
    pub key: String,
    /// The value, at most 26,214,400 bytes
    #[arg(allow_negative_numbers = true)]
    pub value: Option<OsString>,
    /// Read the value from a file
    #[arg(long, value_name = "FILE")]
    pub path: Option<PathBuf>,
    /// Expire so long after now: seconds, at least 1; wins over --expiration
    #[arg(long, value_parser = parse_ttl)]
    pub ttl: Option<Expiration>,
    /// Expire then: Unix time in seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_expiration)]
    pub expiration: Option<Expiration>,
    /// A JSON object of at most 1024 bytes to keep beside the value
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    #[command(flatten)]
    pub target: KvTarget,
}

#[derive(Debug, Subcommand)]
pub enum KvBulk {
    /// Write the pairs of a file: a JSON array of {"key", "value", "base64", "expiration",
    /// "expiration_ttl", "metadata"}
    Put {
        filename: PathBuf,
        #[command(flatten)]
        target: KvTarget,
    },
    /// Print the values of keys as JSON
    Get {
        /// A JSON array of keys, or of what `kv key list` prints
        filename: PathBuf,
        #[command(flatten)]
        target: KvTarget,
    },
    /// Delete keys
    Delete {
        /// A JSON array of keys, or of what `kv key list` prints
        filename: PathBuf,
        /// Do not ask
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        target: KvTarget,
    },
}

/// Which namespace. That it is exactly one is for the commands to say, in wrangler's words.
#[derive(Debug, ClapArgs)]
pub struct KvTarget {
    /// What the config binds under that name
    #[arg(long, value_name = "NAME")]
    pub binding: Option<String>,
    /// The namespace of that id
    #[arg(long, value_name = "ID")]
    pub namespace_id: Option<String>,
    /// Take the binding's `preview_id`; with `false`, its `id`
    #[arg(long, value_name = "BOOL", num_args(0..=1), default_missing_value = "true")]
    pub preview: Option<bool>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Which store.
#[derive(Debug, ClapArgs)]
pub struct PlaceArgs {
    /// Work on a local store, as every command does
    #[arg(long)]
    pub local: bool,
    /// Not available: Larder is local
    #[arg(long)]
    pub remote: bool,
    #[command(flatten)]
    pub store: ReachArgs,
}
