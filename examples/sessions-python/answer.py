"""What goes back to the client."""

import json
import os
from typing import Any

import larder_guest
from flask import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

_STATUS: list[tuple[type[larder_guest.Error], int]] = [
    (larder_guest.InvalidArgument, 400),
    (larder_guest.TooLarge, 413),
    (larder_guest.Unavailable, 503),
    (larder_guest.QuotaExceeded, 507),
]


class Refusal(Exception):
    """A request that is not answered with what it asked for."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def too_many_requests(seconds: int, message: str) -> Refusal:
    return Refusal(429, message, Retry_After=str(seconds))


def refused(refusal: Refusal) -> Response:
    response = text(f"{refusal}\n", refusal.status)
    response.headers.update(refusal.headers)
    return response


def not_routed(error: HTTPException) -> Response:
    if isinstance(error, NotFound):
        return refused(Refusal(404, "no such page; GET / lists those there are"))
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return refused(Refusal(405, f"this page knows only {allowed}", Allow=allowed))
    return refused(Refusal(error.code or 500, error.description or error.name))


def not_stored(error: larder_guest.Error) -> Response:
    """The limits of a namespace are those of the requests that end there."""
    if isinstance(error, larder_guest.TooManyRequests):
        return refused(too_many_requests(error.retry_after.seconds + 1, str(error)))
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return refused(Refusal(status, str(error)))


def text(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


def as_json(value: Any, status: int = 200) -> Response:
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(f"{line}\n", status, mimetype="application/json")


def var(name: str, default: int) -> int:
    """A variable from the config, or what holds without one."""
    said = os.environ.get(name, str(default))
    if not said.isascii() or not said.isdigit():
        message = f'the variable {name} is to be a whole number, not "{said}"'
        raise Refusal(500, message)
    return int(said)
