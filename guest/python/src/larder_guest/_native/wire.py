"""The contract's values as the protocol writes them, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, assert_never

from . import records as wit


def expiration(when: wit.Expiration | None) -> dict[str, int] | None:
    match when:
        case None:
            return None
        case wit.Expiration_Ttl(seconds):
            return {"ttl": seconds}
        case wit.Expiration_TtlMs(millis):
            return {"ttl_ms": millis}
        case wit.Expiration_At(seconds):
            return {"at": seconds}
        case _:
            assert_never(when)


def condition(condition: wit.Condition) -> str:
    match condition:
        case wit.Condition_Absent():
            return "absent"
        case wit.Condition_Present():
            return "present"
        case wit.Condition_Version(version):
            return str(version)
        case _:
            assert_never(condition)


def put_query(options: wit.PutOptions) -> dict[str, str]:
    query = {name: str(value) for name, value in (expiration(options.expiration) or {}).items()}
    if options.condition is not None:
        query["if"] = condition(options.condition)
    return query


def put_headers(options: wit.PutOptions) -> dict[str, str]:
    if options.metadata is None:
        return {}
    return {"larder-metadata": b64encode(options.metadata.encode()).decode()}


def writer(key: str, options: wit.PutOptions) -> dict[str, Any]:
    return _without_none(
        {
            "key": key,
            "expiration": expiration(options.expiration),
            "metadata": options.metadata,
            "if": None if options.condition is None else condition(options.condition),
        }
    )


def list_query(options: wit.ListOptions) -> dict[str, str]:
    query = {
        "prefix": options.prefix,
        "start": options.start,
        "end": options.end,
        "reverse": "true" if options.reverse else None,
        "limit": None if options.limit is None else str(options.limit),
        "cursor": options.cursor,
    }
    return {name: value for name, value in query.items() if value is not None}


def increment(key: str, delta: int, when: wit.Expiration | None) -> dict[str, Any]:
    return _without_none({"key": key, "delta": str(delta), "expiration": expiration(when)})


def check(check: wit.Check) -> dict[str, Any]:
    return {"key": check.key, "if": condition(check.condition)}


def operation(operation: wit.Operation) -> dict[str, Any]:
    match operation:
        case wit.Operation_Put(put):
            parts = {
                "key": put.key,
                "value_base64": b64encode(put.value).decode(),
                "expiration": expiration(put.expiration),
                "metadata": put.metadata,
            }
            return {"put": _without_none(parts)}
        case wit.Operation_Delete(key):
            return {"delete": {"key": key}}
        case wit.Operation_Increment(step):
            return {"increment": increment(step.key, step.delta, step.expiration)}
        case wit.Operation_Expire(expire):
            return {"expire": {"key": expire.key, "expiration": expiration(expire.expiration)}}
        case _:
            assert_never(operation)


def key_info(key: Any) -> wit.KeyInfo:
    version, size = int(key["version"]), int(key["size"])
    return wit.KeyInfo(key["name"], optional_int(key, "expiration"), key.get("metadata"), version, size)


def key_info_of(name: str, headers: Mapping[str, str]) -> wit.KeyInfo:
    return wit.KeyInfo(
        name,
        optional_int(headers, "larder-expiration"),
        _metadata(headers),
        int(headers["larder-version"]),
        int(headers["content-length"]),
    )


def entry(entry: Any) -> wit.Entry | None:
    if entry is None:
        return None
    value, version = b64decode(entry["value_base64"]), int(entry["version"])
    return wit.Entry(value, optional_int(entry, "expiration"), entry.get("metadata"), version)


def entry_of(value: bytes, headers: Mapping[str, str]) -> wit.Entry:
    version = int(headers["larder-version"])
    expiration = optional_int(headers, "larder-expiration")
    return wit.Entry(value, expiration, _metadata(headers), version)


def counter(counter: Any) -> wit.Counter:
    value, version = int(counter["value"]), int(counter["version"])
    return wit.Counter(value, optional_int(counter, "expiration"), version)


def optional_int(of: Mapping[str, Any], name: str) -> int | None:
    number = of.get(name)
    return None if number is None else int(number)


def _metadata(headers: Mapping[str, str]) -> str | None:
    encoded = headers.get("larder-metadata")
    return None if encoded is None else b64decode(encoded).decode()


def _without_none(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}
