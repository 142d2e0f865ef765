"""Values read and written in pieces, as files."""

from __future__ import annotations

import io
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import _lower as lower
from ._entries import KeyInfo, key_info
from ._errors import Error, asked
from ._outcomes import Conflict, Written, write_outcome
from ._wit import store as wit

if TYPE_CHECKING:
    from collections.abc import Buffer

#: Bytes that one call to the host carries where the caller does not say how many.
_PIECE_BYTES = 1 << 18


class _RawReader(io.RawIOBase):
    """A value, as `io.BufferedReader` wants it."""

    def __init__(self, handle: wit.Reader) -> None:
        self._handle = handle
        self.info = key_info(handle.info())
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read_at(self, offset: int, max: int) -> bytes:
        self._check_open()
        read = self._handle.read
        return asked(read, lower.u64("offset", offset), lower.u32("max", max))

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if not view:
            return 0
        piece = self.read_at(self._position, len(view))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def readall(self) -> bytes:
        pieces = []
        while piece := self.read_at(self._position, _PIECE_BYTES):
            pieces.append(piece)
            self._position += len(piece)
        return b"".join(pieces)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._check_open()
        origins = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.info.size}
        if whence not in origins:
            raise ValueError(f"whence is to be 0, 1 or 2, not {whence}")
        position = origins[whence] + lower.integer("offset", offset)
        if position < 0:
            raise ValueError("a position before the start of the value")
        self._position = position
        return position

    def close(self) -> None:
        if not self.closed:
            self._handle.__exit__(None, None, None)
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


class Reader(io.BufferedReader):
    """A value read in pieces, as a file that can be sought in. Made by `Namespace.open`.

    It keeps the value it was opened on, also when that is replaced, deleted or expires meanwhile,
    for as long as the host allows; then `Unavailable`.
    """

    def __init__(self, handle: wit.Reader) -> None:
        self._value = _RawReader(handle)
        super().__init__(self._value, _PIECE_BYTES)

    @property
    def info(self) -> KeyInfo:
        """The key as it was when the reader was opened."""
        return self._value.info

    def read_at(self, offset: int, max: int) -> bytes:
        """At least one byte and at most `max` (at least 1) from `offset`; empty only at the end of
        the value. It leaves the position of the file where it is."""
        return self._value.read_at(offset, max)


class Writer(io.BufferedIOBase):
    """A value written in pieces, as a file. Made by `Namespace.open`.

    Only the end of a `with` or `close` makes the value visible, and only then are condition and
    ttl judged. When an exception has come up since the file was opened, and is on its way out of
    the `with` or is being handled where `close` is called, the value is dropped instead; so is that
    of a file that is never closed. After an error nothing can be stored any more: every later call
    raises it again.
    """

    def __init__(self, handle: wit.Writer) -> None:
        self._handle: wit.Writer | None = handle
        self._pending = bytearray()
        self._failed: Error | None = None
        self._handled_before = sys.exception()
        #: What finishing came to; `None` before, and when the value was dropped.
        self.outcome: Written | Conflict | None = None

    def writable(self) -> bool:
        return True

    @property
    def closed(self) -> bool:
        return self._handle is None

    def write(self, chunk: Buffer, /) -> int:
        """Writes all of `chunk`, bytes of any kind; how many."""
        handle = self._opened()
        if isinstance(chunk, str):
            raise TypeError("a file that is written is binary: bytes are to be given, not str")
        chunk = lower.data("chunk", chunk)
        if len(self._pending) + len(chunk) >= _PIECE_BYTES:
            self._send_pending(handle)
        if len(chunk) >= _PIECE_BYTES:
            self._send(handle, chunk)
        else:
            self._pending += chunk
        return len(chunk)

    def flush(self) -> None:
        """Hands what is buffered on to the host. It stays invisible."""
        self._send_pending(self._opened())

    def close(self) -> None:
        """Makes what was written the key's value, if the condition holds; or drops it when an
        exception that came up since the opening is being handled."""
        if self._handle is None:
            return
        if sys.exception() is not self._handled_before:
            self.discard()
        else:
            self.finish()

    def finish(self) -> Written | Conflict:
        """Makes what was written the key's value, if the condition holds, and closes the file."""
        try:
            handle = self._opened()
            self._send_pending(handle)
        except BaseException:
            self.discard()
            raise
        self._handle = None
        self.outcome = write_outcome(asked(wit.Writer.finish, handle))
        return self.outcome

    def discard(self) -> None:
        """Closes the file and leaves no trace of what was written."""
        handle, self._handle = self._handle, None
        self._pending.clear()
        if handle is not None:
            handle.__exit__(None, None, None)

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.discard()
        elif not self.closed:
            self.finish()

    def __del__(self) -> None:
        # Python would close the file, and so store what nobody has finished.
        self.discard()

    def _opened(self) -> wit.Writer:
        if self._handle is None:
            raise ValueError("I/O operation on closed file")
        if self._failed is not None:
            raise self._failed
        return self._handle

    def _send(self, handle: wit.Writer, chunk: bytes) -> None:
        if not chunk:
            return
        try:
            asked(handle.write, chunk)
        except Error as error:
            self._failed = error
            raise

    def _send_pending(self, handle: wit.Writer) -> None:
        chunk = bytes(self._pending)
        self._pending.clear()
        self._send(handle, chunk)
