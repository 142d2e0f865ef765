//! Answering the clients of a socket, and stopping so that none of them is left without an answer.

use crate::client::REUSE_TIME;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tower_service::Service as _;

/// How long a connection is kept in the end on which nothing is asked. A client that has just
/// connected, or been answered, may be about to ask: to close the connection then would leave it not
/// knowing whether it was heard. Longer by far than a client keeps a connection to ask again.
const QUIET_TIME: Duration = REUSE_TIME.saturating_mul(4);
/// How long to wait when the system has no room for another connection.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Answers until `closing` is true and everybody has been answered who had connected by then.
pub(crate) async fn answer(listener: UnixListener, router: Router, closing: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut closed = closing.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), closing.clone()));
                }
                Err(error) => refused(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = closes(&mut closed) => break,
        }
    }
    // Those who have connected and were not accepted yet.
    match listener.into_std() {
        Ok(listener) => {
            while let Ok((stream, _)) = listener.accept() {
                let stream =
                    stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
                match stream {
                    Ok(stream) => {
                        connections.spawn(connection(stream, router.clone(), closing.clone()));
                    }
                    Err(error) => refused(&error).await,
                }
            }
        }
        Err(error) => tracing::warn!(%error, "the store's socket closed on those who came last"),
    }
    while connections.join_next().await.is_some() {}
}

async fn refused(error: &io::Error) {
    tracing::warn!(%error, "the store's socket cannot take a connection");
    sleep(REFUSED_PAUSE).await;
}

async fn connection(stream: UnixStream, router: Router, closing: watch::Receiver<bool>) {
    let (uses, mut used) = watch::channel(Some(Instant::now()));
    let uses = Arc::new(uses);
    let is_closing = closing.clone();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let busy = Busy::new(&uses);
        let request: Request = request.map(Body::new);
        let answer = router.clone().call(request);
        let is_closing = is_closing.clone();
        async move {
            let Ok(mut answer) = answer.await;
            if *is_closing.borrow() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            let answer: Response<Answer> = answer.map(|body| Answer { body, _busy: busy });
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = quiet(closing, &mut used) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the store's socket broke");
    }
}

/// Waits until the socket closes, also by its sender being gone.
async fn closes(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Waits until the socket closes and nothing has been asked for a while.
async fn quiet(mut closing: watch::Receiver<bool>, used: &mut watch::Receiver<Option<Instant>>) {
    closes(&mut closing).await;
    loop {
        let since = *used.borrow_and_update();
        match since {
            Some(since) if timeout_at(since + QUIET_TIME, used.changed()).await.is_err() => return,
            Some(_) => {}
            None if used.changed().await.is_err() => return,
            None => {}
        }
    }
}

/// A request, from its head to the end of its answer. Since when there is none, is in the channel.
struct Busy(Arc<watch::Sender<Option<Instant>>>);

impl Busy {
    fn new(uses: &Arc<watch::Sender<Option<Instant>>>) -> Self {
        uses.send_replace(None);
        Self(Arc::clone(uses))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_replace(Some(Instant::now()));
    }
}

/// The body of an answer, which is dropped when it has been sent.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
