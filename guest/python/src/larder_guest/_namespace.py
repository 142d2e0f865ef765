"""The operations on keys."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, overload

from . import _commit as commit
from . import _entries as entries
from . import _iterate as iterate
from . import _lower as lower
from . import _outcomes as outcomes
from ._entries import Counter, Entry, KeyInfo, Page
from ._errors import NamespaceDeleted, NoSuchBinding, NoSuchKey, asked
from ._files import Reader, Writer
from ._options import ConditionalPutOptions, PutOptions, put_options
from ._outcomes import CommitConflict, Committed, Conflict, Deleted, Version, Written
from ._wit import check_running
from ._wit import store as wit

if TYPE_CHECKING:
    from collections.abc import Buffer


def bindings() -> list[str]:
    """The names that `Namespace` knows, in order."""
    check_running()
    return wit.bindings()


class Namespace:
    """A namespace that the host has bound for this component.

    It is opened by its first use, not when it is made: so it may stand at the top of a module,
    which runs when the component is built. A name that is not bound is `NoSuchBinding` then.

    A key is 1 to 512 bytes of UTF-8, not `.` or `..`; a value has at most 26,214,400 bytes. What is
    outside a limit is `TooLarge` or `InvalidArgument`. A `ttl` is a number of seconds or a
    `timedelta`, at least 1 ms, kept to the millisecond; an `expiration` Unix seconds or a `datetime`
    that knows its time zone, in the future. An argument of a wrong type is a `TypeError`.
    """

    def __init__(self, binding: str) -> None:
        self._binding = lower.text("binding", binding)
        self._opened: wit.Namespace | None = None

    def __repr__(self) -> str:
        return f"Namespace({self._binding!r})"

    @property
    def binding(self) -> str:
        """The name under which the host has bound it."""
        return self._binding

    def bind(self) -> Self:
        """Opens the namespace now rather than at its first use; `NoSuchBinding` lists the names
        that are bound."""
        self._opened = None
        self._handle()
        return self

    def get(self, key: str) -> bytes | None:
        """The value of a key; `None` when there is no such key."""
        return asked(self._handle().get, lower.text("key", key))

    def get_text(self, key: str) -> str | None:
        """The value of a key, as text; `None` when there is no such key, `UnicodeDecodeError` when
        it is not UTF-8."""
        value = self.get(key)
        return None if value is None else value.decode()

    def get_json(self, key: str) -> Any:
        """The value of a key, read as JSON; `None` when there is no such key (or it holds `null`),
        `NotJson` when it is something else."""
        value = self.get(key)
        return None if value is None else entries.parsed(f'the value of "{key}"', value)

    def get_entry(self, key: str) -> Entry | None:
        """The value of a key with everything that is kept beside it."""
        entry = asked(self._handle().get_entry, lower.text("key", key))
        return None if entry is None else entries.entry(entry)

    def get_many(self, keys: Iterable[str]) -> builtins.list[Entry | None]:
        """Up to 100 keys at once, with at most 25 MiB of values in all. The answers stand in the
        order of the keys, each for itself also where a key is named twice."""
        if isinstance(keys, str):
            raise TypeError("keys is to be several keys, not str")
        names = [lower.text("key", key) for key in keys]
        found = asked(self._handle().get_many, names)
        return [None if entry is None else entries.entry(entry) for entry in found]

    def head(self, key: str) -> KeyInfo | None:
        """A key with everything but its value; `None` when there is no such key."""
        info = asked(self._handle().head, lower.text("key", key))
        return None if info is None else entries.key_info(info)

    @overload
    def put(self, key: str, value: str | Buffer, **options: Unpack[PutOptions]) -> Written: ...
    @overload
    def put(
        self, key: str, value: str | Buffer, **options: Unpack[ConditionalPutOptions]
    ) -> Written | Conflict: ...
    def put(
        self, key: str, value: str | Buffer, **options: Unpack[ConditionalPutOptions]
    ) -> Written | Conflict:
        """Writes a key, if the condition holds, replacing value, metadata and expiration together:
        what is not given is removed.

        `value` is bytes, or text, which is kept as UTF-8. `metadata` is any JSON value, to be kept
        beside the value for listings to answer with: at most 1024 bytes as JSON. `metadata_json` is
        JSON text instead, kept byte for byte. `if_absent`, `if_present` and `if_version` (the write
        that made the key what it is) exclude each other; when the condition does not hold, the
        outcome is `Conflict`, which counts as false.
        """
        name, data = lower.text("key", key), lower.data("value", value)
        lowered = put_options(**options)
        return outcomes.write_outcome(asked(self._handle().put_with, name, data, lowered))

    @overload
    def put_json(self, key: str, value: Any, **options: Unpack[PutOptions]) -> Written: ...
    @overload
    def put_json(
        self, key: str, value: Any, **options: Unpack[ConditionalPutOptions]
    ) -> Written | Conflict: ...
    def put_json(
        self, key: str, value: Any, **options: Unpack[ConditionalPutOptions]
    ) -> Written | Conflict:
        """Writes a key whose value is JSON; the options are those of `put`."""
        return self.put(key, lower.as_json("value", value), **options)

    @overload
    def delete(self, key: str) -> bool: ...
    @overload
    def delete(self, key: str, *, if_version: Version) -> Deleted | Conflict: ...
    def delete(
        self, key: str, *, if_version: Version | None = None
    ) -> bool | Deleted | Conflict:
        """Deletes a key; whether there was one. With `if_version` only if that write made it what
        it is, and the outcome is `Deleted`, or `Conflict`, which counts as false."""
        name = lower.text("key", key)
        if if_version is None:
            return asked(self._handle().delete, name)
        outcome = asked(self._handle().delete_if, name, lower.version(if_version))
        return outcomes.delete_outcome(outcome)

    @overload
    def expire(self, key: str, ttl: lower.Ttl | None) -> Version | None: ...
    @overload
    def expire(self, key: str, *, expiration: lower.Expiration) -> Version | None: ...
    def expire(
        self,
        key: str,
        ttl: lower.Ttl | None | Literal["unsaid"] = "unsaid",
        *,
        expiration: lower.Expiration | None = None,
    ) -> Version | None:
        """Changes the expiration of a key alone; value and metadata stay. `expire(key, None)` is
        never. The new version, or `None` when there is no such key."""
        if ttl == "unsaid":
            if expiration is None:
                raise TypeError("say when: a ttl, an expiration, or None for never")
            ttl = None
        name = lower.text("key", key)
        when = lower.expiration(ttl, expiration)
        return outcomes.optional_version(asked(self._handle().expire, name, when))

    def increment(
        self,
        key: str,
        delta: int = 1,
        *,
        ttl: lower.Ttl | None = None,
        expiration: lower.Expiration | None = None,
    ) -> Counter:
        """Adds to a counter, in one step that no other write can come between.

        A counter is decimal text, `-?(0|[1-9][0-9]*)`, of 64 bits with its sign; absent counts as
        0; otherwise `NotACounter`. The expiration is that of a counter which begins here; one that
        exists keeps its expiration and metadata. So a limit per minute is:

            requests = limits.increment("limit:192.0.2.7", ttl=60)
            if requests.value > 100:
                print("Retry-After:", requests.retry_after())
        """
        name, by = lower.text("key", key), lower.s64("delta", delta)
        when = lower.expiration(ttl, expiration)
        return entries.counter(asked(self._handle().increment, name, by, when))

    def list(
        self,
        *,
        prefix: str | None = None,
        start: str | None = None,
        end: str | None = None,
        reverse: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """A page of keys in byte order, or its reverse, without their values.

        All bounds hold together: `prefix`, `start` (included) and `end` (not included) are any
        text, a key or not. `limit` is 1 to 1000 keys; without it 1000. `cursor` is that of an
        earlier page in the same direction: the page goes on after its last key.
        """
        options = wit.ListOptions(
            lower.optional_text("prefix", prefix),
            lower.optional_text("start", start),
            lower.optional_text("end", end),
            bool(reverse),
            None if limit is None else lower.u32("limit", limit),
            lower.optional_text("cursor", cursor),
        )
        return entries.page(asked(self._handle().list, options))

    def keys(
        self,
        prefix: str | None = None,
        *,
        start: str | None = None,
        end: str | None = None,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[KeyInfo]:
        """The keys that begin with a prefix, or within the bounds that `list` has, over all pages
        of the listing; a limit is that of a page. Keys that are written or deleted meanwhile may be
        seen or not.

            for key in sessions.keys("session:"):
                print(key.name, key.metadata)
        """
        return iterate.keys(self._listing(prefix, start, end, reverse, limit))

    def items(
        self,
        prefix: str | None = None,
        *,
        start: str | None = None,
        end: str | None = None,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[str, Entry]]:
        """The keys that `keys` has, with their entries. It reads them in batches of at most 100
        keys and 4 MiB, or of a single value that is larger.

            for name, flag in flags.items("flag:"):
                print(name, flag.json())
        """
        listing = self._listing(prefix, start, end, reverse, limit)
        return iterate.items(listing, self.get_many)

    def commit(self, *steps: commit.Step) -> Committed | CommitConflict:
        """Several keys in one step: all checks hold and all operations happen, or none does, also
        after a crash.

        The checks are judged before the first operation; each operation sees those before it. A
        condition of a `Put` is a check in its place. Every store takes 100 checks and operations
        and 1 MiB; a local one takes 1000 and 25 MiB.

            done = orders.commit(
                Check("order:17", if_absent=True),
                Put("order:17", order),
                Increment("orders"),
            )
            print(done.counters if done else "the order exists")
        """
        checks, operations = commit.lowered(steps)
        return outcomes.commit_outcome(asked(self._handle().commit, checks, operations))

    @overload
    def open(self, key: str, mode: Literal["rb"] = "rb") -> Reader: ...
    @overload
    def open(
        self, key: str, mode: Literal["wb"], **options: Unpack[ConditionalPutOptions]
    ) -> Writer: ...
    def open(
        self, key: str, mode: str = "rb", **options: Unpack[ConditionalPutOptions]
    ) -> Reader | Writer:
        """A value as a binary file: `"rb"` to read it in pieces, `NoSuchKey` when there is none;
        `"wb"` to write it in pieces, with the options of `put`.

        What is written becomes visible at the end of the `with`. When an exception leaves it,
        nothing is stored.

            with reports.open("2026/11.csv", "wb", ttl=timedelta(days=90)) as file:
                for day in days:
                    file.write(day.encode())
        """
        name = lower.text("key", key)
        if mode == "wb":
            lowered = put_options(**options)
            return Writer(asked(self._handle().open_writer, name, lowered))
        if mode != "rb":
            raise ValueError(f'mode is to be "rb" or "wb", not {mode!r}')
        if options:
            raise TypeError(f"a file that is read has no {next(iter(options))}")
        handle = asked(self._handle().open_reader, name)
        if handle is None:
            raise NoSuchKey(key)
        return Reader(handle)

    def _listing(
        self,
        prefix: str | None,
        start: str | None,
        end: str | None,
        reverse: bool,
        limit: int | None,
    ) -> iterate.Listing:
        def page(cursor: str | None) -> Page:
            return self.list(
                prefix=prefix, start=start, end=end, reverse=reverse, limit=limit, cursor=cursor
            )

        return page

    def _handle(self) -> wit.Namespace:
        if self._opened is None:
            check_running()
            try:
                self._opened = asked(wit.Namespace.open, self._binding)
            except NamespaceDeleted:
                # One case stands for a name that is not bound and for a namespace that is gone:
                # the names that are bound tell which.
                bound = bindings()
                if self._binding in bound:
                    raise
                raise NoSuchBinding(self._binding, bound) from None
        return self._opened
