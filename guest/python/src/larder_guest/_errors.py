"""Why an operation did not happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal, ParamSpec, TypeAlias, TypeVar, assert_never

from ._wit import Err
from ._wit import store as wit

Subject: TypeAlias = Literal["key", "value", "metadata", "batch"]
Quota: TypeAlias = Literal["keys", "bytes", "store"]

P = ParamSpec("P")
R = TypeVar("R")


class Error(Exception):
    """Why an operation did not happen. Nothing was written, except possibly after
    `OutcomeUnknown`. A lost race is none: it is an outcome, such as `Conflict`."""


class NoSuchBinding(Error, LookupError):
    """The host has bound no namespace under that name for this component."""

    def __init__(self, binding: str, bound: Sequence[str]) -> None:
        super().__init__(binding, bound)
        #: The name that was asked for.
        self.binding = binding
        #: The names that are bound, in order.
        self.bound = tuple(bound)

    def __str__(self) -> str:
        bound = ", ".join(self.bound) or "none"
        return f'no namespace is bound as "{self.binding}"; bound are: {bound}'


class NamespaceDeleted(Error, LookupError):
    """The namespace that was bound has been deleted."""

    def __str__(self) -> str:
        return "the namespace has been deleted"


class NoSuchKey(Error, FileNotFoundError):
    """`Namespace.open` was to read a key that does not exist."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        #: The key.
        self.key = key

    def __str__(self) -> str:
        return f'there is no key "{self.key}"'


class AccessDenied(Error):
    """A write through a read-only binding, or what the host does not allow this component."""

    def __str__(self) -> str:
        return "access denied: the binding is read-only, or the host does not allow it"


class InvalidArgument(Error, ValueError):
    """A key, bound, cursor, limit, count, expiration, metadata or option that is not legal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        #: Which rule was broken.
        self.reason = reason


class TooLarge(Error, ValueError):
    """A key, value, metadata or batch above its limit."""

    def __init__(self, subject: Subject, bytes: int, bytes_max: int) -> None:
        super().__init__(subject, bytes, bytes_max)
        #: What is too large: "key" (or a bound of a listing), "value", "metadata", or "batch" (the
        #: values of a bulk get together, or the contents of a commit).
        self.subject: Subject = subject
        #: Its size in bytes, as far as the host counted.
        self.bytes = bytes
        #: The limit in bytes.
        self.bytes_max = bytes_max

    def __str__(self) -> str:
        return f"the {self.subject} has {self.bytes} bytes; at most {self.bytes_max} are allowed"


class QuotaExceeded(Error):
    """No room, in the namespace's quota or in the store."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(quota)
        #: What has no room left: "keys" or "bytes" of the namespace, or the "store" itself.
        self.quota: Quota = quota

    def __str__(self) -> str:
        if self.quota == "store":
            return "no room left: the store is full"
        return f"no room left: the namespace holds as many {self.quota} as it may"


class TooManyRequests(Error):
    """Too many operations at once or per second."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        #: How long to wait before trying again, to the millisecond.
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"too many requests; try again after {self.retry_after // timedelta(milliseconds=1)} ms"


class NotACounter(Error, ValueError):
    """The value to increment is not a decimal integer, or the sum does not fit in 64 bits."""

    def __str__(self) -> str:
        return "the value is not a decimal integer, or the sum does not fit in 64 bits"


class Unsupported(Error):
    """This store cannot do that at all; trying again will not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        #: What it cannot do.
        self.reason = reason

    def __str__(self) -> str:
        return f"the store cannot do that: {self.reason}"


class Unavailable(Error):
    """The store cannot be reached or is closing; trying again may work."""

    def __str__(self) -> str:
        return "the store is not available"


class OutcomeUnknown(Error):
    """The write may have happened, or may yet. Read the version to find out."""

    def __str__(self) -> str:
        return "the outcome of the write is unknown"


class Other(Error):
    """The store failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        #: What the host says, for people to read.
        self.reason = reason

    def __str__(self) -> str:
        return f"the store failed: {self.reason}"


class NotJson(Error, ValueError):
    """A value or metadata that is not the JSON that the caller asked for; `__cause__` is what the
    parser found."""


def asked(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function of the bindings answers; its error as one of this package."""
    try:
        return function(*args, **kwargs)
    except Err as refused:
        # In tests the cause is how the connection to the store broke.
        raise from_wit(refused.value) from refused.__cause__


def from_wit(error: wit.Error) -> Error:
    match error:
        case wit.Error_NoSuchBinding():
            return NamespaceDeleted()
        case wit.Error_AccessDenied():
            return AccessDenied()
        case wit.Error_InvalidArgument(reason):
            return InvalidArgument(reason)
        case wit.Error_TooLarge(size):
            return TooLarge(_SUBJECTS[size.of.name], size.bytes, size.bytes_max)
        case wit.Error_QuotaExceeded(quota):
            return QuotaExceeded(_QUOTAS[quota.name])
        case wit.Error_TooManyRequests(millis):
            return TooManyRequests(timedelta(milliseconds=millis))
        case wit.Error_NotACounter():
            return NotACounter()
        case wit.Error_Unsupported(reason):
            return Unsupported(reason)
        case wit.Error_Unavailable():
            return Unavailable()
        case wit.Error_OutcomeUnknown():
            return OutcomeUnknown()
        case wit.Error_Other(reason):
            return Other(reason)
        case _:
            assert_never(error)


_SUBJECTS: dict[str, Subject] = {
    "KEY": "key",
    "VALUE": "value",
    "METADATA": "metadata",
    "BATCH": "batch",
}
_QUOTAS: dict[str, Quota] = {"KEYS": "keys", "BYTES": "bytes", "STORE": "store"}
