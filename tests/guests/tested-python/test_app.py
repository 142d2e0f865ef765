"""Tests as authors of guests write them, and what could go wrong with the store beneath."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import larder_guest
import pytest
from app import kv, visit
from larder_guest.pytest_plugin import Larder


@pytest.mark.parametrize("_", range(3))
def test_each_test_begins_with_an_empty_store(larder: Larder, _: int) -> None:
    assert visit("ada") == 1
    # Other processes that test on this store are to wait.
    time.sleep(0.05)
    assert [key.name for key in kv.keys()] == ["visits:ada"]


def test_a_counter_begins_anew_after_its_time(larder: Larder) -> None:
    larder.set_time(1_800_000_000.25)
    assert [visit("ada"), visit("ada")] == [1, 2]
    larder.advance(timedelta(seconds=59, milliseconds=999))
    assert visit("ada") == 3
    larder.advance(0.001)
    assert visit("ada") == 1
    counter = kv.increment("visits:ada")
    assert (counter.expiration, counter.retry_after()) == (1_800_000_121, 61)


def test_the_time_is_what_a_test_sets(larder: Larder) -> None:
    start = larder.now()
    moment = datetime(2026, 11, 22, 1, tzinfo=timezone(timedelta(hours=1)))
    larder.set_time(moment)
    assert larder.now() == moment and larder.now().utcoffset() == timedelta(0)
    larder.set_time(0.001)
    assert larder.now() == datetime(1970, 1, 1, 0, 0, 0, 1000, timezone.utc)
    larder.reset()
    assert larder.now() == start
    with pytest.raises(TypeError, match="time zone"):
        larder.set_time(datetime(2026, 11, 22))
    with pytest.raises(ValueError, match="not -1000"):
        larder.advance(-1)


def test_threads_may_use_the_store_at_once(larder: Larder) -> None:
    with ThreadPoolExecutor(8) as threads:
        values = list(threads.map(lambda _: visit("ada"), range(400)))
    assert sorted(values) == list(range(1, 401))


def test_readers_and_writers_are_let_go_of(larder: Larder) -> None:
    kv.put("k", "value")
    # The store holds 1000 of them at a time.
    for _ in range(1100):
        with kv.open("k") as reader:
            assert reader.read_at(1, 2) == b"al"
        assert kv.open("k", "wb").write(b"never finished") == 14
    assert kv.get("k") == b"value"


def test_a_reader_keeps_the_value_it_was_opened_on(larder: Larder) -> None:
    kv.put("k", "one", ttl=1)
    with kv.open("k") as reader:
        kv.put("k", "two")
        larder.advance(3600)
        assert reader.read() == b"one"


@pytest.mark.parametrize("key", ["", ".", "..", "k" * 513, "k" * 100_000])
def test_no_key_is_too_odd_to_be_refused_by_the_store(larder: Larder, key: str) -> None:
    with pytest.raises((larder_guest.InvalidArgument, larder_guest.TooLarge)) as put:
        kv.put(key, "v")
    for read in (kv.get, kv.head, kv.delete):
        with pytest.raises(type(put.value)) as refused:
            read(key)
        assert str(refused.value) == str(put.value)


@pytest.mark.parametrize("key", ["/", "a//b", "a/../b", "%2F", "a b+c", "?q#f", "\0", "é\r\n"])
def test_every_key_that_the_store_takes_comes_back(larder: Larder, key: str) -> None:
    kv.put(key, "v", metadata={"é": 1})
    assert kv.get(key) == b"v"
    assert [(found.name, found.metadata) for found in kv.keys()] == [(key, {"é": 1})]


def test_what_is_too_large_for_a_request_is_too_large(larder: Larder) -> None:
    with pytest.raises(larder_guest.TooLarge, match="the value has"):
        kv.put("k", bytes(60 << 20))
    for size in (1025, 1 << 20):
        with pytest.raises(larder_guest.TooLarge, match=f"the metadata has {size} bytes"):
            kv.put("k", "v", metadata="x" * (size - 2))
    with pytest.raises(larder_guest.TooLarge):
        kv.list(prefix="p" * 100_000)
    with pytest.raises(larder_guest.InvalidArgument, match="cursor"):
        kv.list(cursor="c" * 100_000)
    assert list(kv.keys()) == []
