"""The key-value namespace of Larder for WebAssembly components written in Python.

- `Namespace` has the operations; `Put`, `Delete`, `Increment`, `Expire` and `Check` are the parts of
  a commit.
- `Namespace.keys` and `Namespace.items` iterate over any number of keys.
- `Reader` and `Writer` move large values in pieces, as files.
- `Error` is why something did not happen. A lost race is none: it is an outcome such as `Conflict`.
"""

from ._commit import Check, Delete, Expire, Increment, Put, Step
from ._entries import Counter, Entry, KeyInfo, Page
from ._errors import (
    AccessDenied,
    Error,
    InvalidArgument,
    NamespaceDeleted,
    NoSuchBinding,
    NoSuchKey,
    NotACounter,
    NotJson,
    Other,
    OutcomeUnknown,
    Quota,
    QuotaExceeded,
    Subject,
    TooLarge,
    TooManyRequests,
    Unavailable,
    Unsupported,
)
from ._files import Reader, Writer
from ._lower import Expiration, Ttl
from ._namespace import Namespace, bindings
from ._options import ConditionalPutOptions, PutOptions
from ._outcomes import CommitConflict, Committed, Conflict, Deleted, Version, Written

__all__ = [
    "AccessDenied",
    "Check",
    "CommitConflict",
    "Committed",
    "ConditionalPutOptions",
    "Conflict",
    "Counter",
    "Delete",
    "Deleted",
    "Entry",
    "Error",
    "Expiration",
    "Expire",
    "Increment",
    "InvalidArgument",
    "KeyInfo",
    "Namespace",
    "NamespaceDeleted",
    "NoSuchBinding",
    "NoSuchKey",
    "NotACounter",
    "NotJson",
    "Other",
    "OutcomeUnknown",
    "Page",
    "Put",
    "PutOptions",
    "Quota",
    "QuotaExceeded",
    "Reader",
    "Step",
    "Subject",
    "TooLarge",
    "TooManyRequests",
    "Ttl",
    "Unavailable",
    "Unsupported",
    "Version",
    "Writer",
    "Written",
    "bindings",
]
