//! Freeing what is expired, deleted or left over, in small steps within the writer's transactions.

use super::format::{decode_record, piece_key, split_ttl_key};
use super::guard::Result;
use super::pieces::Readers;
use super::tables::Tables;
use crate::UnixMillis;
use crate::engine::{Row, Swept};
use ::redb::ReadableTable;

/// How much one step may free, in rows and pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new(rows_and_pieces: usize) -> Self {
        Self(rows_and_pieces)
    }

    /// Halved so often, and still enough to get on.
    pub(super) fn halved(self, halvings: u32) -> Self {
        Self((self.0 >> halvings).max(16))
    }

    fn spend(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

impl Tables<'_> {
    /// One step.
    pub(super) fn sweep(
        &mut self,
        expired_by: Option<UnixMillis>,
        readers: &Readers,
        mut budget: Budget,
        swept: &mut Swept,
    ) -> Result<()> {
        // The trash first: what is thrown away in this very transaction may still be opened through
        // the snapshot that is current until it commits.
        swept.pieces += self.sweep_trash(readers, &mut budget)?;
        if let Some(now) = expired_by {
            swept.expired += self.sweep_expired(now, &mut budget)?;
        }
        swept.deleted += self.sweep_deleted(&mut budget)?;
        Ok(())
    }

    /// Removes rows whose expiration has passed, where the row still has the expiration that it
    /// was indexed under: one refreshed meanwhile lives.
    fn sweep_expired(&mut self, now: UnixMillis, budget: &mut Budget) -> Result<u64> {
        let mut due = Vec::new();
        for entry in self.ttl.read()?.iter()? {
            let (key, _) = entry?;
            if !split_ttl_key(key.value())?.0.has_passed(now) || !budget.spend() {
                break;
            }
            due.push(key.value().to_vec());
        }
        let mut removed = 0;
        for key in due {
            let (expiration, row) = split_ttl_key(&key)?;
            let row = Row::from(row.to_vec());
            let record = self.idx.read()?.get(row.as_bytes())?;
            // A damaged record is left for `check` to find, and must not end the sweep.
            let has_expired = record.is_some_and(|record| {
                decode_record(row.as_bytes(), record.value())
                    .is_ok_and(|(head, _)| head.expiration == Some(expiration))
            });
            if has_expired {
                self.remove(row)?;
                removed += 1;
            } else {
                self.ttl.write()?.remove(key.as_slice())?;
                self.dirty = true;
            }
        }
        Ok(removed)
    }

    /// Removes rows of namespaces that are being deleted, and at last the namespaces.
    fn sweep_deleted(&mut self, budget: &mut Budget) -> Result<u64> {
        let mut numbers = Vec::new();
        for entry in self.retired.read()?.iter()?.take(budget.0) {
            numbers.push(entry?.0.value());
        }
        let mut removed = 0;
        for number in numbers {
            let (start, end) = (number.to_be_bytes(), number.checked_add(1).map(u32::to_be_bytes));
            let mut rows = Vec::new();
            let mut emptied = true;
            for entry in self.idx.read()?.range(start.as_slice()..)? {
                let (row, _) = entry?;
                if end.is_some_and(|end| row.value() >= end.as_slice()) {
                    break;
                }
                if !budget.spend() {
                    emptied = false;
                    break;
                }
                rows.push(Row::from(row.value().to_vec()));
            }
            removed += rows.len() as u64;
            for row in rows {
                self.remove(row)?;
            }
            if emptied {
                self.remove_namespace(number)?;
            }
        }
        Ok(removed)
    }

    /// Removes the pieces of values that no row holds and no reader has open.
    fn sweep_trash(&mut self, readers: &Readers, budget: &mut Budget) -> Result<u64> {
        let mut blobs = Vec::new();
        for entry in self.trash.read()?.iter()? {
            let blob = entry?.0.value();
            if !readers.has(blob) {
                blobs.push(blob);
            }
            if blobs.len() > budget.0 {
                break;
            }
        }
        let mut removed = 0;
        for blob in blobs {
            let mut number = self.first_piece(blob)?;
            while budget.spend() {
                if self.chunk.write()?.remove(piece_key(blob, number).as_slice())?.is_none() {
                    self.trash.write()?.remove(blob)?;
                    break;
                }
                removed += 1;
                number += 1;
            }
            self.dirty = true;
            if budget.0 == 0 {
                break;
            }
        }
        Ok(removed)
    }

    /// The number of the first piece that a blob still has: a step before may have ended amid it.
    fn first_piece(&self, blob: u64) -> Result<u32> {
        let (first, last) = (piece_key(blob, 0), piece_key(blob, u32::MAX));
        let piece =
            self.chunk.read()?.range(first.as_slice()..=last.as_slice())?.next().transpose()?;
        let number = piece.and_then(|(key, _)| key.value().last_chunk().copied());
        Ok(number.map_or(0, u32::from_be_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::redb::backends::InMemoryBackend;
    use ::redb::{Database, ReadableTableMetadata};

    #[test]
    fn a_blob_of_more_pieces_than_a_step_may_free_is_freed_whole() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut tables = Tables::open(&transaction);
        for number in 0..10 {
            tables.stage(7, number, b"piece").unwrap();
        }
        tables.discard(7).unwrap();
        let mut swept = Swept::default();
        for _ in 0..10 {
            tables.sweep(None, &Readers::default(), Budget::new(4), &mut swept).unwrap();
        }
        assert_eq!(swept.pieces, 10);
        assert_eq!(
            (
                tables.chunk.read().unwrap().len().unwrap(),
                tables.trash.read().unwrap().len().unwrap()
            ),
            (0, 0)
        );
    }
}
