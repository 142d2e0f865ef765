"""The errors of the protocol as those of the contract."""

from __future__ import annotations

from typing import Any

from . import records as wit


def error_of(refusal: Any) -> wit.Error:
    """The error of an answer; `LookupError` when no version of the protocol has it."""
    message = refusal["message"]
    match refusal["code"]:
        case "no-such-binding" | "no-such-namespace":
            return wit.Error_NoSuchBinding()
        case "access-denied":
            return wit.Error_AccessDenied()
        case "invalid-argument":
            return wit.Error_InvalidArgument(message)
        case "too-large":
            of = wit.Subject[refusal["of"].upper()]
            limit = wit.SizeLimit(of, int(refusal["bytes"]), int(refusal["bytes_max"]))
            return wit.Error_TooLarge(limit)
        case "quota-exceeded":
            return wit.Error_QuotaExceeded(wit.Quota[refusal["of"].upper()])
        case "too-many-requests":
            return wit.Error_TooManyRequests(int(refusal["retry_ms"]))
        case "not-a-counter":
            return wit.Error_NotACounter()
        case "unsupported":
            return wit.Error_Unsupported(message)
        # The store lets go of readers and writers that nobody uses.
        case "unavailable" | "no-such-handle":
            return wit.Error_Unavailable()
        case "outcome-unknown":
            return wit.Error_OutcomeUnknown()
        case "other":
            return wit.Error_Other(message)
        case code:
            raise LookupError(f"an error {code!r}: {message}")
