"""The parts of an atomic commit."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from . import _lower as lower
from . import _options as options
from ._outcomes import Version
from ._wit import store as wit

if TYPE_CHECKING:
    from collections.abc import Buffer


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold of a key before the first operation: one of the three."""

    key: str
    _: KW_ONLY
    #: The key does not exist.
    if_absent: bool = False
    #: The key exists.
    if_present: bool = False
    #: The key exists and this write made it what it is.
    if_version: Version | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Writes a key, as `Namespace.put` does. A condition is a check of the whole commit."""

    key: str
    value: str | Buffer
    _: KW_ONLY
    ttl: lower.Ttl | None = None
    expiration: lower.Expiration | None = None
    metadata: Any = None
    metadata_json: str | None = None
    if_absent: bool = False
    if_present: bool = False
    if_version: Version | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes a key, if it exists."""

    key: str


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds to a counter, as `Namespace.increment` does."""

    key: str
    delta: int = 1
    _: KW_ONLY
    ttl: lower.Ttl | None = None
    expiration: lower.Expiration | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """Changes the expiration of a key alone, if it exists; without one it never expires."""

    key: str
    _: KW_ONLY
    ttl: lower.Ttl | None = None
    expiration: lower.Expiration | None = None


Step: TypeAlias = Check | Put | Delete | Increment | Expire


def lowered(steps: tuple[Step, ...]) -> tuple[list[wit.Check], list[wit.Operation]]:
    checks = []
    operations = []
    for step in steps:
        if isinstance(step, Check | Put):
            condition = options.condition(step.if_absent, step.if_present, step.if_version)
            if condition is not None:
                checks.append(wit.Check(lower.text("key", step.key), condition))
            elif isinstance(step, Check):
                raise TypeError("a check is to say if_absent, if_present or if_version")
        if not isinstance(step, Check):
            operations.append(_operation(step))
    return checks, operations


def _operation(step: Put | Delete | Increment | Expire) -> wit.Operation:
    match step:
        case Put():
            value = lower.data("value", step.value)
            metadata = options.metadata_text(step.metadata, step.metadata_json)
            put = wit.PutOperation(_key(step), value, _expiration(step), metadata)
            return wit.Operation_Put(put)
        case Delete():
            return wit.Operation_Delete(_key(step))
        case Increment():
            delta = lower.s64("delta", step.delta)
            increment = wit.IncrementOperation(_key(step), delta, _expiration(step))
            return wit.Operation_Increment(increment)
        case Expire():
            return wit.Operation_Expire(wit.ExpireOperation(_key(step), _expiration(step)))
        case _:
            raise TypeError(f"a commit takes no {type(step).__name__}")


def _key(step: Put | Delete | Increment | Expire) -> str:
    return lower.text("key", step.key)


def _expiration(step: Put | Increment | Expire) -> wit.Expiration | None:
    return lower.expiration(step.ttl, step.expiration)
