//! The bodies of a request, which is over with its call, and of an answer, which must not seem whole
//! when it is not.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// Whether a component was broken off: what its answer lacks then never comes.
#[derive(Clone, Debug, Default)]
pub struct BrokenOff(Arc<AtomicBool>);

impl BrokenOff {
    /// To be said before the instance, and with it its end of the body, is dropped.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// The body, which fails where it would end because its component was broken off. wasmtime
    /// ends it as if it had been finished, and of an answer in chunks nobody could tell.
    pub fn watch(self, body: HyperOutgoingBody) -> HyperOutgoingBody {
        Watched { body, broken_off: self }.boxed_unsync()
    }
}

struct Watched {
    body: HyperOutgoingBody,
    broken_off: BrokenOff,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None if self.broken_off.0.load(Ordering::Acquire) => {
                Poll::Ready(Some(Err(Error::HttpResponseIncomplete)))
            }
            frame => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a request for an instance, which may keep its handle for as long as it lasts.
pub struct RequestBody(Arc<Mutex<Option<Incoming>>>);

/// The end of the request: what is left of its body is let go of when this is dropped, without which
/// its connection would wait for somebody to read it.
pub struct RequestEnd(Arc<Mutex<Option<Incoming>>>);

impl RequestBody {
    pub fn of(request: Request<Incoming>) -> (Request<Self>, RequestEnd) {
        let (head, body) = request.into_parts();
        let body = Arc::new(Mutex::new(Some(body)));
        (Request::from_parts(head, Self(body.clone())), RequestEnd(body))
    }
}

impl Drop for RequestEnd {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(body) => Pin::new(body).poll_frame(context).map_err(Error::from),
            None => Poll::Ready(Some(Err(Error::ConnectionTerminated))),
        }
    }
}
