"""What a put may say."""

from __future__ import annotations

from typing import Any, TypedDict

from . import _lower as lower
from ._outcomes import Version
from ._wit import store as wit


class PutOptions(TypedDict, total=False):
    """What `Namespace.put` may say of a key."""

    #: How long the key exists.
    ttl: lower.Ttl | None
    #: Until when it exists.
    expiration: lower.Expiration | None
    #: Any JSON value, to be kept beside the value for listings to answer with: at most 1024 bytes
    #: as JSON.
    metadata: Any
    #: Metadata that is JSON text already; it is kept byte for byte.
    metadata_json: str | None


class ConditionalPutOptions(PutOptions, total=False):
    """What `Namespace.put` may say, with one of three conditions."""

    #: Only if the key does not exist.
    if_absent: bool
    #: Only if the key exists.
    if_present: bool
    #: Only if that write made the key what it is.
    if_version: Version | None


def put_options(
    *,
    ttl: lower.Ttl | None = None,
    expiration: lower.Expiration | None = None,
    metadata: Any = None,
    metadata_json: str | None = None,
    if_absent: bool = False,
    if_present: bool = False,
    if_version: Version | None = None,
) -> wit.PutOptions:
    return wit.PutOptions(
        lower.expiration(ttl, expiration),
        metadata_text(metadata, metadata_json),
        condition(if_absent, if_present, if_version),
    )


def metadata_text(metadata: Any, metadata_json: str | None) -> str | None:
    if metadata is None:
        return lower.optional_text("metadata_json", metadata_json)
    if metadata_json is not None:
        raise TypeError("metadata and metadata_json exclude each other")
    return lower.as_json("metadata", metadata)


def condition(
    if_absent: bool, if_present: bool, if_version: Version | None
) -> wit.Condition | None:
    if bool(if_absent) + bool(if_present) + (if_version is not None) > 1:
        raise TypeError("if_absent, if_present and if_version exclude each other")
    if if_absent:
        return wit.Condition_Absent()
    if if_present:
        return wit.Condition_Present()
    if if_version is not None:
        return wit.Condition_Version(lower.version(if_version))
    return None
