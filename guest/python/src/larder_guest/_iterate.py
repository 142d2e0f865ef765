"""Iterators over the keys and the entries of a listing, which follow its cursors to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from ._entries import Entry, KeyInfo, Page
from ._errors import TooLarge

#: Most keys in one bulk get; every store takes as many.
_BATCH_KEYS_MAX = 100
#: Most bytes of values that one bulk get is asked for, unless a single value is larger: few enough
#: that a component with little memory can hold them, enough that a call costs nothing beside them.
_BATCH_BYTES_MAX = 4 << 20

#: The page at a cursor.
Listing: TypeAlias = Callable[[str | None], Page]
GetMany: TypeAlias = Callable[[Sequence[str]], list[Entry | None]]


def keys(listing: Listing) -> Iterator[KeyInfo]:
    cursor = None
    while True:
        page = listing(cursor)
        yield from page.keys
        cursor = page.cursor
        if cursor is None:
            return


def items(listing: Listing, get_many: GetMany) -> Iterator[tuple[str, Entry]]:
    cursor = None
    while True:
        page = listing(cursor)
        listed = page.keys
        while listed:
            read, count = _batch(listed, get_many)
            yield from read
            listed = listed[count:]
        cursor = page.cursor
        if cursor is None:
            return


def _batch(listed: Sequence[KeyInfo], get_many: GetMany) -> tuple[list[tuple[str, Entry]], int]:
    """The entries of the next keys, as many as fit in a bulk get, and how many keys those were. A
    key that has gone since it was listed is left out."""
    count = _batch_len(listed)
    while True:
        names = [key.name for key in listed[:count]]
        try:
            entries = get_many(names)
        except TooLarge as error:
            # The values have grown since they were listed, or this store takes fewer.
            if error.subject != "batch" or count == 1:
                raise
            count //= 2
            continue
        read = [(name, entry) for name, entry in zip(names, entries) if entry is not None]
        return read, count


def _batch_len(listed: Sequence[KeyInfo]) -> int:
    """How many of these one bulk get is asked for: at least one."""
    bytes = 0
    for index, key in enumerate(listed[:_BATCH_KEYS_MAX]):
        bytes += key.size
        if bytes > _BATCH_BYTES_MAX:
            return max(index, 1)
    return min(len(listed), _BATCH_KEYS_MAX)
