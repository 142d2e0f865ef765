"""What is no store, or ceases to be one: peers that a test scripts."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import parse_headers
from pathlib import Path

import larder_guest
import pytest
from larder_guest import _entries, testing

BOUND = '{"bindings": ["KV"]}'
FOUND = "HTTP/1.1 200 OK\r\nlarder-version: 1\r\ncontent-length: 1\r\n\r\nv"


def ok(body: str) -> str:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}"


class Peer:
    """Listens, and answers by a script."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        #: The beginning of every request's first line.
        self.requests: list[str] = []
        #: Once for each connection.
        self.closed = threading.Semaphore(0)

    def answers(self, *connections: list[str]) -> None:
        """What is answered on each connection, one after another, before it is closed."""
        threading.Thread(target=self._answer, args=(connections,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _answer(self, connections: tuple[list[str], ...]) -> None:
        for answers in connections:
            connection, _ = self._listener.accept()
            with closing(connection), connection.makefile("rb") as received:
                for answer in answers:
                    self.requests.append(received.readline().decode().split(" HTTP")[0])
                    received.read(int(parse_headers(received)["content-length"] or 0))
                    connection.sendall(answer.encode())
            self.closed.release()


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    path = tmp_path / "socket"
    monkeypatch.setenv("LARDER_SOCKET", str(path))
    with closing(Peer(path)) as peer:
        yield peer


def test_without_a_socket_it_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", None):
        monkeypatch.setenv("LARDER_SOCKET", value or "")
        if value is None:
            monkeypatch.delenv("LARDER_SOCKET")
        for call in (larder_guest.Namespace("KV").bind, larder_guest.bindings, testing.now):
            with pytest.raises(RuntimeError, match="run under `larder test`.* -- pytest"):
                call()


def test_a_socket_that_nobody_answers_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent, dead, long = tmp_path / "absent", tmp_path / "dead", tmp_path / ("x" * 200)
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        bound.bind(str(dead))
    for path, why in ((absent, "No such file"), (dead, "refused"), (long, "too long")):
        monkeypatch.setenv("LARDER_SOCKET", str(path))
        with pytest.raises(RuntimeError, match=f"{path}.*{why}.*run under `larder test`"):
            larder_guest.bindings()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to root")
def test_a_socket_of_somebody_else_is_named(peer: Peer) -> None:
    peer.answers([ok(BOUND)])
    path = os.environ["LARDER_SOCKET"]
    os.chmod(path, 0)
    with pytest.raises(RuntimeError, match=f"{path}.*Permission denied"):
        larder_guest.bindings()


@pytest.mark.parametrize(
    "answer",
    [
        "220 mail.example ESMTP\r\n",
        ok("<html>"),
        ok("{}"),
        ok('{"bindings": 5}'),
        "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>",
        'HTTP/1.1 404 Not Found\r\ncontent-length: 22\r\n\r\n{"error": "not found"}',
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    ],
)
def test_what_answers_but_is_no_larder_is_named(peer: Peer, answer: str) -> None:
    peer.answers([answer])
    path = os.environ["LARDER_SOCKET"]
    with pytest.raises(RuntimeError, match=f"{path}.* is no larder: "):
        larder_guest.bindings()


def test_a_value_without_a_version_is_from_no_larder(peer: Peer) -> None:
    peer.answers([ok(BOUND), ok("v")])
    with pytest.raises(RuntimeError, match="is no larder: .*larder-version"):
        larder_guest.Namespace("KV").get_entry("k")


def test_a_connection_is_kept(peer: Peer) -> None:
    peer.answers([ok(BOUND), FOUND, FOUND])
    kv = larder_guest.Namespace("KV")
    assert [kv.get("a b"), kv.get("a/b")] == [b"v", b"v"]
    values = "GET /larder/v1/bindings/KV/values"
    assert peer.requests == ["GET /larder/v1/bindings", f"{values}/a%20b", f"{values}/a%2Fb"]


def test_a_process_that_is_forked_has_a_connection_of_its_own(peer: Peer) -> None:
    peer.answers([ok(BOUND), FOUND], [f"{FOUND[:-1]}w"])
    kv = larder_guest.Namespace("KV").bind()
    child = os.fork()
    if child == 0:
        os._exit(kv.get("k") != b"w")
    assert kv.get("k") == b"v"
    assert os.waitpid(child, 0)[1] == 0


def test_a_connection_that_ended_is_made_again_for_a_write(peer: Peer) -> None:
    peer.answers([ok(BOUND)], [ok('{"version": "18446744073709551615"}')])
    kv = larder_guest.Namespace("KV").bind()
    assert peer.closed.acquire(timeout=10)
    assert kv.put("k", "v").version == 2**64 - 1


def test_a_read_is_sent_again_when_the_connection_breaks(peer: Peer) -> None:
    peer.answers([ok(BOUND), ""], [FOUND])
    assert larder_guest.Namespace("KV").get("k") == b"v"
    assert len(peer.requests) == 3 and peer.requests[1] == peer.requests[2]


def test_a_read_is_unavailable_when_the_connection_breaks_again(peer: Peer) -> None:
    peer.answers([ok(BOUND), ""], [FOUND[:-1]])
    with pytest.raises(larder_guest.Unavailable) as raised:
        larder_guest.Namespace("KV").get("k")
    assert "IncompleteRead" in repr(raised.value.__cause__)


def test_a_write_is_never_sent_again_and_its_outcome_unknown(peer: Peer) -> None:
    peer.answers([ok(BOUND), ""], [ok('{"version": "1"}')])
    with pytest.raises(larder_guest.OutcomeUnknown):
        larder_guest.Namespace("KV").put("k", "v")
    assert len(peer.requests) == 2


def test_a_piece_of_a_value_is_never_sent_again_and_nothing_is_stored(peer: Peer) -> None:
    peer.answers([ok(BOUND), ok('{"writer": "7"}'), ""], [ok("")])
    file = larder_guest.Namespace("KV").open("k", "wb")
    file.write(b"piece")
    with pytest.raises(larder_guest.Unavailable):
        file.flush()
    with pytest.raises(larder_guest.Unavailable):
        file.finish()
    assert peer.requests[2:] == ["POST /larder/v1/writers/7", "DELETE /larder/v1/writers/7"]


REFUSED = {
    "access-denied": larder_guest.AccessDenied(),
    "quota-exceeded": larder_guest.QuotaExceeded("bytes"),
    "too-many-requests": larder_guest.TooManyRequests,
    "unsupported": larder_guest.Unsupported("why"),
    "unavailable": larder_guest.Unavailable(),
    "no-such-handle": larder_guest.Unavailable(),
    "outcome-unknown": larder_guest.OutcomeUnknown(),
    "other": larder_guest.Other("why"),
    "no-such-namespace": larder_guest.NamespaceDeleted(),
}


@pytest.mark.parametrize("code", REFUSED)
def test_an_error_that_a_store_seldom_has_is_the_packages_own(peer: Peer, code: str) -> None:
    error = {"code": code, "message": "why", "of": "bytes", "retry_ms": 1500}
    body = json.dumps({"error": error})
    peer.answers([ok(BOUND), f"HTTP/1.1 500 No\r\ncontent-length: {len(body)}\r\n\r\n{body}"])
    with pytest.raises(larder_guest.Error) as raised:
        larder_guest.Namespace("KV").delete("k")
    expected = REFUSED[code]
    if isinstance(expected, larder_guest.Error):
        assert (type(raised.value), raised.value.args) == (type(expected), expected.args)
    else:
        assert "1500 ms" in str(raised.value)


def test_a_limit_is_retried_by_the_time_of_the_store(peer: Peer) -> None:
    peer.answers([ok('{"now_ms": 1000000}')])
    counter = _entries.Counter(6, 1060, larder_guest.Version(1))
    assert counter.retry_after() == 60
