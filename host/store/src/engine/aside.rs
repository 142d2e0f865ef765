//! What takes its time, which is not that of whoever asks for it.

use crate::Result;
use crate::engine::Reply;

/// Has `work` done on a thread of its own, so that it holds up no executor. It is given a way to
/// find out whether the answer is still awaited; if not, it may end as it likes. `what` is for errors.
#[cfg(not(target_family = "wasm"))]
pub(super) fn aside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
) -> Reply<'static, T> {
    use crate::Error;
    use std::future::poll_fn;
    use std::mem::replace;
    use std::task::Poll;

    Reply::later(async move {
        // Whoever polls it once asks whether it is there at once, and may do without.
        let mut asked = false;
        poll_fn(|context| match replace(&mut asked, true) {
            true => Poll::Ready(()),
            false => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
        let (reply, answer) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("larder-aside".into());
        let started = thread.spawn(move || {
            let result = work(&|| !reply.is_closed());
            drop(reply.send(result));
        });
        started.map_err(|error| Error::io(what, error))?;
        let gone = |_| Error::io(what, std::io::Error::other("its thread panicked"));
        answer.await.map_err(gone)?
    })
}

/// Without threads, who asks waits.
#[cfg(target_family = "wasm")]
pub(super) fn aside<T: Send + 'static>(
    _what: &'static str,
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
) -> Reply<'static, T> {
    Reply::later(async move { work(&|| true) })
}
