//! Deleting many keys, batch by batch.

use crate::output;
use crate::progress::Progress;
use anyhow::Result;
use larder_server::client::Target as Keys;
use std::io::Write as _;

/// Deletes every key with a prefix, and says how many there were. `keys` is about how many to
/// expect.
pub async fn clear(keys: &Keys<'_>, prefix: &str, expected: Option<u64>) -> Result<u64> {
    let progress = Progress::of_keys("deleting", expected);
    let mut deleted = 0;
    let mut cursor = None;
    loop {
        let batch = keys.delete_prefix(prefix, cursor.as_deref()).await?;
        deleted += batch.deleted;
        progress.set(deleted);
        cursor = batch.cursor;
        if cursor.is_none() {
            return Ok(deleted);
        }
    }
}

pub fn print_deleted(keys: u64) -> Result<()> {
    let mut answer = output::answer();
    writeln!(answer, "deleted {}", output::count(keys, "key"))?;
    Ok(answer.flush()?)
}
