//! Where requests go.

use super::{ClientError, REUSE_TIME, Result};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use futures_util::future::Either;
use hyper::client::conn::http1::SendRequest;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tower_service::Service as _;

/// Finds the way to a store.
pub trait Connect: Send + Sync + 'static {
    /// Opens the store, or a connection to the one who has it open. It is asked again when that
    /// one has gone.
    fn connect(&self) -> Pin<Box<dyn Future<Output = Result<Connection>> + Send + '_>>;
}

/// A way to a store.
pub enum Connection {
    /// The store is open in this process.
    Here(Router),
    /// It is open in another.
    There(SendRequest<Body>),
}

impl Connection {
    /// A connection to a socket.
    #[cfg(unix)]
    pub async fn to_socket(path: &Path) -> io::Result<Self> {
        let stream = tokio::net::UnixStream::connect(path).await?;
        let io = hyper_util::rt::TokioIo::new(stream);
        let (sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a store broke");
            }
        });
        Ok(Self::There(sender))
    }

    /// A connection to a socket, of which this system has none.
    #[cfg(not(unix))]
    pub async fn to_socket(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether it may be used again so long after it was used.
    pub(super) fn keeps_for(&self, time: Duration) -> bool {
        match self {
            Self::Here(_) => true,
            Self::There(_) => time < REUSE_TIME,
        }
    }

    pub(super) async fn is_ready(&mut self) -> bool {
        match self {
            Self::Here(_) => true,
            Self::There(sender) => sender.ready().await.is_ok(),
        }
    }

    pub(super) fn send(
        &mut self,
        mut request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Body>, NoAnswer>> + Send + use<> {
        match self {
            Self::Here(router) => {
                let answer = router.call(request);
                Either::Left(async move {
                    let Ok(answer) = answer.await;
                    Ok(answer)
                })
            }
            Self::There(sender) => {
                request.headers_mut().insert(header::HOST, HeaderValue::from_static("larder"));
                let safe = request.method().is_safe().then(|| copy(&request));
                let answer = sender.try_send_request(request);
                Either::Right(async move {
                    match answer.await {
                        Ok(answer) => Ok(answer.map(Body::new)),
                        Err(mut error) => Err(NoAnswer {
                            again: error.take_message().or(safe),
                            error: ClientError::BrokenOff(error.into_error().into()),
                        }),
                    }
                })
            }
        }
    }
}

/// A request that the one who was to answer has broken off.
pub(super) struct NoAnswer {
    /// The request, when it may be sent to another: it was not sent, or changes nothing.
    pub(super) again: Option<Request<Body>>,
    pub(super) error: ClientError,
}

/// A request that has no body.
fn copy(request: &Request<Body>) -> Request<Body> {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
