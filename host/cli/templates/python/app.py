from larder_guest import Namespace

kv = Namespace("KV")


def app(environ, start_response):
    visits = kv.increment("visits").value
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"Hello! This is visit {visits}.\n".encode()]
