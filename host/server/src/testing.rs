//! What tests may do to a store that was opened for them.

use crate::failure::Failure;
use axum::http::StatusCode;
use larder_store::{Larder, ListOptions, ManualClock, Result};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Fills the namespaces as they are to be at the start of each test. The text says what failed.
pub type Seed =
    Arc<dyn Fn(Larder) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// A store that tests may set the time of, and begin anew with.
#[derive(Clone)]
pub struct ForTests {
    pub(crate) clock: Arc<ManualClock>,
    start_ms: u64,
    seed: Seed,
    /// One reset at a time.
    resetting: Arc<tokio::sync::Mutex<()>>,
}

impl fmt::Debug for ForTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForTests").field("start_ms", &self.start_ms).finish_non_exhaustive()
    }
}

impl ForTests {
    /// A store whose clock is `clock`, which a reset sets to where it stands now, and whose
    /// namespaces `seed` fills after each reset.
    pub fn new(clock: Arc<ManualClock>, seed: Seed) -> Self {
        use larder_store::Clock as _;
        let start_ms = clock.now_ms();
        Self { clock, start_ms, seed, resetting: Arc::default() }
    }

    /// Everything in the store as it was at the start. Namespaces stay, since guests hold handles
    /// on them; those that the tests made are empty afterwards.
    pub(crate) async fn reset(&self, larder: &Larder) -> Result<(), Failure> {
        let _one = self.resetting.lock().await;
        // At the beginning of time no key has expired, so none is missed that a later step back
        // would bring to light.
        self.clock.set_ms(0);
        let cleared = clear(larder).await;
        self.clock.set_ms(self.start_ms);
        cleared?;
        (self.seed)(larder.clone()).await.map_err(|error| {
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "other", format!("the seed: {error}"))
        })
    }
}

async fn clear(larder: &Larder) -> Result<()> {
    for info in larder.namespaces().await? {
        let Some(namespace) = larder.namespace_by_id(&info.id).await? else { continue };
        let mut options = ListOptions::default();
        loop {
            options.cursor = namespace.delete_page(&options).await?.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
    }
    Ok(())
}
