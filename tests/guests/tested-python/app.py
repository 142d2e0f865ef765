"""What the tests are of: a function that needs a namespace, and a page."""

from collections.abc import Callable, Iterable
from typing import Any

from larder_guest import Namespace

kv = Namespace("KV")


def visit(name: str) -> int:
    return kv.increment(f"visits:{name}", ttl=60).value


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{visit(environ['PATH_INFO'])}".encode()]
