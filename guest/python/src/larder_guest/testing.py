"""The time of a store that is open for tests, as under `larder test`.

Tests need not wait for anything to expire:

    def test_a_session_ends(larder):
        sessions.put("session:1", "ada", ttl=1800)
        larder.advance(1800)
        assert sessions.get("session:1") is None

`larder` is the fixture of the plugin `larder_guest.pytest_plugin`, which pytest finds by itself. It
begins the store anew before each test and has the functions below. Without pytest they are called as
they are here.

The time is the store's alone: `time.time` and `datetime.now` are those of the machine, unless they
are asked inside a component. A store that is not open for tests answers `Unsupported`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from . import _lower as lower
from ._errors import asked
from ._native import clock

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["advance", "now", "reset", "set_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def now() -> datetime:
    """The time of the store, to the millisecond, in UTC."""
    return _EPOCH + asked(clock.now_ms) * _MILLISECOND


def advance(by: float | Decimal | timedelta) -> None:
    """Moves the time on by so many seconds or a `timedelta`; a fraction of a millisecond is rounded
    up. It never goes back so; `set_time` may."""
    asked(clock.advance_ms, _in_range("the time to advance by", lower.millis("by", by)))


def set_time(at: float | datetime) -> None:
    """Sets the time: Unix time in seconds, or a `datetime` that knows its time zone; a fraction of a
    millisecond is rounded up."""
    if isinstance(at, datetime):
        if at.utcoffset() is None:
            raise TypeError("at is to be a datetime that knows its time zone")
        since = lower.millis("at", at - _EPOCH)
    else:
        since = lower.millis("at", at)
    asked(clock.set_ms, _in_range("the time", since))


def reset() -> None:
    """Begins anew: every namespace is as it was at the start, with its seeds, and so is the time."""
    asked(clock.reset)


def _in_range(what: str, millis: int) -> int:
    if not 0 <= millis < 2**64:
        raise ValueError(f"{what} is to be 0 to {2**64 - 1} ms, not {millis}")
    return millis
