"""Between the package's types and the contract's."""

from datetime import timedelta
from decimal import Decimal
from typing import TypedDict, assert_never

import larder_guest as sdk
from wit_world.imports import larder_kv_store as wit


def error(error: sdk.Error) -> wit.Error:
    match error:
        case sdk.NoSuchBinding() | sdk.NamespaceDeleted():
            return wit.Error_NoSuchBinding()
        case sdk.AccessDenied():
            return wit.Error_AccessDenied()
        case sdk.InvalidArgument():
            return wit.Error_InvalidArgument(error.reason)
        case sdk.TooLarge():
            of = wit.Subject[error.subject.upper()]
            return wit.Error_TooLarge(wit.SizeLimit(of, error.bytes, error.bytes_max))
        case sdk.QuotaExceeded():
            return wit.Error_QuotaExceeded(wit.Quota[error.quota.upper()])
        case sdk.TooManyRequests():
            return wit.Error_TooManyRequests(error.retry_after // timedelta(milliseconds=1))
        case sdk.NotACounter():
            return wit.Error_NotACounter()
        case sdk.Unsupported():
            return wit.Error_Unsupported(error.reason)
        case sdk.Unavailable():
            return wit.Error_Unavailable()
        case sdk.OutcomeUnknown():
            return wit.Error_OutcomeUnknown()
        case sdk.Other():
            return wit.Error_Other(error.reason)
        case _:
            return wit.Error_Other(repr(error))


class When(TypedDict, total=False):
    ttl: sdk.Ttl | None
    expiration: sdk.Expiration | None


def expiration(expiration: wit.Expiration | None) -> When:
    if isinstance(expiration, wit.Expiration_At):
        return {"expiration": expiration.value}
    return {"ttl": ttl(expiration)}


def ttl(ttl: wit.Expiration_Ttl | wit.Expiration_TtlMs | None) -> sdk.Ttl | None:
    match ttl:
        case None:
            return None
        case wit.Expiration_Ttl(seconds):
            return seconds
        case wit.Expiration_TtlMs(millis):
            # A timedelta does not reach as far as 64 bits.
            return Decimal(millis).scaleb(-3)
        case _:
            assert_never(ttl)


def options(options: wit.PutOptions) -> sdk.ConditionalPutOptions:
    return {
        **expiration(options.expiration),
        "metadata": None,
        "metadata_json": options.metadata,
        **condition(options.condition),
    }


class Condition(TypedDict, total=False):
    if_absent: bool
    if_present: bool
    if_version: sdk.Version | None


def condition(condition: wit.Condition | None) -> Condition:
    match condition:
        case None:
            return {}
        case wit.Condition_Absent():
            return {"if_absent": True}
        case wit.Condition_Present():
            return {"if_present": True}
        case wit.Condition_Version(version):
            return {"if_version": sdk.Version(version)}
        case _:
            assert_never(condition)


def check(check: wit.Check) -> sdk.Check:
    return sdk.Check(check.key, **condition(check.condition))


def operation(operation: wit.Operation) -> sdk.Step:
    match operation:
        case wit.Operation_Put(put):
            when = expiration(put.expiration)
            return sdk.Put(put.key, put.value, metadata_json=put.metadata, **when)
        case wit.Operation_Delete(key):
            return sdk.Delete(key)
        case wit.Operation_Increment(increment):
            when = expiration(increment.expiration)
            return sdk.Increment(increment.key, increment.delta, **when)
        case wit.Operation_Expire(expire):
            return sdk.Expire(expire.key, **expiration(expire.expiration))
        case _:
            assert_never(operation)


def write_outcome(outcome: sdk.Written | sdk.Conflict) -> wit.WriteOutcome:
    if isinstance(outcome, sdk.Conflict):
        return wit.WriteOutcome_Conflict(outcome.found)
    return wit.WriteOutcome_Written(outcome.version)


def entry(entry: sdk.Entry | None) -> wit.Entry | None:
    if entry is None:
        return None
    return wit.Entry(entry.value, entry.expiration, entry.metadata_json, entry.version)


def key_info(info: sdk.KeyInfo) -> wit.KeyInfo:
    return wit.KeyInfo(info.name, info.expiration, info.metadata_json, info.version, info.size)
