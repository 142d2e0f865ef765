//! Holding a namespace to its quota, within the writer's transaction.

use super::format::decode_record;
use super::guard::{Failed, Result};
use super::sweep::Budget;
use super::tables::Tables;
use super::writer::Writer;
use crate::engine::{Change, NamespaceNumber, Swept};
use crate::quota::bytes_of;
use crate::{Error, UnixMillis};
use ::redb::ReadableTable;

/// How much of what has expired is freed for a write that has no room, at most.
const BUDGET: Budget = Budget::new(1024);

impl Writer {
    /// Refuses changes for which the namespace's quota has no room, also after some of what has
    /// expired was freed.
    pub(super) fn expect_quota(
        &mut self,
        tables: &mut Tables<'_>,
        number: NamespaceNumber,
        changes: &[Change],
        now: UnixMillis,
    ) -> Result<()> {
        let refused = match tables.expect_quota(number, changes) {
            Err(failed) if !failed.is_final() => failed,
            result => return result,
        };
        // What the write was evaluated on must not expire while it is done, so `now` is its own.
        if self.upkeep.expired_by(&*self.shared.clock).is_none() {
            return Err(refused);
        }
        tables.sweep(Some(now), &self.shared.readers, BUDGET, &mut Swept::default())?;
        tables.expect_quota(number, changes)
    }
}

impl Tables<'_> {
    fn expect_quota(&self, number: NamespaceNumber, changes: &[Change]) -> Result<()> {
        let Some(record) = self.namespace(number)? else {
            return Err(Error::NamespaceDeleted.into());
        };
        if record.quota.is_unlimited() {
            return Ok(());
        }
        let to = record.usage().after(changes, |row| {
            let Some(before) = self.idx.read()?.get(row.as_bytes())? else { return Ok(None) };
            // What cannot be read counts as it does when it is forgotten.
            let head = decode_record(row.as_bytes(), before.value()).map(|(head, _)| head);
            Ok::<_, Failed>(Some(head.map_or(0, |head| bytes_of(row, &head))))
        })?;
        Ok(record.quota.expect_room(record.usage(), to)?)
    }
}
