"""The types of the contract, as componentize-py makes them; `tests/test_shape.py` compares them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Err(Exception):
    """An error of the contract."""

    def __init__(self, value: Error) -> None:
        super().__init__(value)
        self.value = value


class Subject(Enum):
    KEY = 0
    VALUE = 1
    METADATA = 2
    BATCH = 3


@dataclass
class SizeLimit:
    of: Subject
    bytes: int
    bytes_max: int


class Quota(Enum):
    KEYS = 0
    BYTES = 1
    STORE = 2


@dataclass
class Error_NoSuchBinding:
    pass


@dataclass
class Error_AccessDenied:
    pass


@dataclass
class Error_InvalidArgument:
    value: str


@dataclass
class Error_TooLarge:
    value: SizeLimit


@dataclass
class Error_QuotaExceeded:
    value: Quota


@dataclass
class Error_TooManyRequests:
    value: int


@dataclass
class Error_NotACounter:
    pass


@dataclass
class Error_Unsupported:
    value: str


@dataclass
class Error_Unavailable:
    pass


@dataclass
class Error_OutcomeUnknown:
    pass


@dataclass
class Error_Other:
    value: str


Error: TypeAlias = (
    Error_NoSuchBinding
    | Error_AccessDenied
    | Error_InvalidArgument
    | Error_TooLarge
    | Error_QuotaExceeded
    | Error_TooManyRequests
    | Error_NotACounter
    | Error_Unsupported
    | Error_Unavailable
    | Error_OutcomeUnknown
    | Error_Other
)


@dataclass
class Expiration_Ttl:
    value: int


@dataclass
class Expiration_TtlMs:
    value: int


@dataclass
class Expiration_At:
    value: int


Expiration: TypeAlias = Expiration_Ttl | Expiration_TtlMs | Expiration_At


@dataclass
class Condition_Absent:
    pass


@dataclass
class Condition_Present:
    pass


@dataclass
class Condition_Version:
    value: int


Condition: TypeAlias = Condition_Absent | Condition_Present | Condition_Version


@dataclass
class PutOptions:
    expiration: Expiration | None
    metadata: str | None
    condition: Condition | None


@dataclass
class WriteOutcome_Written:
    value: int


@dataclass
class WriteOutcome_Conflict:
    value: int | None


WriteOutcome: TypeAlias = WriteOutcome_Written | WriteOutcome_Conflict


@dataclass
class DeleteOutcome_Deleted:
    pass


@dataclass
class DeleteOutcome_Conflict:
    value: int | None


DeleteOutcome: TypeAlias = DeleteOutcome_Deleted | DeleteOutcome_Conflict


@dataclass
class KeyInfo:
    name: str
    expiration: int | None
    metadata: str | None
    version: int
    size: int


@dataclass
class Entry:
    value: bytes
    expiration: int | None
    metadata: str | None
    version: int


@dataclass
class Counter:
    value: int
    expiration: int | None
    version: int


@dataclass
class ListOptions:
    prefix: str | None
    start: str | None
    end: str | None
    reverse: bool
    limit: int | None
    cursor: str | None


@dataclass
class ListPage:
    keys: list[KeyInfo]
    cursor: str | None


@dataclass
class Check:
    key: str
    condition: Condition


@dataclass
class PutOperation:
    key: str
    value: bytes
    expiration: Expiration | None
    metadata: str | None


@dataclass
class IncrementOperation:
    key: str
    delta: int
    expiration: Expiration | None


@dataclass
class ExpireOperation:
    key: str
    expiration: Expiration | None


@dataclass
class Operation_Put:
    value: PutOperation


@dataclass
class Operation_Delete:
    value: str


@dataclass
class Operation_Increment:
    value: IncrementOperation


@dataclass
class Operation_Expire:
    value: ExpireOperation


Operation: TypeAlias = Operation_Put | Operation_Delete | Operation_Increment | Operation_Expire


@dataclass
class Committed:
    version: int
    counters: list[int]


@dataclass
class CommitOutcome_Committed:
    value: Committed


@dataclass
class CommitOutcome_Conflict:
    value: int


CommitOutcome: TypeAlias = CommitOutcome_Committed | CommitOutcome_Conflict
