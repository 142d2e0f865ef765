//! HTTP in front of a component: each request has an instance of it to itself.

mod body;
mod failure;
mod instances;
mod request;

pub use failure::Pages;

use self::instances::Instances;
use crate::engine::{self, lift};
use crate::guest::{Guest, State};
use crate::output;
use crate::settings::ListenSettings;
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result, bail};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use regex::bytes::Regex;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

/// How long a client may take over what is left of a response when the server stops.
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Most requests that run or wait to run.
const REQUESTS_MAX: u32 = 1 << 16;
/// The pool of instances in parts so small that the share of any instance is a number of them.
const POOL_ROOM: u32 = 1 << 12;
/// How long to wait before accepting again when the system has no connection to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A component that is ready to answer requests.
pub struct App {
    pre: ProxyPre<State>,
    guest: Guest,
    timeout: Duration,
    /// Most requests that an instance answers.
    reuse: u32,
    /// What each of its instances takes of the room in the pool.
    room_each: u32,
}

/// A component that was found fit to be served.
#[derive(Clone)]
pub struct Handler {
    pre: ProxyPre<State>,
    instances_max: u32,
    /// Bytes of memory that each of its instances begins with.
    initial_memory: u64,
    /// Whether an instance of it can do no more than answer one request.
    answers_once: bool,
}

impl Handler {
    pub fn load(engine: &Engine, file: &Path, linker: &Linker<State>) -> Result<Self> {
        const EXPORT: &str = "wasi:http/incoming-handler@0.2";
        let bytes = engine::read(file)?;
        let component = engine::compile(engine, file, &bytes)?;
        if !engine::exports(&component, engine).iter().any(|name| name.starts_with(EXPORT)) {
            return Err(engine::lacks(&component, engine, file, EXPORT));
        }
        let pre = linker.instantiate_pre(&component).and_then(ProxyPre::new);
        let pre = pre.map_err(lift).with_context(|| {
            format!("{} imports what larder does not provide", output::path(file))
        })?;
        let required = component.resources_required();
        let initial_memory = required.and_then(|required| required.max_initial_memory_size);
        Ok(Self {
            pre,
            instances_max: engine::instances_max(&component),
            initial_memory: initial_memory.unwrap_or(0),
            answers_once: answers_once(&bytes),
        })
    }
}

impl App {
    pub fn new(handler: Handler, guest: Guest, listen: &ListenSettings) -> Result<Self> {
        let Handler { pre, instances_max, initial_memory, answers_once } = handler;
        if answers_once && listen.reuse > 1 {
            bail!(
                "the component is JavaScript of which an instance answers one request: leave out \
                 `instance_reuse`, or build it anew with `instance_reuse` in its config or with \
                 `larder build --instance-reuse {}`",
                listen.reuse
            );
        }
        let instances_max = instances_max.min(guest.instances_max(initial_memory));
        let &ListenSettings { timeout, reuse, .. } = listen;
        Ok(Self { pre, guest, timeout, reuse, room_each: POOL_ROOM.div_ceil(instances_max) })
    }
}

/// StarlingMonkey has one event for all requests, and says this when it is to answer by it again. The
/// words are in it also where it answers by no event, which `larder build` notes in a section.
fn answers_once(component: &[u8]) -> bool {
    const WORDS: &str = "FetchEvent#respondWith can't be called twice on the same event";
    const SECTION: &str = "larder:without-fetch-event";
    let has = |text| Regex::new(text).is_ok_and(|text| text.is_match(component));
    has(WORDS) && !has(SECTION)
}

/// Answers requests by a component, which may be replaced at any time.
pub struct Server {
    instances: Arc<Instances>,
    pages: Pages,
    trust_forwarded: bool,
    /// Of which each request holds a permit for as long as its instance runs.
    running: Arc<Semaphore>,
    /// In parts of [`POOL_ROOM`]. One for all components, since those in flight when their
    /// component was replaced are still in the pool.
    room: Semaphore,
}

/// Opens the port. Nothing is answered yet.
pub async fn bind(addr: &str) -> Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| {
        format!("cannot listen on {addr} (--addr or `addr` says where; port 0 is any free one)")
    })
}

/// Says where to send requests: the first line on standard output.
pub fn announce(listener: &TcpListener) -> Result<()> {
    let addr = listener.local_addr()?;
    let mut out = io::stdout().lock();
    // A reader that has gone away does not keep others from being served.
    let _ = writeln!(out, "http://{addr}").and_then(|()| out.flush());
    Ok(())
}

impl Server {
    /// A server without a component yet.
    pub fn new(pages: Pages, trust_forwarded: bool) -> Arc<Self> {
        let running = Arc::new(Semaphore::new(REQUESTS_MAX as usize));
        let room = Semaphore::new(POOL_ROOM as usize);
        Arc::new(Self { instances: Arc::default(), pages, trust_forwarded, running, room })
    }

    /// Lets requests from now on be answered by `app`; those in flight go on as they began.
    pub fn replace(&self, app: App) {
        self.instances.replace(app);
    }

    /// Serves as long as this is polled.
    pub async fn serve_on(self: Arc<Self>, listener: TcpListener) {
        let connections = GracefulShutdown::new();
        loop {
            self.accept(&listener, &connections).await;
        }
    }

    /// Serves until asked to stop, then finishes the requests in flight.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, mut shutdown: Shutdown) {
        let connections = GracefulShutdown::new();
        loop {
            tokio::select! {
                () = self.accept(&listener, &connections) => {}
                _ = shutdown.requested() => break,
            }
        }
        drop(listener);
        let timeout = self.instances.app().map_or(Duration::ZERO, |app| app.timeout);
        let drained = async {
            connections.shutdown().await;
            // A component may go on when it has answered.
            let _ = self.running.acquire_many(REQUESTS_MAX).await;
        };
        tokio::select! {
            () = drained => {}
            () = tokio::time::sleep(timeout + DRAIN_TIME) => {
                tracing::warn!("stopped with requests unfinished");
            }
            _ = shutdown.requested() => tracing::warn!("stopped at once, as asked again"),
        }
        self.instances.end_idle();
    }

    async fn accept(self: &Arc<Self>, listener: &TcpListener, connections: &GracefulShutdown) {
        match listener.accept().await {
            Ok((stream, peer)) => self.connect(stream, peer, connections),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    fn connect(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        connections: &GracefulShutdown,
    ) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let server = self.clone();
        let service = service_fn(move |request| server.clone().respond(peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection broke");
            }
        });
    }
}
