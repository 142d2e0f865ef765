//! One request: its way into an instance of the component and back.

use super::body::{BrokenOff, RequestBody};
use super::failure::Failure;
use super::instances::Instance;
use super::{App, Server};
use crate::guest::State;
use crate::output;
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

static CF_CONNECTING_IP: HeaderName = HeaderName::from_static("cf-connecting-ip");
static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

type Answer = Response<HyperOutgoingBody>;
type Sender = oneshot::Sender<Result<Answer, ErrorCode>>;

impl Server {
    pub(super) async fn respond(
        self: Arc<Self>,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Answer, Infallible> {
        let started = Instant::now();
        let (method, path) = (request.method().clone(), output::printable(request.uri().path()));
        let answer = self.answer(peer, request).await;
        let answer = answer.unwrap_or_else(|failure| failure.page(self.pages));
        let (status, time) = (answer.status().as_u16(), rounded(started.elapsed()));
        tracing::info!(%method, %path, status, ?time);
        Ok(answer)
    }

    async fn answer(
        self: &Arc<Self>,
        peer: SocketAddr,
        mut request: Request<Incoming>,
    ) -> Result<Answer, Failure> {
        let app = self.instances.app().ok_or_else(Failure::not_built)?;
        check_target(&request)?;
        let client = client_address(request.headers(), peer, self.trust_forwarded);
        if let Ok(client) = HeaderValue::try_from(client.to_string()) {
            request.headers_mut().insert(&CF_CONNECTING_IP, client);
        }

        let (sender, response) = oneshot::channel();
        let broken_off = BrokenOff::default();
        let call = Call { app, request, sender, broken_off: broken_off.clone() };
        let running = self.running.clone().acquire_owned().await;
        let server = self.clone();
        // A task of its own: the component may go on when it has answered, and is not broken off
        // in the middle of something when the client goes away.
        let task = tokio::spawn(async move {
            let result = call.run(&server).await;
            drop(running);
            result
        });
        match response.await {
            Ok(Ok(answer)) => {
                tokio::spawn(async move {
                    if let Ok(Err(failure)) = task.await {
                        tracing::error!("after the answer had begun: {}", failure.text());
                    }
                });
                Ok(answer.map(|body| broken_off.watch(body)))
            }
            Ok(Err(code)) => Err(answered_with(&code)),
            // The store has gone, and with it the sender.
            Err(_) => match task.await {
                Ok(Ok(())) => Err(Failure::of_component("the component ended without an answer")),
                Ok(Err(failure)) => Err(failure),
                Err(panic) => Err(Failure::of_component(format!("larder panicked: {panic}"))),
            },
        }
    }
}

/// Everything of one call of a component.
struct Call {
    app: Arc<App>,
    request: Request<Incoming>,
    sender: Sender,
    broken_off: BrokenOff,
}

impl Call {
    async fn run(self, server: &Server) -> Result<(), Failure> {
        let Self { app, request, sender, broken_off } = self;
        let deadline = Instant::now() + app.timeout;
        let slot = timeout_at(deadline, server.room.acquire_many(app.room_each)).await;
        let slot = slot.map_err(|_| took_longer(app.timeout))?;
        let mut instance = server.instances.take(&app).unwrap_or_else(|| {
            server.instances.make_room(&server.room);
            Instance::new(&app)
        });
        let result = instance.answer(&app, request, sender, deadline).await;
        match &result {
            Ok(()) => server.instances.give_back(&app, instance),
            Err(_) => {
                broken_off.set();
                drop(instance);
            }
        }
        // The instance has left the pool, or waits, before another may take its place.
        drop(slot);
        result
    }
}

impl Instance {
    async fn answer(
        &mut self,
        app: &App,
        request: Request<Incoming>,
        sender: Sender,
        deadline: Instant,
    ) -> Result<(), Failure> {
        self.renew();
        let (request, _body) = RequestBody::of(request);
        let mut http = self.store.data_mut().http();
        let incoming = http.new_incoming_request(Scheme::Http, request);
        let incoming = incoming.map_err(|error| Failure::bad_request(error.to_string()))?;
        let outparam = http.new_response_outparam(sender).map_err(refused)?;
        let Self { store, proxy, .. } = self;
        // Around the whole call: an epoch bounds what the component computes, but not what the
        // host does for it.
        let call = timeout_at(deadline, async {
            let proxy = match proxy {
                Some(proxy) => proxy,
                None => proxy.insert(app.pre.instantiate_async(&mut *store).await?),
            };
            proxy.wasi_http_incoming_handler().call_handle(store, incoming, outparam).await
        });
        match call.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ended(&error, self.store.data()).printed(self.stderr.tail())),
            Err(_) => Err(took_longer(app.timeout).printed(self.stderr.tail())),
        }
    }
}

