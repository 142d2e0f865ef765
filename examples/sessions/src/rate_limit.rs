//! A limit of requests per minute and client, which many requests at once cannot get past.

use crate::answer::{Refusal, Result, text, var};
use larder_guest::{Expiration, Namespace};
use std::time::Duration;
use wstd::http::{Body, HeaderMap, Response, StatusCode};

const WINDOW_SECONDS: u64 = 60;

pub fn page(headers: &HeaderMap) -> Result<Response<Body>> {
    // The host sets this header itself, whatever the client sent.
    let client = headers.get("cf-connecting-ip").and_then(|value| value.to_str().ok());
    let client = client.unwrap_or("unknown");
    let max = i64::from(var("RATE_LIMIT", 5)?);

    // The first request begins the counter, which expires with the minute.
    let window = Expiration::Ttl(Duration::from_secs(WINDOW_SECONDS));
    let requests = Namespace::open("LIMITS")?.increment(&format!("limit:{client}"), 1, window)?;
    if requests.value > max {
        let seconds = requests.retry_after().unwrap_or(WINDOW_SECONDS).min(WINDOW_SECONDS);
        let message = format!("more than {max} requests in a minute; try again in {seconds} s");
        return Err(Refusal::too_many_requests(seconds, message));
    }
    Ok(text(StatusCode::OK, format!("request {} of {max} in this minute\n", requests.value)))
}
