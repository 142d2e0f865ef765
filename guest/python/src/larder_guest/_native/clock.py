"""The time of the store, and what a test may do to the store."""

from __future__ import annotations

from .connection import Effect, ask


def now_ms() -> int:
    """Unix time in milliseconds, by which the store judges what has expired."""
    answer = ask("GET", "/clock")
    with answer.understood():
        return int(answer.json()["now_ms"])


def seconds() -> float:
    """The same in seconds, as `time.time` has it."""
    return now_ms() / 1000


def set_ms(now: int) -> None:
    ask("POST", "/clock", sent={"now_ms": now}, effect=Effect.WRITE)


def advance_ms(by: int) -> None:
    ask("POST", "/clock", sent={"advance_ms": by}, effect=Effect.WRITE)


def reset() -> None:
    """Begins the store anew."""
    ask("POST", "/reset", effect=Effect.WRITE)
