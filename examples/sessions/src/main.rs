//! Sessions, feature flags and a rate limit over HTTP: what a namespace is most used for.

mod answer;
mod flags;
mod rate_limit;
mod sessions;
#[cfg(test)]
mod tests;

use answer::{Refusal, Result, text};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use wstd::http::{Body, Error, Request, Response, StatusCode};

const HELP: &str = "\
POST   /login           {\"user\":\"ada\"} or user=ada; with \"ttl\", a session that ends sooner
GET    /session         the session of the cookie or of `Authorization: Bearer ID`; its time begins anew
POST   /logout          end that session
GET    /sessions        all sessions and when they end
DELETE /sessions?user=  end all sessions of a user
GET    /flags           all feature flags
GET    /flags/NAME      one of them
PUT    /flags/NAME      set it to true, false or any JSON
GET    /limited         a page that each client may have a few times a minute
";

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(route(request).await.unwrap_or_else(Refusal::into_response))
}

async fn route(request: Request<Body>) -> Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let flag = path.strip_prefix("/flags/");
    match (head.method.as_str(), path, flag) {
        ("GET", "/", _) => Ok(text(StatusCode::OK, HELP)),
        ("POST", "/login", _) => sessions::log_in(&read(body).await?),
        ("GET", "/session", _) => sessions::resume(&head.headers),
        ("POST", "/logout", _) => sessions::log_out(&head.headers),
        ("GET", "/sessions", _) => sessions::list(),
        ("DELETE", "/sessions", _) => sessions::end_all(head.uri.query().unwrap_or_default()),
        ("GET", "/flags", _) => flags::list(),
        ("GET", _, Some(name)) => flags::get(name),
        ("PUT", _, Some(name)) => flags::put(name, &read(body).await?),
        ("GET", "/limited", _) => rate_limit::page(&head.headers),
        _ => Err(not_routed(path)),
    }
}

fn not_routed(path: &str) -> Refusal {
    let allowed = match path {
        "/" | "/session" | "/flags" | "/limited" => "GET",
        "/login" | "/logout" => "POST",
        "/sessions" => "GET, DELETE",
        _ if path.starts_with("/flags/") => "GET, PUT",
        _ => {
            return Refusal::new(
                StatusCode::NOT_FOUND,
                "no such page; GET / lists those there are",
            );
        }
    };
    Refusal::method_not_allowed(allowed)
}

/// The whole body, unless it is longer than any request here has reason to be.
async fn read(body: Body) -> Result<Vec<u8>> {
    const BODY_BYTES_MAX: usize = 64 << 10;
    match Limited::new(body.into_boxed_body(), BODY_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body has more than {BODY_BYTES_MAX} bytes"),
        )),
        Err(error) => Err(Refusal::bad_request(format!("the body could not be read: {error}"))),
    }
}
