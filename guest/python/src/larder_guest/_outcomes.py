"""What a write came to. A lost race is an outcome, not an error; it counts as false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

from ._wit import store as wit

#: Names one write of a key: it changes with every write and is never reused, also not after a
#: delete or a crash. Only equality has meaning. It is an int, to be kept or sent elsewhere: in an
#: `ETag`, for example.
Version = NewType("Version", int)


@dataclass(frozen=True, slots=True)
class Written:
    """The key was written."""

    #: The write is named so.
    version: Version


@dataclass(frozen=True, slots=True)
class Deleted:
    """The key was deleted."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The condition did not hold, and nothing was written. It counts as false."""

    #: The version found instead; `None` when the key is absent.
    found: Version | None

    def __bool__(self) -> Literal[False]:
        return False


@dataclass(frozen=True, slots=True)
class Committed:
    """Every operation of a commit happened."""

    #: The version of every key written.
    version: Version
    #: The results of the increments, in order.
    counters: list[int]


@dataclass(frozen=True, slots=True)
class CommitConflict:
    """A check did not hold, and nothing happened. It counts as false."""

    #: The index of the first check that did not hold, among the checks and conditions of the
    #: commit in their order.
    check: int

    def __bool__(self) -> Literal[False]:
        return False


def write_outcome(outcome: wit.WriteOutcome) -> Written | Conflict:
    if isinstance(outcome, wit.WriteOutcome_Written):
        return Written(Version(outcome.value))
    return Conflict(optional_version(outcome.value))


def delete_outcome(outcome: wit.DeleteOutcome) -> Deleted | Conflict:
    if isinstance(outcome, wit.DeleteOutcome_Deleted):
        return Deleted()
    return Conflict(optional_version(outcome.value))


def commit_outcome(outcome: wit.CommitOutcome) -> Committed | CommitConflict:
    if isinstance(outcome, wit.CommitOutcome_Committed):
        return Committed(Version(outcome.value.version), outcome.value.counters)
    return CommitConflict(outcome.value)


def optional_version(version: int | None) -> Version | None:
    return None if version is None else Version(version)
