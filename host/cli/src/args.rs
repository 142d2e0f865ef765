//! The command line as it is written. What it means is in `settings`.

pub mod kv;
mod limits;
mod namespace;
mod project;
mod transfer;
mod value;

pub use limits::LimitArgs;
pub use namespace::Namespace;
pub use project::{Build, New, Template, Types};
pub use transfer::{Backup, Export, Format, Import, Restore};
pub use value::{Kv, Limit};

use value::{parse_expiration, parse_ttl, parse_var};

use crate::guest::AllowedHost;
use clap::{Args as ClapArgs, Parser, Subcommand};
use larder_store::Expiration;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Key-value namespaces for WebAssembly components
#[derive(Debug, Parser)]
#[command(name = "larder", version, propagate_version = true)]
pub struct Args {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the project is.
#[derive(Debug, ClapArgs)]
pub struct ProjectArgs {
    /// Work as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub working_directory: Option<PathBuf>,
    /// Use this config instead of the larder.toml, or else the wrangler.json, wrangler.jsonc or
    /// wrangler.toml, found upwards from the working directory
    #[arg(short, long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Work as in this environment of a wrangler project [default: CLOUDFLARE_ENV, or none]
    #[arg(short, long, value_name = "NAME", global = true)]
    pub env: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the smallest project of a language
    New(New),
    /// Build a project's component, serve it, and do both again when its sources change
    Dev(Dev),
    /// Run a project's tests against a store of their own, whose time they set
    Test(Test),
    /// Build a project's component
    Build(Build),
    /// Write what the config binds as TypeScript
    Types(Types),
    /// Serve a component that exports wasi:http/incoming-handler
    Serve(Serve),
    /// Run a component that exports wasi:cli/run
    Run(Run),
    /// Create, list, rename, limit, clear and delete namespaces
    #[command(subcommand)]
    Namespace(Namespace),
    /// Write, read, list and delete keys
    #[command(subcommand)]
    Key(Key),
    /// What `wrangler kv` does, with its arguments, files and outputs
    #[command(subcommand)]
    Kv(kv::Kv),
    /// Write keys with their values to a file
    Export(Export),
    /// Write the keys of a file that `export` or wrangler wrote
    Import(Import),
    /// Copy the store as it is now to a directory, verified; it may be in use
    Backup(Backup),
    /// Make a store of a backup, verified
    Restore(Restore),
    /// Read the whole store and verify it; exit code 1 when something is damaged
    Check(ReachArgs),
    /// Give free space within the store's files back to the system
    Compact(ReachArgs),
    /// Print the contract: the WIT that components import
    Wit(Wit),
}

#[derive(Debug, ClapArgs)]
pub struct Dev {
    /// The directory of the project; its config is found there or above
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    #[command(flatten)]
    pub listen: ListenArgs,
    #[command(flatten)]
    pub guest: GuestArgs,
}

#[derive(Debug, ClapArgs)]
pub struct Test {
    /// What runs the tests [default: `npm test`, `pytest` or `cargo test`, as the project is]
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub struct Serve {
    /// The component's file [default: `component` of larder.toml]
    pub component: Option<PathBuf>,
    #[command(flatten)]
    pub listen: ListenArgs,
    #[command(flatten)]
    pub guest: GuestArgs,
}

#[derive(Debug, ClapArgs)]
pub struct Run {
    /// The component's file [default: `component` of larder.toml]
    pub component: Option<PathBuf>,
    #[command(flatten)]
    pub guest: GuestArgs,
    /// What the component gets as its arguments
    #[arg(last = true)]
    pub args: Vec<String>,
}

/// Where to listen.
#[derive(Debug, Default, ClapArgs)]
pub struct ListenArgs {
    /// Where to listen; port 0 is any free one [default: 127.0.0.1:8787]
    #[arg(long, value_name = "HOST:PORT")]
    pub addr: Option<String>,
    /// Behind a proxy: CF-Connecting-IP is the last address of X-Forwarded-For, which
    /// the proxy added, not the peer's
    #[arg(long)]
    pub trust_forwarded: bool,
    /// Most requests that an instance of the component answers, one after another: what it has in
    /// its globals stays from one to the next [default: 1]
    #[arg(long, value_name = "N")]
    pub instance_reuse: Option<u32>,
}

/// What a component is given.
#[derive(Debug, Default, ClapArgs)]
pub struct GuestArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// Keep the store in memory: nothing is written to disk, and all is gone at exit
    #[arg(long, conflicts_with = "store")]
    pub in_memory: bool,
    /// Answer for the store on a socket here too, whose path has at most 103 bytes
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Bind a namespace [default: the one of the binding's name], read-only with `:ro`; wins over
    /// the config's binding of that name
    #[arg(long, value_name = "NAME[=NAMESPACE][:ro]")]
    pub kv: Vec<Kv>,
    /// Set a variable in the component's environment
    #[arg(long, value_name = "K=V", value_parser = parse_var)]
    pub var: Vec<(String, String)>,
    /// Let the component send HTTP requests to a host, as `allowed_outbound_hosts` does
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]")]
    pub allow_outbound: Vec<AllowedHost>,
    /// Longest time for a request (with `run`, for the whole run), such as 500ms or 2m
    /// [default: 30s; with `run`, none]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Which store.
#[derive(Debug, Default, ClapArgs)]
pub struct StoreArgs {
    /// The store's directory [default: `store` of larder.toml, or .larder beside it, or .larder]
    #[arg(long, alias = "persist-to", value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// For tests: the time is the number of Unix milliseconds in this file, read anew each time
    #[arg(long, value_name = "FILE")]
    pub clock: Option<PathBuf>,
}

/// Which store, wherever it is open.
#[derive(Debug, ClapArgs)]
pub struct ReachArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// Work on the store that answers on this socket, such as one in memory
    /// [default: LARDER_SOCKET of the environment, which `larder test` sets]
    #[arg(long, value_name = "PATH", conflicts_with = "store")]
    pub socket: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Write a key, replacing value, metadata and expiration together
    Put(KeyPut),
    /// Print a key's value as it is, without a newline; exit code 1 when there is no such key
    Get {
        key: String,
        /// Print {"name", "size", "version", "expiration", "metadata", "value"}; a value that is
        /// not UTF-8 stands in "value_base64" instead
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Print everything about a key but its value
    Head {
        key: String,
        /// Print {"name", "size", "version", "expiration", "metadata"}: bytes, an opaque text,
        /// Unix seconds, JSON; what a key does not have is left out
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// List keys in byte order, one a line, control characters in them escaped
    List {
        /// Only keys that begin with this
        #[arg(long)]
        prefix: Option<String>,
        /// Print a JSON array of what `head --json` prints
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Change when a key expires; value and metadata stay
    Expire {
        key: String,
        #[command(flatten)]
        expiry: NewExpiry,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Delete a key, or every key with a prefix
    Delete {
        #[command(flatten)]
        keys: DeletedKeys,
        /// Delete every key with the prefix, without asking back
        #[arg(long, requires = "prefix")]
        yes: bool,
        #[command(flatten)]
        target: TargetArgs,
    },
}

#[derive(Debug, ClapArgs)]
pub struct KeyPut {
    /// 1 to 512 bytes of UTF-8
    pub key: String,
    #[command(flatten)]
    pub value: NewValue,
    #[command(flatten)]
    pub expiry: Expiry,
    /// JSON text of at most 1024 bytes to keep beside the value
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Which keys to delete.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct DeletedKeys {
    pub key: Option<String>,
    /// Every key that begins with this
    #[arg(long)]
    pub prefix: Option<String>,
}

/// Where a new value comes from.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct NewValue {
    /// The value, at most 26,214,400 bytes; `-` reads it from standard input
    #[arg(allow_negative_numbers = true)]
    pub value: Option<OsString>,
    /// Read the value from a file
    #[arg(long, value_name = "FILE")]
    pub path: Option<PathBuf>,
}

/// When a key that is written stops existing, if ever.
#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub struct Expiry {
    /// Expire so long after now: seconds, or a duration such as 30m or 500ms
    #[arg(long, value_parser = parse_ttl)]
    pub ttl: Option<Expiration>,
    /// Expire then: Unix time in seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_expiration)]
    pub expiration: Option<Expiration>,
}

/// When a key is to stop existing.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct NewExpiry {
    /// So long after now: seconds, or a duration such as 30m or 500ms
    #[arg(long, value_parser = parse_ttl)]
    pub ttl: Option<Expiration>,
    /// Then: Unix time in seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_expiration)]
    pub expiration: Option<Expiration>,
    /// Never
    #[arg(long)]
    pub never: bool,
}

/// Which namespace.
#[derive(Debug, ClapArgs)]
pub struct TargetArgs {
    #[command(flatten)]
    pub namespace: NamespaceArgs,
    #[command(flatten)]
    pub store: ReachArgs,
}

/// Which namespace, by one name or the other.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub struct NamespaceArgs {
    /// The namespace of that title
    #[arg(long, value_name = "TITLE")]
    pub namespace: Option<String>,
    /// What the config binds under that name: the keys as the component sees them
    #[arg(long, value_name = "NAME")]
    pub binding: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Wit {
    /// Write it to DIR/kv.wit instead
    #[arg(short, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
