//! Sessions that end when they are not used for a while.

use crate::answer::{Refusal, Result, json, text, var};
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use larder_guest::{Expiration, Namespace, Put, WriteOutcome};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use wstd::http::{Body, HeaderMap, HeaderValue, Response, StatusCode};

const PREFIX: &str = "session:";

#[derive(Deserialize)]
struct Login {
    user: String,
    /// Seconds; less than those of the variable `SESSION_TTL`, for example on a shared computer.
    ttl: Option<u32>,
}

#[derive(Deserialize, Serialize)]
struct Session {
    user: String,
    /// Seconds that it lasts without being used.
    ttl: u32,
    /// Unix time in seconds.
    created: u64,
}

/// What is kept beside a session, so that a listing has it without reading the session.
#[derive(Deserialize, Serialize)]
struct Metadata {
    user: String,
}

#[derive(Serialize)]
struct Listed {
    /// The beginning of its id: the whole id is as good as the user's password.
    session: String,
    user: String,
    expiration: Option<u64>,
}

pub fn log_in(body: &[u8]) -> Result<Response<Body>> {
    let Login { user, ttl } = parse_login(body)?;
    if user.is_empty() {
        return Err(Refusal::bad_request("the user is empty"));
    }
    let ttl_max = var("SESSION_TTL", 1800)?;
    let ttl = ttl.map_or(ttl_max, |ttl| ttl.min(ttl_max));
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let options = Put::new().ttl(seconds(ttl)).metadata(&Metadata { user: user.clone() })?;
    let session = Session { user, ttl, created: created.as_secs() };

    let id = new_id()?;
    match open()?.put_json_with(&key(&id), &session, options.if_absent())? {
        WriteOutcome::Written(_) => {}
        WriteOutcome::Conflict(_) => {
            return Err(Refusal::new(StatusCode::CONFLICT, "the session exists; try again"));
        }
    }
    let mut response = json(StatusCode::CREATED, &serde_json::json!({ "session": id }))?;
    set_cookie(&mut response, &id, ttl);
    Ok(response)
}

/// The session of the request, which begins to last anew.
pub fn resume(headers: &HeaderMap) -> Result<Response<Body>> {
    let id = id_of(headers)?;
    let sessions = open()?;
    let session: Session = sessions.get_json(&key(id))?.ok_or_else(no_session)?;
    // It may have ended since it was read.
    let refreshed = sessions.expire(&key(id), Expiration::Ttl(seconds(session.ttl)))?;
    refreshed.ok_or_else(no_session)?;
    let mut response = json(StatusCode::OK, &session)?;
    set_cookie(&mut response, id, session.ttl);
    Ok(response)
}

pub fn log_out(headers: &HeaderMap) -> Result<Response<Body>> {
    let id = id_of(headers)?;
    open()?.delete(&key(id))?;
    let mut response = text(StatusCode::OK, "logged out\n");
    set_cookie(&mut response, "", 0);
    Ok(response)
}

pub fn list() -> Result<Response<Body>> {
    let sessions = open()?;
    let mut listed = Vec::new();
    for info in sessions.keys(PREFIX) {
        let info = info?;
        let id = info.name.strip_prefix(PREFIX).unwrap_or_default();
        let user = info.metadata::<Metadata>()?.map_or_else(String::new, |metadata| metadata.user);
        let session = id.chars().take(8).collect();
        listed.push(Listed { session, user, expiration: info.expiration });
    }
    json(StatusCode::OK, &listed)
}

/// Ends the sessions of the user whom the query names.
pub fn end_all(query: &str) -> Result<Response<Body>> {
    let Metadata { user } = serde_urlencoded::from_str(query)
        .map_err(|_| Refusal::bad_request("say whose: DELETE /sessions?user=ada"))?;
    let sessions = open()?;
    let mut ended = 0;
    for info in sessions.keys(PREFIX) {
        let info = info?;
        let owner = info.metadata::<Metadata>()?.map(|metadata| metadata.user);
        if owner.as_ref() == Some(&user) && sessions.delete(&info.name)? {
            ended += 1;
        }
    }
    json(StatusCode::OK, &serde_json::json!({ "ended": ended }))
}

fn open() -> Result<Namespace> {
    Ok(Namespace::open("SESSIONS")?)
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}

fn seconds(ttl: u32) -> Duration {
    Duration::from_secs(ttl.into())
}

fn no_session() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "no such session, or it has ended")
}

fn parse_login(body: &[u8]) -> Result<Login> {
    // `curl -d` calls everything a form.
    let parsed = match body.trim_ascii_start().starts_with(b"{") {
        true => serde_json::from_slice(body).map_err(|error| error.to_string()),
        false => serde_urlencoded::from_bytes(body).map_err(|error| error.to_string()),
    };
    let expected = r#"the body is to be {"user":"ada"} or user=ada"#;
    parsed.map_err(|error| Refusal::bad_request(format!("{expected}: {error}")))
}

/// 128 random bits in hexadecimal.
fn new_id() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

fn id_of(headers: &HeaderMap) -> Result<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = text(COOKIE).unwrap_or_default().split(';');
    let cookie = cookies.filter_map(|cookie| cookie.trim().strip_prefix("session=")).next();
    bearer.or(cookie).filter(|id| !id.is_empty()).ok_or_else(no_session)
}

fn set_cookie(response: &mut Response<Body>, id: &str, ttl: u32) {
    let cookie = format!("session={id}; Max-Age={ttl}; Path=/; HttpOnly; SameSite=Lax");
    // An id that a client made up may hold what no header may; it has got none to keep then.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
}
