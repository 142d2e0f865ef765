//! Where an embedder's policy, metering and audit go.

use crate::KvGrants;
use std::time::Duration;

/// The operations of the contract, as the hooks are told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "named after the functions of the contract")]
pub enum Operation {
    Get,
    GetEntry,
    GetMany,
    Head,
    Put,
    PutWith,
    Delete,
    DeleteIf,
    Expire,
    Increment,
    List,
    Commit,
    OpenReader,
    /// `reader.read`
    Read,
    OpenWriter,
    /// `writer.write`
    Write,
    /// `writer.finish`
    Finish,
}

impl Operation {
    /// Whether it is refused to a read-only grant.
    pub fn writes(self) -> bool {
        match self {
            Self::Put
            | Self::PutWith
            | Self::Delete
            | Self::DeleteIf
            | Self::Expire
            | Self::Increment
            | Self::Commit
            | Self::OpenWriter
            | Self::Write
            | Self::Finish => true,
            Self::Get
            | Self::GetEntry
            | Self::GetMany
            | Self::Head
            | Self::List
            | Self::OpenReader
            | Self::Read => false,
        }
    }
}

/// One call of a guest.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// The name of the binding.
    pub binding: &'a str,
    /// What is to be done.
    pub operation: Operation,
    /// The keys that it is done to, relative to the prefix of the grant and not validated yet. Of a
    /// commit, those of its checks and then those of its operations; none for a listing.
    pub keys: &'a [String],
    /// The prefix of a listing.
    pub prefix: Option<&'a str>,
    /// Bytes of the values that the guest hands over.
    pub bytes: u64,
}

/// Why a hook does not let an operation happen: the error that the guest gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// `access-denied`
    Access,
    /// `too-many-requests`: the guest may try again after this time, which it is told in
    /// milliseconds, rounded up.
    TooManyRequests {
        /// How long to wait.
        retry_after: Duration,
    },
    /// `quota-exceeded(keys)`
    QuotaKeys,
    /// `quota-exceeded(bytes)`
    QuotaBytes,
    /// `unavailable`
    Unavailable,
}

/// Told of what a guest does, and asked whether it may.
///
/// A guest does one thing at a time, so for one [`KvCtx`](crate::KvCtx) the calls of `before` and
/// `after` alternate. What is refused without asking is not told: a write through a read-only
/// grant, and what is above a limit before it is read from the guest's memory.
///
/// ```
/// use larder_wasmtime::{Call, Denied, KvHooks};
///
/// /// Lets a guest write a megabyte in all.
/// struct Allowance {
///     bytes: u64,
/// }
///
/// impl KvHooks for Allowance {
///     fn before(&mut self, call: &Call<'_>) -> Result<(), Denied> {
///         self.bytes = self.bytes.checked_sub(call.bytes).ok_or(Denied::QuotaBytes)?;
///         Ok(())
///     }
/// }
/// ```
pub trait KvHooks: Send {
    /// An operation is about to begin; nothing happens when this is an error.
    fn before(&mut self, call: &Call<'_>) -> Result<(), Denied> {
        _ = call;
        Ok(())
    }

    /// An operation that was let happen has ended: with so many bytes of values for the guest, or
    /// with an error. Not called when the embedder drops the call's future meanwhile.
    fn after(&mut self, call: &Call<'_>, result: Result<u64, &larder_store::Error>) {
        _ = (call, result);
    }

    /// The guest asked for a binding that it was not granted. Called once for each name, up to 16
    /// names of a [`KvCtx`](crate::KvCtx); a name above
    /// [`BINDING_BYTES_MAX`](crate::BINDING_BYTES_MAX) is cut off there. By default this is a
    /// warning through `tracing`.
    fn unbound(&mut self, name: &str, grants: &KvGrants) {
        tracing::warn!(name, bound = ?grants, "a guest asked for a binding that it was not granted");
    }
}

/// Nobody is told, everything may happen.
struct NoHooks;

impl KvHooks for NoHooks {}

impl Default for &mut dyn KvHooks {
    fn default() -> Self {
        // A value without size needs no place, so it can be borrowed for good.
        Box::leak(Box::new(NoHooks))
    }
}
