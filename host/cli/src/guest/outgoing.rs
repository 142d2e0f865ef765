//! HTTP requests that a component sends: to the hosts that it was allowed, and to no other.

use crate::config;
use http_body_util::BodyExt as _;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Uri};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

/// Most hosts that are said to be denied, so that a guest cannot flood the log.
const DENIED_MAX: usize = 100;

/// A host that requests may go to: `HOST` or `HOST:PORT`, for one scheme with `http://` or
/// `https://` before it. Without a port it is that of the scheme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedHost {
    scheme: Option<Scheme>,
    host: String,
    port: Option<u16>,
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no host: it is HOST, HOST:PORT, or one of them after https:// or http://"
            )
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        let scheme = match scheme {
            None => None,
            Some("http") => Some(Scheme::HTTP),
            Some("https") => Some(Scheme::HTTPS),
            Some(_) => return Err(wrong()),
        };
        let authority: Authority = rest.parse().map_err(|_| wrong())?;
        let port = authority.port_u16();
        let host = authority.host().to_ascii_lowercase();
        let whole = match port {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        // Neither user, nor a port out of range, nor a pattern, which would allow more than it says.
        if host.is_empty() || host.contains('*') || !whole.eq_ignore_ascii_case(rest) {
            return Err(wrong());
        }
        Ok(Self { scheme, host, port })
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl AllowedHost {
    fn allows(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme(), uri.host()) else { return false };
        let usual = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(usual);
        self.scheme.as_ref().is_none_or(|allowed| allowed == scheme)
            && self.host.eq_ignore_ascii_case(host)
            && self.port.unwrap_or(usual) == port
    }
}

/// What a component may send.
#[derive(Clone)]
pub struct Outgoing {
    allowed: Arc<[AllowedHost]>,
    denied: Arc<Mutex<BTreeSet<String>>>,
    config: Option<Arc<Path>>,
}

impl Outgoing {
    /// What is denied is said with how to allow it by the config.
    pub fn new(allowed: &[AllowedHost], config: Option<Arc<Path>>) -> Self {
        Self { allowed: allowed.into(), denied: Arc::default(), config }
    }

    /// Says once of each host that it was denied, and how to allow it.
    fn deny(&self, uri: &Uri) {
        let host = uri.authority().map_or("", Authority::as_str);
        let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        if denied.len() < DENIED_MAX && denied.insert(host.to_owned()) {
            let how = config::how_to_allow(self.config.as_deref(), host);
            tracing::warn!("a request to {host:?} was denied; to allow it, {how}");
        }
    }
}

type Sent =
    Result<(hyper::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        if self.allowed.iter().any(|host| host.allows(request.uri())) {
            return Box::new(async move {
                let (response, connection) = default_send_request(request, options).await?;
                Ok((response.map(|body| body.boxed_unsync()), Box::new(connection) as Box<_>))
            });
        }
        self.deny(request.uri());
        // Read on, so that the guest hears of the denial and not of a connection that broke.
        let mut body = request.into_body();
        tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(host: &str, uri: &str) -> bool {
        host.parse::<AllowedHost>().unwrap().allows(&uri.parse().unwrap())
    }

    #[test]
    fn a_host_is_allowed_by_name_port_and_scheme() {
        assert!(allows("a.example", "https://a.example/x"));
        assert!(allows("a.example", "http://A.example:80/x"));
        assert!(allows("http://a.example:81", "http://a.example:81/"));
        assert!(allows("[::1]:9", "http://[::1]:9/"));
        assert!(!allows("a.example", "https://b.a.example/"));
        assert!(!allows("a.example", "https://a.example:8443/"));
        assert!(!allows("https://a.example", "http://a.example/"));
        assert!(!allows("a.example", "https://a.example.b/"));
        assert!(!allows("a.example", "https://a.example@b/"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "*", "*.a", "a/b", "ftp://a", "u@a", "a:99999", "http://", "a b"] {
            assert!(text.parse::<AllowedHost>().is_err(), "{text}");
        }
    }
}
