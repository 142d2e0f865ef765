//! Tables that are opened when they are first used.

use super::guard::Result;
use crate::Error;
use ::redb::{Key, Table, TableDefinition, Value, WriteTransaction};
use std::cell::OnceCell;

/// A table of a write transaction, opened when it is first used: opening and closing one costs as much
/// as a row, and a put has use for two of eleven.
pub(super) struct LazyTable<'t, K: Key + 'static, V: Value + 'static> {
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
    table: OnceCell<Table<'t, K, V>>,
}

impl<'t, K: Key + 'static, V: Value + 'static> LazyTable<'t, K, V> {
    pub(super) fn new(
        transaction: &'t WriteTransaction,
        definition: TableDefinition<'static, K, V>,
    ) -> Self {
        Self { transaction, definition, table: OnceCell::new() }
    }

    pub(super) fn read(&self) -> Result<&Table<'t, K, V>> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = self.transaction.open_table(self.definition)?;
        Ok(self.table.get_or_init(|| table))
    }

    pub(super) fn write(&mut self) -> Result<&mut Table<'t, K, V>> {
        self.read()?;
        // Never: it has just been opened.
        let closed = || Error::Closed.into();
        self.table.get_mut().ok_or_else(closed)
    }
}
