"""The proxy guest of `tests/guests/wit`, through the package `larder_guest`."""

import builtins
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import convert
import larder_guest as sdk
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import larder_kv_store as wit


P = ParamSpec("P")
R = TypeVar("R")


class Opened:
    """What was opened so far."""

    namespace: sdk.Namespace

    def __init__(self) -> None:
        self.readers: dict[int, sdk.Reader] = {}
        self.writers: dict[int, sdk.Writer] = {}
        self._last_number = 0

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number


OPENED = Opened()


def answering(operation: Callable[P, R]) -> Callable[P, R]:
    """The operation, with the package's errors as those of the contract."""

    @functools.wraps(operation)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return operation(*args, **kwargs)
        except sdk.Error as error:
            raise Err(convert.error(error)) from error

    return answered


class Operations(exports.Operations):
    def bindings(self) -> list[str]:
        return sdk.bindings()

    @answering
    def open(self, binding: str) -> None:
        OPENED.namespace = sdk.Namespace(binding).bind()

    @answering
    def get(self, key: str) -> bytes | None:
        return OPENED.namespace.get(key)

    @answering
    def get_repeatedly(self, key: str, times: int) -> None:
        for _ in range(times):
            OPENED.namespace.get(key)

    @answering
    def get_entry(self, key: str) -> wit.Entry | None:
        return convert.entry(OPENED.namespace.get_entry(key))

    @answering
    def get_many(self, keys: list[str]) -> list[wit.Entry | None]:
        return [convert.entry(entry) for entry in OPENED.namespace.get_many(keys)]

    @answering
    def head(self, key: str) -> wit.KeyInfo | None:
        info = OPENED.namespace.head(key)
        return None if info is None else convert.key_info(info)

    @answering
    def put(self, key: str, value: bytes) -> int:
        return OPENED.namespace.put(key, value).version

    @answering
    def put_with(self, key: str, value: bytes, options: wit.PutOptions) -> wit.WriteOutcome:
        outcome = OPENED.namespace.put(key, value, **convert.options(options))
        return convert.write_outcome(outcome)

    @answering
    def delete(self, key: str) -> bool:
        return OPENED.namespace.delete(key)

    @answering
    def delete_if(self, key: str, version: int) -> wit.DeleteOutcome:
        outcome = OPENED.namespace.delete(key, if_version=sdk.Version(version))
        if isinstance(outcome, sdk.Conflict):
            return wit.DeleteOutcome_Conflict(outcome.found)
        return wit.DeleteOutcome_Deleted()

    @answering
    def expire(self, key: str, expiration: wit.Expiration | None) -> int | None:
        if isinstance(expiration, wit.Expiration_At):
            return OPENED.namespace.expire(key, expiration=expiration.value)
        return OPENED.namespace.expire(key, convert.ttl(expiration))

    @answering
    def increment(self, key: str, delta: int, expiration: wit.Expiration | None) -> wit.Counter:
        when = convert.expiration(expiration)
        counter = OPENED.namespace.increment(key, delta, **when)
        return wit.Counter(counter.value, counter.expiration, counter.version)

    @answering
    def list(self, options: wit.ListOptions) -> wit.ListPage:
        page = OPENED.namespace.list(
            prefix=options.prefix,
            start=options.start,
            end=options.end,
            reverse=options.reverse,
            limit=options.limit,
            cursor=options.cursor,
        )
        return wit.ListPage([convert.key_info(info) for info in page.keys], page.cursor)

    @answering
    def commit(
        self, checks: builtins.list[wit.Check], operations: builtins.list[wit.Operation]
    ) -> wit.CommitOutcome:
        outcome = OPENED.namespace.commit(
            *(convert.check(check) for check in checks),
            *(convert.operation(operation) for operation in operations),
        )
        if isinstance(outcome, sdk.CommitConflict):
            return wit.CommitOutcome_Conflict(outcome.check)
        return wit.CommitOutcome_Committed(wit.Committed(outcome.version, outcome.counters))

    @answering
    def open_reader(self, key: str) -> int | None:
        try:
            reader = OPENED.namespace.open(key, "rb")
        except sdk.NoSuchKey:
            return None
        number = OPENED.next_number()
        OPENED.readers[number] = reader
        return number

    def info(self, reader: int) -> wit.KeyInfo:
        return convert.key_info(OPENED.readers[reader].info)

    @answering
    def read(self, reader: int, offset: int, max: int) -> bytes:
        return OPENED.readers[reader].read_at(offset, max)

    def drop_reader(self, reader: int) -> None:
        OPENED.readers.pop(reader).close()

    @answering
    def open_writer(self, key: str, options: wit.PutOptions) -> int:
        writer = OPENED.namespace.open(key, "wb", **convert.options(options))
        number = OPENED.next_number()
        OPENED.writers[number] = writer
        return number

    @answering
    def write(self, writer: int, chunk: bytes) -> None:
        file = OPENED.writers[writer]
        file.write(chunk)
        file.flush()

    @answering
    def finish(self, writer: int) -> wit.WriteOutcome:
        return convert.write_outcome(OPENED.writers.pop(writer).finish())

    def drop_writer(self, writer: int) -> None:
        OPENED.writers.pop(writer).discard()
