"""A WSGI application (PEP 3333) as an HTTP handler.

`larder build` makes the component's own module of this for `main = "app:app"`.
"""

import io
import sys
import traceback
from collections.abc import Buffer, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports import wasi_http_types as http
from wit_world.imports import wasi_io_streams as streams

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

type _Headers = list[tuple[str, str]]
type _ExcInfo = tuple[Any, Any, Any] | tuple[None, None, None] | None

#: Bytes that are asked for at once of a request's body.
_PIECE_BYTES = 1 << 16


def handler(application: "WSGIApplication") -> type[exports.IncomingHandler]:
    """The handler that has every request answered by `application`.

    An exception is a page with status 500, and its traceback is on standard error. One that comes
    up when the answer has begun breaks the answer off.
    """

    class IncomingHandler(exports.IncomingHandler):
        def handle(self, request: http.IncomingRequest, response_out: http.ResponseOutparam) -> None:
            body = _RequestBody(request)
            try:
                environ = _environ(request, body)
                _answer(application, environ, _Response(response_out, environ["REQUEST_METHOD"]))
            finally:
                body.close()
                sys.stdout.flush()
                sys.stderr.flush()

    return IncomingHandler


def _answer(
    application: "WSGIApplication", environ: "WSGIEnvironment", response: "_Response"
) -> None:
    try:
        chunks = application(environ, response.start)
        try:
            response.send(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        response.finish()
    except _ClientGone:
        response.abandon()
    except BaseException:
        traceback.print_exc()
        response.fail()


def _environ(request: http.IncomingRequest, body: "_RequestBody") -> "WSGIEnvironment":
    path, _, query = (request.path_with_query() or "/").partition("?")
    scheme = "https" if isinstance(request.scheme(), http.Scheme_Https) else "http"
    server = urlsplit(f"//{request.authority() or 'localhost'}")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": _method(request.method()),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": server.hostname or "localhost",
        "SERVER_PORT": str(server.port or (443 if scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BufferedReader(body, _PIECE_BYTES),
        # The body ends by itself, also where no header says how long it is.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    with request.headers() as headers:
        for name, value in headers.entries():
            _add_header(environ, name, value.decode("latin-1"))
    # The host sets this header itself, whatever the client sent.
    environ["REMOTE_ADDR"] = environ.get("HTTP_CF_CONNECTING_IP", "")
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        # It would pass for a header with a hyphen.
        return
    variable = name.upper().replace("-", "_")
    if variable not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        variable = f"HTTP_{variable}"
    if variable in environ:
        between = "; " if variable == "HTTP_COOKIE" else ","
        value = f"{environ[variable]}{between}{value}"
    environ[variable] = value


def _method(method: http.Method) -> str:
    if isinstance(method, http.Method_Other):
        return method.value
    return type(method).__name__.removeprefix("Method_").upper()


class _RequestBody(io.RawIOBase):
    """The body of a request, which is read as it comes."""

    def __init__(self, request: http.IncomingRequest) -> None:
        self._body = request.consume()
        self._stream = self._body.stream()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            piece = self._stream.blocking_read(len(view))
        except Err as error:
            if isinstance(error.value, streams.StreamError_Closed):
                return 0
            raise OSError("the request's body broke off") from None
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._stream.__exit__(None, None, None)
            self._body.__exit__(None, None, None)
        super().close()


class _ClientGone(Exception):
    """Nobody reads the answer any more."""


class _Response:
    """The answer to one request."""

    def __init__(self, out: http.ResponseOutparam, method: str) -> None:
        self._out = out
        self._method = method
        self._head: tuple[str, _Headers] | None = None
        self._begun = False
        self._without_body = False
        self._body: http.OutgoingBody | None = None
        self._stream: streams.OutputStream | None = None

    def start(
        self, status: str, headers: _Headers, exc_info: _ExcInfo = None, /
    ) -> Callable[[bytes], object]:
        if exc_info is not None and self._begun:
            raise exc_info[1] or RuntimeError("the answer has begun")
        if exc_info is None and self._head is not None:
            raise RuntimeError("start_response was called twice")
        self._head = (status, list(headers))
        return self._write

    def send(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if chunk:
                self._write(chunk)

    def finish(self) -> None:
        if not self._begun:
            self._begin()
        if self._without_body:
            # The length that its headers may tell is that of another answer.
            self.abandon()
            return
        self._close_stream()
        body, self._body = self._body, None
        if body is not None:
            try:
                http.OutgoingBody.finish(body, None)
            except Err as error:
                raise RuntimeError(f"the answer is not what its headers say: {error}") from None

    def fail(self) -> None:
        """Says that an exception came up; or breaks the answer off, where it has begun."""
        if self._begun:
            self.abandon()
            return
        self._head = ("500 Internal Server Error", [("Content-Type", "text/plain")])
        with suppress(_ClientGone):
            self._write(b"Internal Server Error\n")
            self.finish()

    def abandon(self) -> None:
        """Drops the body, which the client then does not take for whole."""
        self._close_stream()
        body, self._body = self._body, None
        if body is not None:
            body.__exit__(None, None, None)

    def _begin(self) -> None:
        """Sends status and headers."""
        if self._head is None:
            raise RuntimeError("the application did not call start_response")
        status, headers = self._head
        response = _response(status, headers)
        self._without_body = self._method == "HEAD" or status[:3] in ("204", "304")
        self._body = response.body()
        self._stream = self._body.write()
        self._begun = True
        http.ResponseOutparam.set(self._out, Ok(response))

    def _write(self, chunk: bytes, /) -> None:
        if not isinstance(chunk, bytes):
            raise TypeError(f"a WSGI application is to yield bytes, not {type(chunk).__name__}")
        if not self._begun:
            self._begin()
        if self._without_body:
            return
        if self._stream is None:
            raise RuntimeError("the answer has ended")
        try:
            _write_all(self._stream, chunk)
        except Err:
            raise _ClientGone from None

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.__exit__(None, None, None)


def _write_all(stream: streams.OutputStream, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        room = stream.check_write()
        if room == 0:
            with stream.subscribe() as pollable:
                pollable.block()
            continue
        stream.write(bytes(rest[:room]))
        rest = rest[room:]
    stream.flush()


def _response(status: str, headers: _Headers) -> http.OutgoingResponse:
    entries = [(name, value.encode("latin-1")) for name, value in headers]
    try:
        fields = http.Fields.from_list(entries)
    except Err:
        names = ", ".join(name for name, _ in headers)
        raise ValueError(f"not all of these headers may be set by an application: {names}") from None
    response = http.OutgoingResponse(fields)
    response.set_status_code(int(status[:3]))
    return response
