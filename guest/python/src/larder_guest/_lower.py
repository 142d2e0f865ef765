"""Python's values as the contract has them.

What the bindings cannot lower ends the instance, without a word. So whatever goes down is made to
fit its type here, or refused as Python refuses it; what is legal is for the host to say.
"""

from __future__ import annotations

import json
import operator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, SupportsIndex, TypeAlias, Union, runtime_checkable

from ._errors import InvalidArgument
from ._wit import store as wit

if TYPE_CHECKING:
    from collections.abc import Buffer
    from decimal import Decimal

#: So long after the write: seconds, also in fractions, or a `timedelta`. Kept to the millisecond,
#: a fraction of one rounded up.
Ttl: TypeAlias = Union[float, "Decimal", timedelta]
#: When a key stops existing: Unix time in seconds, or a `datetime` that knows its time zone. A
#: fraction of a second is rounded up.
Expiration: TypeAlias = float | datetime

_U32_MAX: Final = 2**32 - 1
_U64_MAX: Final = 2**64 - 1


def text(what: str, value: object) -> str:
    """Text that UTF-8 can say."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is to be str, not {type(value).__name__}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            reason = f"{what} has a lone surrogate at index {error.start}, which is no text"
            raise InvalidArgument(reason) from None
    return value


def optional_text(what: str, value: object) -> str | None:
    return None if value is None else text(what, value)


def data(what: str, value: str | Buffer) -> bytes:
    """The bytes of a value; those of text in UTF-8."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return text(what, value).encode()
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise TypeError(f"{what} is to be bytes or str, not {type(value).__name__}") from None


def as_json(what: str, value: object) -> str:
    """A value as JSON text, as short as it gets."""
    made = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text(what, made)


def integer(what: str, value: SupportsIndex) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is to be int, not {type(value).__name__}") from None


def s64(what: str, value: SupportsIndex) -> int:
    number = integer(what, value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError(f"{what} does not fit in 64 bits")
    return number


def version(value: SupportsIndex) -> int:
    number = integer("version", value)
    if not 0 <= number <= _U64_MAX:
        raise OverflowError("version does not fit in 64 bits")
    return number


def u32(what: str, value: SupportsIndex) -> int:
    """What lies outside is left to the host to refuse."""
    return min(max(integer(what, value), 0), _U32_MAX)


def u64(what: str, value: SupportsIndex) -> int:
    """What lies outside is left to the host to refuse."""
    return min(max(integer(what, value), 0), _U64_MAX)


def expiration(ttl: Ttl | None, at: Expiration | None) -> wit.Expiration | None:
    if ttl is not None and at is not None:
        raise TypeError("ttl and expiration exclude each other")
    if ttl is not None:
        return wit.Expiration_TtlMs(u64("ttl", millis("ttl", ttl)))
    if at is not None:
        return wit.Expiration_At(u64("expiration", _unix_seconds(at)))
    return None


def millis(what: str, duration: object) -> int:
    if isinstance(duration, timedelta):
        return -(-duration // timedelta(milliseconds=1))
    if isinstance(duration, float):
        return _rounded_up(what, duration * 1000)
    if isinstance(duration, _Rational):
        seconds, parts = duration.as_integer_ratio()
        return -(-seconds * 1000 // parts)
    raise TypeError(f"{what} is to be seconds or a timedelta, not {type(duration).__name__}")


@runtime_checkable
class _Rational(Protocol):
    """`int`, and the exact numbers of `decimal` and `fractions`, which few programs need."""

    def as_integer_ratio(self) -> tuple[int, int]: ...


def _unix_seconds(at: object) -> int:
    if isinstance(at, datetime):
        if at.utcoffset() is None:
            raise TypeError("expiration is to be a datetime that knows its time zone")
        return _rounded_up("expiration", at.timestamp())
    if isinstance(at, int):
        return at
    if isinstance(at, float):
        return _rounded_up("expiration", at)
    raise TypeError(f"expiration is to be Unix seconds or a datetime, not {type(at).__name__}")


def _rounded_up(what: str, number: float) -> int:
    if number != number:
        raise InvalidArgument(f"{what} is not a number")
    if abs(number) >= _U64_MAX:
        return _U64_MAX if number > 0 else 0
    # Decimal fractions are not exact: 0.07 * 1000 is 70.00000000000001.
    return -int(-round(number, 6) // 1)
