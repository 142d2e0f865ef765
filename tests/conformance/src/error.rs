//! Errors by the cases of the WIT, which is what all subjects have in common.

/// Why an operation did not happen: `larder:kv/store.error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    NoSuchBinding,
    AccessDenied,
    /// With the text, which says which rule.
    InvalidArgument(String),
    TooLarge {
        of: Limited,
        bytes: u64,
        bytes_max: u64,
    },
    QuotaExceeded,
    TooManyRequests,
    NotACounter,
    Unsupported,
    Unavailable,
    OutcomeUnknown,
    Other(String),
}

/// What a limit in bytes is on: `larder:kv/store.subject`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    Key,
    Value,
    Metadata,
    Batch,
}