fn ended(error: &wasmtime::Error, state: &State) -> Failure {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        let what = format!("the component exited, with code {code}, instead of answering");
        return Failure::of_component(what);
    }
    let what = match state.memory.refused() {
        Some(refused) => refused.to_string(),
        None => "the component trapped".into(),
    };
    Failure::of_component(what).trapped(error)
}

fn took_longer(timeout: Duration) -> Failure {
    let timeout = humantime::format_duration(timeout);
    Failure::of_component(format!("the component took longer than {timeout} (limits.timeout)"))
}

fn answered_with(code: &ErrorCode) -> Failure {
    Failure::of_component(format!("the component answered with an error: {code}"))
}

fn refused(error: wasmtime::Error) -> Failure {
    Failure::of_component(format!("larder could not hand the request over: {error}"))
}

/// Refuses what no component could make an address of.
fn check_target(request: &Request<Incoming>) -> Result<(), Failure> {
    if request.method() == Method::CONNECT {
        return Err(Failure::bad_request("CONNECT is for proxies, and this is none"));
    }
    if request.uri().authority().is_some() {
        return Ok(());
    }
    let Some(host) = request.headers().get(HOST) else {
        return Err(Failure::bad_request("the request has no Host header"));
    };
    match Authority::try_from(host.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::bad_request("the request's Host header names no host")),
    }
}

/// The address that a client cannot choose, unless it reaches us without the proxy that is said to
/// be trusted.
fn client_address(headers: &HeaderMap, peer: SocketAddr, trust_forwarded: bool) -> IpAddr {
    let forwarded = || {
        // A proxy adds the address it sees at the end; what stands before it the client may have
        // written itself.
        let header = headers.get_all(&X_FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
        let last = header.rsplit(',').next()?.trim();
        let with_port = || last.parse::<SocketAddr>().map(|addr| addr.ip());
        last.parse().or_else(|_| with_port()).ok()
    };
    let forwarded = if trust_forwarded { forwarded() } else { None };
    forwarded.unwrap_or_else(|| peer.ip()).to_canonical()
}

/// To the microsecond, which is as far as it means something.
fn rounded(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address<const N: usize>(forwarded: [&'static str; N], peer: &str, trust: bool) -> String {
        let mut headers = HeaderMap::new();
        for forwarded in forwarded {
            headers.append(&X_FORWARDED_FOR, HeaderValue::from_static(forwarded));
        }
        client_address(&headers, peer.parse().unwrap(), trust).to_string()
    }

    #[test]
    fn the_client_is_the_peer_unless_a_proxy_is_trusted() {
        assert_eq!(address([], "192.0.2.1:5", false), "192.0.2.1");
        assert_eq!(address(["192.0.2.9"], "192.0.2.1:5", false), "192.0.2.1");
        assert_eq!(address(["192.0.2.9"], "192.0.2.1:5", true), "192.0.2.9");
        assert_eq!(address(["[2001:db8::1]:443"], "192.0.2.1:5", true), "2001:db8::1");
    }

    #[test]
    fn what_a_client_says_ahead_of_a_trusted_proxy_is_not_believed() {
        assert_eq!(address(["192.0.2.8, 192.0.2.9"], "192.0.2.1:5", true), "192.0.2.9");
        assert_eq!(address(["192.0.2.8", "192.0.2.9"], "192.0.2.1:5", true), "192.0.2.9");
        assert_eq!(address(["192.0.2.8, unknown"], "192.0.2.1:5", true), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_that_says_no_address_is_the_client() {
        assert_eq!(address(["unknown"], "192.0.2.1:5", true), "192.0.2.1");
        assert_eq!(address([], "[::ffff:192.0.2.1]:5", true), "192.0.2.1");
    }
}
