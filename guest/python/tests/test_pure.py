"""What needs no host: arguments as the contract has them, and listings over several pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import larder_guest
import pytest
from larder_guest import _iterate, _lower
from larder_guest._entries import Entry, KeyInfo, Page
from larder_guest._outcomes import Version


@pytest.mark.parametrize(
    ("ttl", "millis"),
    [
        (1800, 1_800_000),
        (0.07, 70),
        (0.0001, 1),
        (1e300, 2**64),
        (Decimal("18446744073709551.615"), 2**64 - 1),
        (timedelta(microseconds=1), 1),
        (timedelta(milliseconds=1, microseconds=1), 2),
    ],
)
def test_a_ttl_is_never_cut_short(ttl: Any, millis: int) -> None:
    assert min(_lower.millis("ttl", ttl), 2**64) in (millis, millis - (millis == 2**64))


def test_an_expiration_is_rounded_up() -> None:
    half = datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=timezone.utc)
    assert _lower._unix_seconds(half) == 1_767_225_601
    assert _lower._unix_seconds(1.5) == 2
    with pytest.raises(TypeError, match="time zone"):
        _lower._unix_seconds(datetime(2026, 1, 1))


class Store:
    """Keys on pages of two, and bulk gets of which the store takes so many."""

    def __init__(self, sizes: Sequence[int], most: int) -> None:
        self.infos = [KeyInfo(f"k{i}", None, None, Version(i), size) for i, size in enumerate(sizes)]
        self.most = most
        self.asked: list[int] = []

    def page(self, cursor: str | None) -> Page:
        at = int(cursor or 0)
        more = str(at + 2) if at + 2 < len(self.infos) else None
        return Page(self.infos[at : at + 2], more)

    def get_many(self, keys: Sequence[str]) -> list[Entry | None]:
        self.asked.append(len(keys))
        if len(keys) > self.most:
            raise larder_guest.TooLarge("batch", 2, 1)
        return [Entry(key.encode(), None, None, Version(1)) if key != "k1" else None for key in keys]


def test_keys_are_those_of_all_pages() -> None:
    store = Store([1] * 5, 100)
    assert [key.name for key in _iterate.keys(store.page)] == ["k0", "k1", "k2", "k3", "k4"]


def test_items_leave_out_what_has_gone_and_ask_for_less_when_that_is_too_much() -> None:
    store = Store([1] * 5, 1)
    names = [name for name, _ in _iterate.items(store.page, store.get_many)]
    assert names == ["k0", "k2", "k3", "k4"]
    assert store.asked == [2, 1, 1, 2, 1, 1, 1]


def test_a_batch_has_at_most_4_mib_unless_one_value_has_more() -> None:
    store = Store([5 << 20, 1, 3 << 20, 2 << 20], 100)
    assert [len(list(_iterate.items(store.page, store.get_many))), store.asked] == [3, [1, 1, 1, 1]]


def test_a_conflict_counts_as_false() -> None:
    assert not larder_guest.Conflict(None) and not larder_guest.CommitConflict(0)
    assert larder_guest.Written(Version(0)) and larder_guest.Deleted()
