//! The arguments that say what a component may take of its host.

use bytesize::ByteSize;
use clap::Args as ClapArgs;

/// What a component may take of its host.
#[derive(Debug, Default, ClapArgs)]
pub struct LimitArgs {
    /// Most memory for a request (with `run`, for the whole run) [default: 256MiB]
    #[arg(long, value_name = "SIZE")]
    pub memory_max: Option<ByteSize>,
    /// Most memory for all requests that are under way [default: half of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub memory_total_max: Option<ByteSize>,
    /// Most writes to namespaces that are under way; beyond that they are refused [default: 256]
    #[arg(long, value_name = "N")]
    pub kv_writes_max: Option<u32>,
    /// Most memory for what these bring; further writes wait [default: 32MiB]
    #[arg(long, value_name = "SIZE")]
    pub kv_write_memory_max: Option<ByteSize>,
    /// Most memory for values on their way to the component; further reads wait [default: 64MiB]
    #[arg(long, value_name = "SIZE")]
    pub kv_read_memory_max: Option<ByteSize>,
    /// Most readers and writers in pieces that are open, each of which takes up to half a megabyte
    /// [default: 256]
    #[arg(long, value_name = "N")]
    pub kv_handles_max: Option<u32>,
}
