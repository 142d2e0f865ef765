"""What is kept of a key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from ._errors import NotJson
from ._outcomes import Version
from ._wit import now
from ._wit import store as wit


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key with everything but its value."""

    #: The key.
    name: str
    #: When it stops existing: Unix time in seconds, rounded up; `None` is never.
    expiration: int | None
    #: The metadata as JSON text; `metadata` reads it.
    metadata_json: str | None
    #: The write that made it what it is.
    version: Version
    #: Bytes of the value.
    size: int

    @property
    def metadata(self) -> Any:
        """The metadata; `None` when the key has none."""
        return _metadata(self.metadata_json)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with everything that is kept beside it."""

    #: The value.
    value: bytes
    #: When the key stops existing: Unix time in seconds, rounded up; `None` is never.
    expiration: int | None
    #: The metadata as JSON text; `metadata` reads it.
    metadata_json: str | None
    #: The write that made it what it is.
    version: Version

    @property
    def metadata(self) -> Any:
        """The metadata; `None` when the key has none."""
        return _metadata(self.metadata_json)

    def text(self) -> str:
        """The value as text; `UnicodeDecodeError` when it is not UTF-8."""
        return self.value.decode()

    def json(self) -> Any:
        """The value, read as JSON; `NotJson` when it is something else."""
        return parsed("the value", self.value)


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter after an increment."""

    #: Its value.
    value: int
    #: When it stops existing and counting begins anew: Unix time in seconds, rounded up; `None`
    #: is never.
    expiration: int | None
    #: The write that made it what it is.
    version: Version

    def retry_after(self) -> int | None:
        """What the HTTP header `Retry-After` says of a limit that this counter has reached: whole
        seconds until it expires and counting begins anew, at least 1; `None` when it never does.

        It is `expiration` less the seconds that the component's clock shows: who waits so long
        never comes too early, and since both are rounded to seconds, up to two seconds too late.
        It can therefore be one more than the seconds of the ttl.
        """
        if self.expiration is None:
            return None
        return max(self.expiration - int(now()), 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Keys in UTF-8 byte order, or its reverse, without their values.

    A page may hold fewer keys than the limit, even none, and still carry a cursor: only a missing
    cursor ends the listing. `Namespace.keys` sees to that.
    """

    #: The keys.
    keys: list[KeyInfo]
    #: Where the next page goes on.
    cursor: str | None


def parsed(what: str, json_text: bytes | str) -> Any:
    try:
        text = json_text if isinstance(json_text, str) else json_text.decode()
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise NotJson(f"{what} is not JSON: {error}") from error


def _metadata(json_text: str | None) -> Any:
    return None if json_text is None else parsed("the metadata", json_text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def key_info(info: wit.KeyInfo) -> KeyInfo:
    return KeyInfo(info.name, info.expiration, info.metadata, Version(info.version), info.size)


def entry(entry: wit.Entry) -> Entry:
    return Entry(entry.value, entry.expiration, entry.metadata, Version(entry.version))


def counter(counter: wit.Counter) -> Counter:
    return Counter(counter.value, counter.expiration, Version(counter.version))


def page(page: wit.ListPage) -> Page:
    return Page([key_info(info) for info in page.keys], page.cursor)
