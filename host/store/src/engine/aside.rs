//! Long work beside whoever asked for it.

use crate::engine::Reply;
use crate::{Error, Result};

/// Has `work` done on a thread of its own, so that it holds up no executor. It is given a way to
/// find out whether the answer is still awaited; if not, it may end as it likes.
#[cfg(not(target_family = "wasm"))]
pub(super) fn aside<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
) -> Reply<'static, T> {
    Reply::later(async move {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("larder-backup".into());
        let started = thread.spawn(move || {
            let result = work(&|| !reply.is_closed());
            drop(reply.send(result));
        });
        started.map_err(|error| Error::io("starting a thread", error))?;
        let gone = |_| Error::io("a thread", std::io::Error::other("it panicked"));
        answer.await.map_err(gone)?
    })
}

/// Without threads, who asks waits.
#[cfg(target_family = "wasm")]
pub(super) fn aside<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
) -> Reply<'static, T> {
    Reply::later(async move { work(&|| true) })
}
