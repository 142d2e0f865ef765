"""A WSGI application for the tests: what an adapter has to get right, and what Python refuses."""

import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import bottle
from larder_guest import Namespace

import refused

kv = Namespace("KV")
routed = bottle.Bottle()


@routed.get("/bottle/<name>")
def hello(name: str) -> str:
    return f"hello {name}, {bottle.request.query.get('greeting')}\n"


def late() -> Iterator[bytes]:
    yield b"begun"
    raise RuntimeError("too late")


def lazy() -> str:
    # Only here, and by Python itself: neither is loaded when the build imports this module.
    import colorsys
    from datetime import datetime

    return f"{colorsys.rgb_to_hsv(1, 0, 0)} {datetime.strptime('2026', '%Y').year}"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    def text(text: str, *headers: tuple[str, str]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), *headers])
        return [text.encode()]

    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    match path.split("/")[1:]:
        case ["environ"]:
            shown = {key: value for key, value in environ.items() if isinstance(value, str)}
            return text(json.dumps(shown | {"var": os.environ.get("GREETING")}))
        case ["refused", name]:
            return text(refused.told(kv, name))
        case ["echo"]:
            start_response("201 Created", [("X-A", "1"), ("X-A", "2")])
            return [environ["wsgi.input"].read()]
        case ["length"]:
            return text("hello" if method == "GET" else "", ("Content-Length", "5"))
        case ["wrong-length"]:
            return text("hello", ("Content-Length", "6"))
        case ["raises"]:
            raise RuntimeError("on purpose")
        case ["late"]:
            start_response("200 OK", [])
            return late()
        case ["hop"]:
            return text("", ("Connection", "close"))
        case ["nothing-started"]:
            return [b"text"]
        case ["exits"]:
            sys.exit(3)
        case ["lazy"]:
            return text(lazy())
        case ["random"]:
            return text(str(random.random()))
    return routed(environ, start_response)
