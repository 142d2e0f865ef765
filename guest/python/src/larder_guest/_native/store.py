"""The module `larder_kv_store`, outside of a component."""

from __future__ import annotations

import builtins
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from . import wire
from .connection import Answer, Effect, ask
from .records import (
    Check,
    CommitOutcome,
    CommitOutcome_Committed,
    CommitOutcome_Conflict,
    Committed,
    Condition,
    Condition_Absent,
    Condition_Present,
    Condition_Version,
    Counter,
    DeleteOutcome,
    DeleteOutcome_Conflict,
    DeleteOutcome_Deleted,
    Entry,
    Err,
    Error,
    Error_AccessDenied,
    Error_InvalidArgument,
    Error_NoSuchBinding,
    Error_NotACounter,
    Error_Other,
    Error_OutcomeUnknown,
    Error_QuotaExceeded,
    Error_TooLarge,
    Error_TooManyRequests,
    Error_Unavailable,
    Error_Unsupported,
    Expiration,
    Expiration_At,
    Expiration_Ttl,
    Expiration_TtlMs,
    ExpireOperation,
    IncrementOperation,
    KeyInfo,
    ListOptions,
    ListPage,
    Operation,
    Operation_Delete,
    Operation_Expire,
    Operation_Increment,
    Operation_Put,
    PutOperation,
    PutOptions,
    Quota,
    SizeLimit,
    Subject,
    WriteOutcome,
    WriteOutcome_Conflict,
    WriteOutcome_Written,
)

_NO_OPTIONS = PutOptions(None, None, None)
#: What surely fits in a line of HTTP, in characters.
_LINE_MAX = 1 << 14


