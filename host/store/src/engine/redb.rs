//! x
use crate::{Options, Result};
use std::path::Path;
/// x
pub const RELAXED_WINDOW_MS: u64 = 200;
/// x
pub struct RedbEngine;
impl RedbEngine {
    /// x
    pub fn open(
        _directory: &Path,
        options: Options,
    ) -> Result<crate::engine::memory::MemoryEngine> {
        Ok(crate::engine::memory::MemoryEngine::new(options.clock))
    }
}
