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

    Reply::later(async move {
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
