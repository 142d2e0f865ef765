"""Sessions that end when they are not used for a while."""

import json
import secrets
import time
from typing import Any

from flask import Blueprint, Response, request
from larder_guest import Namespace

from answer import Refusal, as_json, text, var

PREFIX = "session:"

pages = Blueprint("sessions", __name__)
sessions = Namespace("SESSIONS")


@pages.post("/login")
def log_in() -> Response:
    login = _login()
    user, ttl = login["user"], min(login.get("ttl", 2**32), var("SESSION_TTL", 1800))
    session = {"user": user, "ttl": ttl, "created": int(time.time())}
    id = secrets.token_hex(16)
    # The metadata is for listings, which have it without reading the session.
    metadata = {"user": user}
    if not sessions.put_json(PREFIX + id, session, ttl=ttl, metadata=metadata, if_absent=True):
        raise Refusal(409, "the session exists; try again")
    response = as_json({"session": id}, 201)
    _set_cookie(response, id, ttl)
    return response


@pages.get("/session")
def resume() -> Response:
    """The session of the request, which begins to last anew."""
    id = _id()
    session = sessions.get_json(PREFIX + id)
    # It may have ended since it was read.
    if session is None or sessions.expire(PREFIX + id, session["ttl"]) is None:
        raise _no_session()
    response = as_json(session)
    _set_cookie(response, id, session["ttl"])
    return response


@pages.post("/logout")
def log_out() -> Response:
    sessions.delete(PREFIX + _id())
    response = text("logged out\n")
    _set_cookie(response, "", 0)
    return response


@pages.get("/sessions")
def listed() -> Response:
    return as_json(
        [
            {
                # The beginning of its id: the whole id is as good as the user's password.
                "session": key.name.removeprefix(PREFIX)[:8],
                "user": key.metadata["user"] if key.metadata else "",
                "expiration": key.expiration,
            }
            for key in sessions.keys(PREFIX)
        ]
    )


@pages.delete("/sessions")
def end_all() -> Response:
    """Ends the sessions of the user whom the query names."""
    user = request.args.get("user")
    if user is None:
        raise Refusal(400, "say whose: DELETE /sessions?user=ada")
    owned = (key for key in sessions.keys(PREFIX) if key.metadata == {"user": user})
    return as_json({"ended": sum(sessions.delete(key.name) for key in owned)})


def _login() -> dict[str, Any]:
    # `curl -d` calls everything a form.
    body = request.get_data(parse_form_data=False)
    try:
        is_json = body.lstrip().startswith(b"{")
        login: dict[str, Any] = json.loads(body) if is_json else request.form.to_dict()
    except ValueError as error:
        raise Refusal(400, f'the body is to be {{"user":"ada"}} or user=ada: {error}') from None
    if not isinstance(login.get("user"), str):
        raise Refusal(400, 'the body is to be {"user":"ada"} or user=ada')
    if not login["user"]:
        raise Refusal(400, "the user is empty")
    if "ttl" in login:
        try:
            login["ttl"] = int(login["ttl"])
        except (TypeError, ValueError):
            raise Refusal(400, "the ttl is to be a whole number of seconds") from None
    return login


def _id() -> str:
    bearer = request.headers.get("Authorization", "")
    id = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else None
    id = id or request.cookies.get("session")
    if not id:
        raise _no_session()
    return id


def _no_session() -> Refusal:
    return Refusal(401, "no such session, or it has ended")


def _set_cookie(response: Response, id: str, ttl: int) -> None:
    response.set_cookie("session", id, max_age=ttl, httponly=True, samesite="Lax")