class _Resource:
    """What a `with` lets go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._let_go()
        return None

    def _let_go(self) -> None:
        pass


class Reader(_Resource):
    def __init__(self, target: str, info: KeyInfo) -> None:
        self._target = target
        self._info = info

    def info(self) -> KeyInfo:
        return self._info

    def read(self, offset: int, max: int) -> bytes:
        query = {"offset": str(offset), "max": str(max)}
        return ask("GET", self._target, query=query).body

    def _let_go(self) -> None:
        _let_go(self._target)


class Writer(_Resource):
    def __init__(self, target: str) -> None:
        self._target = target

    def write(self, chunk: bytes) -> None:
        ask("POST", self._target, body=chunk, effect=Effect.HIDDEN)

    @classmethod
    def finish(cls, writer: Self) -> WriteOutcome:
        target = f"{writer._target}/finish"
        return _write_outcome(ask("POST", target, effect=Effect.WRITE, expects=("conflict",)))

    def _let_go(self) -> None:
        _let_go(self._target)


class Namespace(_Resource):
    def __init__(self, binding: str) -> None:
        self._target = f"/bindings/{quote(binding, safe='')}"

    @classmethod
    def open(cls, binding: str) -> Self:
        if binding not in bindings():
            raise Err(Error_NoSuchBinding())
        return cls(binding)

    def get(self, key: str) -> bytes | None:
        answer = ask("GET", self._value(key), expects=("no-such-key",))
        return None if answer.code else answer.body

    def get_entry(self, key: str) -> Entry | None:
        answer = ask("GET", self._value(key), expects=("no-such-key",))
        if answer.code:
            return None
        with answer.understood():
            return wire.entry_of(answer.body, answer.headers)

    def get_many(self, keys: builtins.list[str]) -> builtins.list[Entry | None]:
        answer = ask("POST", f"{self._target}/get-many", sent={"keys": keys})
        with answer.understood():
            return [wire.entry(entry) for entry in answer.json()["entries"]]

    def head(self, key: str) -> KeyInfo | None:
        answer = ask("HEAD", self._value(key), expects=("no-such-key",))
        if answer.code:
            return None
        with answer.understood():
            return wire.key_info_of(key, answer.headers)

    def put(self, key: str, value: bytes) -> int:
        answer = self._put(key, value, _NO_OPTIONS)
        with answer.understood():
            return int(answer.json()["version"])

    def put_with(self, key: str, value: bytes, options: PutOptions) -> WriteOutcome:
        return _write_outcome(self._put(key, value, options))

    def delete(self, key: str) -> bool:
        answer = ask("DELETE", self._value(key), effect=Effect.WRITE)
        with answer.understood():
            return bool(answer.json()["deleted"])

    def delete_if(self, key: str, version: int) -> DeleteOutcome:
        query, expected = {"if": str(version)}, ("conflict",)
        answer = ask(
            "DELETE", self._value(key), query=query, effect=Effect.WRITE, expects=expected
        )
        return DeleteOutcome_Conflict(_found(answer)) if answer.code else DeleteOutcome_Deleted()

    def expire(self, key: str, expiration: Expiration | None) -> int | None:
        sent = {"key": key, "expiration": wire.expiration(expiration)}
        answer = self._write("expire", sent)
        with answer.understood():
            return wire.optional_int(answer.json(), "version")

    def increment(self, key: str, delta: int, expiration: Expiration | None) -> Counter:
        answer = self._write("increment", wire.increment(key, delta, expiration))
        with answer.understood():
            return wire.counter(answer.json())

    def list(self, options: ListOptions) -> ListPage:
        for bound in (options.prefix, options.start, options.end):
            self._fits_in_line(bound or "")
        if len(options.cursor or "") > _LINE_MAX:
            raise Err(Error_InvalidArgument("the cursor is not one of this store's: it is too long"))
        answer = ask("GET", f"{self._target}/keys", query=wire.list_query(options))
        with answer.understood():
            page = answer.json()
            return ListPage([wire.key_info(key) for key in page["keys"]], page.get("cursor"))

    def commit(
        self, checks: builtins.list[Check], operations: builtins.list[Operation]
    ) -> CommitOutcome:
        sent = {
            "checks": [wire.check(check) for check in checks],
            "operations": [wire.operation(operation) for operation in operations],
        }
        answer = self._write("commit", sent, expects=("conflict",))
        with answer.understood():
            said = answer.json()
            if answer.code:
                return CommitOutcome_Conflict(int(said["error"]["check"]))
            counters = [int(counter) for counter in said["counters"]]
            return CommitOutcome_Committed(Committed(int(said["version"]), counters))

    def open_reader(self, key: str) -> Reader | None:
        answer = ask(
            "POST", f"{self._target}/readers", sent={"key": key}, expects=("no-such-key",)
        )
        if answer.code:
            return None
        with answer.understood():
            opened = answer.json()
            return Reader(f"/readers/{opened['reader']}", wire.key_info(opened["info"]))

    def open_writer(self, key: str, options: PutOptions) -> Writer:
        sent = wire.writer(key, options)
        answer = ask("POST", f"{self._target}/writers", sent=sent, effect=Effect.HIDDEN)
        with answer.understood():
            return Writer(f"/writers/{answer.json()['writer']}")

    def _value(self, key: str) -> str:
        self._fits_in_line(key)
        return f"{self._target}/values/{quote(key, safe='')}"

    def _fits_in_line(self, text: str) -> None:
        if len(text) > _LINE_MAX:
            # No key and no bound is as long: the store refuses it.
            ask("POST", f"{self._target}/get-many", sent={"keys": [text]})

    def _put(self, key: str, value: bytes, options: PutOptions) -> Answer:
        if len(options.metadata or "") > _LINE_MAX:
            # Nor is any metadata.
            self.open_writer(key, options)._let_go()
        return ask(
            "PUT",
            self._value(key),
            query=wire.put_query(options),
            headers=wire.put_headers(options),
            body=value,
            effect=Effect.WRITE,
            expects=("conflict",),
        )

    def _write(self, operation: str, sent: Any, expects: tuple[str, ...] = ()) -> Answer:
        target = f"{self._target}/{operation}"
        return ask("POST", target, sent=sent, effect=Effect.WRITE, expects=expects)


def bindings() -> list[str]:
    answer = ask("GET", "/bindings")
    with answer.understood():
        return list(map(str, answer.json()["bindings"]))


def _write_outcome(answer: Answer) -> WriteOutcome:
    if answer.code:
        return WriteOutcome_Conflict(_found(answer))
    with answer.understood():
        return WriteOutcome_Written(int(answer.json()["version"]))


def _found(conflict: Answer) -> int | None:
    with conflict.understood():
        return wire.optional_int(conflict.json()["error"], "found")


def _let_go(target: str) -> None:
    """The store lets go of it by itself where it cannot be told."""
    try:
        ask("DELETE", target, effect=Effect.HIDDEN)
    except (Err, RuntimeError):
        pass
