use larder_store::Clock;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi::HostWallClock;

/// A store's clock as a guest's `wasi:clocks/wall-clock`, so that both have one time and never
/// disagree on whether a key has expired.
///
/// ```
/// use larder_store::Larder;
/// use larder_wasmtime::WallClock;
/// use wasmtime_wasi::WasiCtx;
///
/// let larder = Larder::in_memory();
/// let wasi = WasiCtx::builder().wall_clock(WallClock::new(larder.clock().clone())).build();
/// # _ = wasi;
/// ```
#[derive(Clone)]
pub struct WallClock(Arc<dyn Clock>);

impl WallClock {
    /// The time of `clock`, which is that of [`Larder::clock`](larder_store::Larder::clock).
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(clock)
    }
}

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now_ms())
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WallClock").field(&self.now()).finish()
    }
}
