"""Requests to the store that listens at `LARDER_SOCKET`, over HTTP."""

from __future__ import annotations

import json
import os
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from http.client import BadStatusLine, HTTPConnection, HTTPException, RemoteDisconnected
from typing import Any, Final
from urllib.parse import urlencode

from . import records as wit
from .errors import error_of

VARIABLE: Final = "LARDER_SOCKET"

#: How long the store may take for an answer. It is this machine's own, and most take microseconds.
_PATIENCE_SECONDS: Final = 60


class Effect(Enum):
    """What a request may have done when the connection breaks before its answer."""

    #: Nothing: it reads, and is sent once more.
    NONE = 0
    #: Nothing that anyone sees.
    HIDDEN = 1
    #: A write.
    WRITE = 2


@dataclass(frozen=True)
class Answer:
    """What the store answered; not an error, or one that the request expects."""

    #: The socket's path.
    path: str
    #: The code of an expected error.
    code: str | None
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        with self.understood():
            return self.headers[name]

    def json(self) -> Any:
        with self.understood():
            return json.loads(self.body)

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Has whatever is not as the protocol has it told of, with the socket's path."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise _no_larder(self.path, f"{type(error).__name__}: {error}") from error


def ask(
    method: str,
    target: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    sent: Any = None,
    effect: Effect = Effect.NONE,
    expects: tuple[str, ...] = (),
) -> Answer:
    """What the store answers to a request with a body of bytes, or with `sent` as JSON.

    `expects` are the codes of errors that are an answer; every other is raised.
    """
    path = socket_path()
    url = f"/larder/v1{target}"
    if query:
        url += f"?{urlencode(query)}"
    headers = dict(headers or {})
    if sent is not None:
        body = json.dumps(sent).encode()
        headers["content-type"] = "application/json"
    status, fields, got = _exchanged(path, (method, url, body, headers), effect)
    answer = Answer(path, None, fields, got)
    if 200 <= status < 300:
        return answer
    if method == "HEAD":
        # It has no body to say why.
        return ask("GET", target, query=query, headers=headers, expects=expects)
    with answer.understood():
        refusal = json.loads(got)["error"]
        if refusal["code"] in expects:
            return replace(answer, code=refusal["code"])
        refused = error_of(refusal)
    raise wit.Err(refused)


def socket_path() -> str:
    path = os.environ.get(VARIABLE)
    if path:
        return path
    raise RuntimeError(
        f"a namespace can be reached inside a component, and in tests where {VARIABLE} is the socket "
        "of a store: run under `larder test`, which sets it (`larder test -- pytest`)"
    )


#: A request as http.client has it: method, URL, body, headers.
_Request = tuple[str, str, bytes | None, Mapping[str, str]]
#: A status, headers by their names in small letters, a body.
_Response = tuple[int, Mapping[str, str], bytes]


class _Connection(HTTPConnection):
    """A connection to a Unix socket, of one thread and one process."""

    def __init__(self, path: str) -> None:
        super().__init__("larder", timeout=_PATIENCE_SECONDS)
        self.path = path
        self.process = os.getpid()

    def connect(self) -> None:
        if not hasattr(socket, "AF_UNIX"):
            raise RuntimeError("this Python has no Unix sockets, by which a store is reached")
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(self.timeout)
            opened.connect(self.path)
        except OSError as error:
            opened.close()
            raise RuntimeError(
                f"no store answers at {self.path}, which is {VARIABLE}: "
                f"{error.strerror or error}; run under `larder test`"
            ) from error
        self.sock = opened

    def is_idle(self, path: str) -> bool:
        """Whether a request may be sent to that socket. Nothing comes from a store unasked, but the
        end of the connection."""
        if self.path != path or self.process != os.getpid() or self.sock is None:
            return False
        readable = select.poll()
        readable.register(self.sock, select.POLLIN)
        return not readable.poll(0)

    def __del__(self) -> None:
        self.close()


_local = threading.local()


def _exchanged(path: str, request: _Request, effect: Effect) -> _Response:
    # It is nobody else's meanwhile: what the garbage collector lets go of here has its own.
    connection: _Connection | None = _local.__dict__.pop("connection", None)
    kept = connection is not None and connection.is_idle(path)
    if connection is None or not kept:
        connection = _Connection(path)
    try:
        try:
            response = _sent(connection, request)
        except (OSError, HTTPException) as broken:
            if effect is not Effect.NONE or not kept or isinstance(broken, TimeoutError):
                raise
            connection = _Connection(path)
            response = _sent(connection, request)
    except BadStatusLine as broken:
        if isinstance(broken, RemoteDisconnected):
            raise _broken(effect) from broken
        raise _no_larder(path, f"it is no HTTP: {broken}") from broken
    except (OSError, HTTPException) as broken:
        raise _broken(effect) from broken
    if connection.sock is not None:
        _local.connection = connection
    return response


def _sent(connection: _Connection, request: _Request) -> _Response:
    method, url, body, headers = request
    try:
        connection.request(method, url, body, dict(headers))
    except (BrokenPipeError, ConnectionResetError):
        # A body that is too large may be refused before its end.
        if body is None or connection.sock is None:
            raise
    response = connection.getresponse()
    got = response.read()
    fields = {name.lower(): value for name, value in response.getheaders()}
    return response.status, fields, got


def _broken(effect: Effect) -> wit.Err:
    written = effect is Effect.WRITE
    return wit.Err(wit.Error_OutcomeUnknown() if written else wit.Error_Unavailable())


def _no_larder(path: str, why: str) -> RuntimeError:
    return RuntimeError(f"what answers at {path}, which is {VARIABLE}, is no larder: {why}")
