"""Sessions, feature flags and a rate limit over HTTP: what a namespace is most used for."""

import larder_guest
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

import answer
import flags
import rate_limit
import sessions

HELP = """\
POST   /login           {"user":"ada"} or user=ada; with "ttl", a session that ends sooner
GET    /session         the session of the cookie or of `Authorization: Bearer ID`; its time begins anew
POST   /logout          end that session
GET    /sessions        all sessions and when they end
DELETE /sessions?user=  end all sessions of a user
GET    /flags           all feature flags
GET    /flags/NAME      one of them
PUT    /flags/NAME      set it to true, false or any JSON
GET    /limited         a page that each client may have a few times a minute
"""

app = Flask(__name__, static_folder=None)
# No request here has reason to be longer.
app.config["MAX_CONTENT_LENGTH"] = 64 << 10
app.register_blueprint(sessions.pages)
app.register_blueprint(flags.pages)
app.register_blueprint(rate_limit.pages)
app.register_error_handler(answer.Refusal, answer.refused)
app.register_error_handler(HTTPException, answer.not_routed)
app.register_error_handler(larder_guest.Error, answer.not_stored)


@app.get("/")
def help() -> Response:
    return answer.text(HELP)
