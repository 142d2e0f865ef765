"""Feature flags: a name and any JSON, changed without deploying anything."""

import json
from typing import Any

from flask import Blueprint, Response, request
from larder_guest import Namespace

from answer import Refusal, as_json

pages = Blueprint("flags", __name__)
flags = Namespace("FLAGS")


@pages.get("/flags")
def listed() -> Response:
    return as_json({name: _flag(entry.value) for name, entry in flags.items()})


@pages.get("/flags/<path:name>")
def get(name: str) -> Response:
    value = flags.get(name)
    if value is None:
        raise Refusal(404, f'there is no flag "{name}"')
    return as_json(_flag(value))


@pages.put("/flags/<path:name>")
def put(name: str) -> Response:
    try:
        flag = json.loads(request.get_data())
    except ValueError as error:
        raise Refusal(400, f'a flag is JSON, such as true or "blue": {error}') from None
    flags.put_json(name, flag)
    return as_json(flag)


def _flag(value: bytes) -> Any:
    """Whoever puts a flag by another way than this one may not have written JSON."""
    try:
        return json.loads(value)
    except ValueError:
        return value.decode(errors="replace")
