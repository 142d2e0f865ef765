//! What time does to sessions and to the limit. Under `larder test` the clock is the test's, and
//! nobody waits.

use crate::answer::{Refusal, Result};
use crate::{rate_limit, sessions};
use http::header::{COOKIE, RETRY_AFTER, SET_COOKIE};
use larder_guest::testing;
use std::time::Duration;
use wstd::http::{Body, HeaderMap, Response};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The headers of whoever has just logged in.
fn logged_in(body: &str) -> HeaderMap {
    let response = sessions::log_in(body.as_bytes()).unwrap();
    let cookie = response.headers()[SET_COOKIE].clone();
    HeaderMap::from_iter([(COOKIE, cookie)])
}

fn answered(result: Result<Response<Body>>) -> Response<Body> {
    result.unwrap_or_else(Refusal::into_response)
}

fn status(result: Result<Response<Body>>) -> u16 {
    answered(result).status().as_u16()
}

#[test]
fn a_session_ends_a_minute_after_its_last_use() -> larder_guest::Result<()> {
    let store = testing::start()?;
    let ada = logged_in(r#"{"user":"ada","ttl":60}"#);
    for _ in 0..3 {
        store.advance(MINUTE - SECOND)?;
        assert_eq!(status(sessions::resume(&ada)), 200);
    }
    store.advance(MINUTE)?;
    assert_eq!(status(sessions::resume(&ada)), 401);
    Ok(())
}

#[test]
fn a_session_lasts_no_longer_than_half_an_hour() -> larder_guest::Result<()> {
    let store = testing::start()?;
    let ada = logged_in("user=ada&ttl=1000000");
    store.advance(30 * MINUTE - SECOND)?;
    assert_eq!(status(sessions::resume(&ada)), 200);
    store.advance(30 * MINUTE)?;
    assert_eq!(status(sessions::resume(&ada)), 401);
    Ok(())
}

#[test]
fn the_limit_is_over_when_the_minute_of_the_first_request_is() -> larder_guest::Result<()> {
    let store = testing::start()?;
    let client = HeaderMap::new();
    for _ in 0..5 {
        assert_eq!(status(rate_limit::page(&client)), 200);
    }
    store.advance(MINUTE - 10 * SECOND)?;
    let refused = answered(rate_limit::page(&client));
    assert_eq!(refused.status(), 429);
    assert!(["10", "11"].contains(&refused.headers()[RETRY_AFTER].to_str().unwrap()));
    store.advance(10 * SECOND)?;
    assert_eq!(status(rate_limit::page(&client)), 200);
    Ok(())
}
