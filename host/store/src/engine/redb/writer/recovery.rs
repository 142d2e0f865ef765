//! The file after a failure: given up, and opened anew.

use super::Writer;
use crate::engine::redb::guard::{Result, guarded, let_go};
use crate::engine::redb::snapshot::Snapshot;
use crate::{Durability, Error};
use ::redb::Database;
use std::sync::atomic::Ordering;

impl Writer {
    /// Runs `work` on the open file; after an error that redb does not get over, opens it anew.
    pub(super) fn with_database(
        &mut self,
        work: impl FnOnce(&mut Self, &Database) -> Result<()>,
    ) -> Result<()> {
        if self.database.is_none() && !self.closed {
            self.reopen()?;
        }
        let database = self.database.take().ok_or(Error::Closed)?;
        let result = guarded(|| work(self, &database));
        self.database = Some(database);
        if let Err(failed) = &result
            && failed.is_final()
        {
            self.recover(&failed.clone().into());
        }
        result
    }

    /// Closes the file and opens it anew: it is then as the last commit left it. Reads are
    /// answered with `error` meanwhile, and as long as it cannot be opened.
    pub(super) fn recover(&mut self, error: &Error) {
        if self.closed {
            return;
        }
        tracing::warn!(%error, "the store failed; it is opened anew");
        drop(self.shared.current.take_down(error.clone()));
        let_go(self.database.take());
        self.upkeep.failed();
        if let Err(failed) = self.reopen() {
            let error = Error::from(failed);
            tracing::error!(%error, "the store cannot be opened; it is tried again");
            drop(self.shared.current.take_down(error));
        }
    }

    /// Tries to get a store back that could not be opened.
    pub(in crate::engine::redb) fn reopen_if_down(&mut self) {
        if self.database.is_none() && !self.closed && self.reopen().is_ok() {
            tracing::info!("the store is open again");
        }
    }

    fn reopen(&mut self) -> Result<()> {
        let database = self.opening.open_database()?;
        self.sequence += 1;
        let pinned = guarded(|| {
            let snapshot = Snapshot::pin(&database, self.sequence)?;
            // The outcome of these was unknown, and is not any more.
            for (number, deleted) in &self.deleting {
                match snapshot.namespace_by_number(*number) {
                    Ok(None) => deleted.store(true, Ordering::Release),
                    Err(failed) if failed.is_final() => return Err(failed),
                    _ => {}
                }
            }
            Ok(snapshot)
        });
        let snapshot = match pinned {
            Ok(snapshot) => snapshot,
            Err(failed) => {
                let_go(Some(database));
                return Err(failed);
            }
        };
        self.deleting.clear();
        self.shared.current.publish(&[], snapshot);
        self.database = Some(database);
        // What was answered and not on disk may be gone; ids must not be, nor versions.
        self.next_blob = 0;
        self.versions.raised = false;
        if self.opening.durability() == Durability::Relaxed {
            self.lost_below = self.shared.next_blob.load(Ordering::Relaxed);
        }
        Ok(())
    }
}
