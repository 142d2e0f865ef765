"""A limit of requests per minute and client, which many requests at once cannot get past."""

from flask import Blueprint, Response, request
from larder_guest import Namespace

from answer import text, too_many_requests, var

WINDOW_SECONDS = 60

pages = Blueprint("rate_limit", __name__)
limits = Namespace("LIMITS")


@pages.get("/limited")
def page() -> Response:
    most = var("RATE_LIMIT", 5)
    # The address that the host saw, whatever the client sent. The first request begins the counter,
    # which expires with the minute.
    requests = limits.increment(f"limit:{request.remote_addr}", ttl=WINDOW_SECONDS)
    if requests.value > most:
        seconds = min(requests.retry_after() or WINDOW_SECONDS, WINDOW_SECONDS)
        message = f"more than {most} requests in a minute; try again in {seconds} s"
        raise too_many_requests(seconds, message)
    return text(f"request {requests.value} of {most} in this minute\n")
