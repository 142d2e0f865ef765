"""Bad input, and what Python says of it; each time the instance lives on."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import larder_guest
from larder_guest import Check, Namespace


def closed_file(kv: Namespace) -> None:
    file = kv.open("closed", "wb")
    file.close()
    file.write(b"more")


def closed_reader(kv: Namespace) -> None:
    kv.put("k", "v")
    file = kv.open("k")
    file.close()
    file.read()


def pieces_that_fail() -> Iterator[bytes]:
    yield b"x" * 1_000_000
    raise OSError("the source broke off")


def half_written(kv: Namespace) -> None:
    with kv.open("half", "wb") as file:
        file.writelines(pieces_that_fail())


def half_written_as_text(kv: Namespace) -> None:
    with kv.open("half", "wb") as file, io.TextIOWrapper(file) as text:
        text.write("x" * 1_000_000)
        raise OSError("the source broke off")


def half_written_and_closed(kv: Namespace) -> None:
    file = kv.open("half", "wb")
    try:
        file.writelines(pieces_that_fail())
    finally:
        file.close()


def never_closed(kv: Namespace) -> None:
    kv.open("half", "wb").write(b"x" * 1_000_000)


def too_much_in_pieces(kv: Namespace) -> None:
    with kv.open("half", "wb") as file:
        for _ in range(27):
            file.write(b"x" * 1_000_000)


# What is wrong on purpose is not for the type checker.
CASES: dict[str, Callable[[Any], object]] = {
    "key-int": lambda kv: kv.get(5),
    "key-none": lambda kv: kv.delete(None),
    "keys-one": lambda kv: kv.get_many("key"),
    "value-dict": lambda kv: kv.put("k", {"a": 1}),
    "version-float": lambda kv: kv.delete("k", if_version=1.5),
    "delta-65-bits": lambda kv: kv.increment("n", 2**63),
    "ttl-text": lambda kv: kv.put("k", "v", ttl="60"),
    "ttl-negative": lambda kv: kv.put("k", "v", ttl=-1),
    "ttl-nan": lambda kv: kv.put("k", "v", ttl=float("nan")),
    "ttl-and-expiration": lambda kv: kv.put("k", "v", ttl=1, expiration=2),
    "two-conditions": lambda kv: kv.put("k", "v", if_absent=True, if_present=True),
    "unknown-option": lambda kv: kv.put("k", "v", tll=1),
    "expire-unsaid": lambda kv: kv.expire("k"),
    "metadata-set": lambda kv: kv.put("k", "v", metadata={1}),
    "json-nan": lambda kv: kv.put_json("k", float("nan")),
    "limit-0": lambda kv: kv.list(limit=0),
    "check-empty": lambda kv: kv.commit(Check("k")),
    "commit-text": lambda kv: kv.commit("k"),
    "mode": lambda kv: kv.open("k", "a"),
    "no-such-key": lambda kv: kv.open("nothing"),
    "surrogate-key": lambda kv: kv.get("a\ud800"),
    "surrogate-value": lambda kv: kv.put("k", "\udfff"),
    "surrogate-metadata": lambda kv: kv.put("k", "v", metadata="\ud800"),
    "surrogate-prefix": lambda kv: list(kv.keys("\ud800")),
    "key-513": lambda kv: kv.get("k" * 513),
    "value-26214401": lambda kv: kv.put("k", b"x" * 26_214_401),
    "binding": lambda kv: Namespace("NOPE").get("k"),
    "closed-file": closed_file,
    "closed-reader": closed_reader,
    "half-written": half_written,
    "half-written-as-text": half_written_as_text,
    "half-written-and-closed": half_written_and_closed,
    "never-closed": never_closed,
    "too-much-in-pieces": too_much_in_pieces,
}


def told(kv: Namespace, name: str) -> str:
    """The kind and the words of the error; whether the namespace answers afterwards, and what it
    then has of the file that was written half."""
    try:
        CASES[name](kv)
        said = "nothing"
    except Exception as error:
        own = "larder_guest." if isinstance(error, larder_guest.Error) else ""
        said = f"{own}{type(error).__name__}: {error}"
    kv.put("alive", name)
    return json.dumps([said, kv.get_text("alive") == name, kv.head("half") is None])
