//! Writing: the tables within a write transaction, and how a change of a row becomes changes of
//! them.

use super::format::{
    CHUNK, IDS, IDX, INLINE_BYTES_MAX, META, NAMESPACES, NEXT_NAMESPACE, PENDING, Place, RETIRED,
    TITLES, TRASH, TTL, VAL, decode_namespace, decode_record, encode_namespace, encode_record,
    piece_key, seal, ttl_key,
};
use super::guard::Result;
use super::lazy::LazyTable;
use crate::engine::{
    Catalog, CatalogChange, Change, NamespaceNumber, NamespaceRecord, Row, Rows, Value,
};
use crate::limits::PIECE_BYTES;
use crate::quota::bytes_of;
use crate::{Error, Head};
use ::redb::{ReadableTable, WriteTransaction};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

type RowTable<'t> = LazyTable<'t, &'static [u8], &'static [u8]>;

/// The tables of one write transaction, and what it has changed so far.
pub(super) struct Tables<'t> {
    pub(super) idx: RowTable<'t>,
    pub(super) chunk: RowTable<'t>,
    pub(super) ttl: LazyTable<'t, &'static [u8], ()>,
    pub(super) pending: LazyTable<'t, u64, ()>,
    pub(super) trash: LazyTable<'t, u64, ()>,
    pub(super) retired: LazyTable<'t, NamespaceNumber, ()>,
    namespaces: LazyTable<'t, NamespaceNumber, &'static [u8]>,
    pub(super) meta: LazyTable<'t, &'static str, u64>,
    val: RowTable<'t>,
    titles: LazyTable<'t, &'static str, NamespaceNumber>,
    ids: LazyTable<'t, &'static str, NamespaceNumber>,
    /// Namespaces whose keys and bytes are counted in this transaction.
    counted: BTreeMap<NamespaceNumber, Counted>,
    /// Rows that the transaction has changed.
    pub(super) changed: Vec<Row>,
    /// The namespaces that it deletes, and what is to be set when they are gone.
    pub(super) deleted: Vec<(NamespaceNumber, Arc<AtomicBool>)>,
    /// How many rows and pieces were put: what may be garbage one day.
    pub(super) put: usize,
    /// Whether there is anything to commit.
    pub(super) dirty: bool,
    /// Whether it must be on disk before it is answered, whatever the durability of the store.
    pub(super) durable: bool,
}

struct Counted {
    record: NamespaceRecord,
    being_deleted: bool,
    changed: bool,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Self {
        Self {
            idx: LazyTable::new(transaction, IDX),
            val: LazyTable::new(transaction, VAL),
            chunk: LazyTable::new(transaction, CHUNK),
            ttl: LazyTable::new(transaction, TTL),
            pending: LazyTable::new(transaction, PENDING),
            trash: LazyTable::new(transaction, TRASH),
            retired: LazyTable::new(transaction, RETIRED),
            namespaces: LazyTable::new(transaction, NAMESPACES),
            titles: LazyTable::new(transaction, TITLES),
            ids: LazyTable::new(transaction, IDS),
            meta: LazyTable::new(transaction, META),
            counted: BTreeMap::new(),
            changed: Vec::new(),
            deleted: Vec::new(),
            put: 0,
            dirty: false,
            durable: false,
        }
    }

    /// Refuses a namespace that does not take writes any more.
    pub(super) fn expect_live(&mut self, number: NamespaceNumber) -> Result<()> {
        match self.counted(number)? {
            Some(counted) if !counted.being_deleted => Ok(()),
            _ => Err(Error::NamespaceDeleted.into()),
        }
    }

    /// Makes a change of a row. `next_blob` gives a blob id that was never used.
    pub(super) fn apply(&mut self, change: Change, next_blob: impl FnOnce() -> u64) -> Result<()> {
        match change {
            Change::Put { row, head, value } => self.put(row, &head, value, next_blob),
            Change::Touch { row, head } => self.touch(row, &head),
            Change::Remove { row } => self.remove(row).map(drop),
        }
    }

    fn put(
        &mut self,
        row: Row,
        head: &Head,
        value: Value,
        next_blob: impl FnOnce() -> u64,
    ) -> Result<()> {
        let place = match &value {
            Value::Bytes(bytes) if head.size <= INLINE_BYTES_MAX => Place::Inline(bytes),
            Value::Bytes(_) if head.size <= PIECE_BYTES as u64 => Place::Val,
            Value::Bytes(bytes) => {
                let blob = next_blob();
                for (number, piece) in bytes.chunks(PIECE_BYTES).enumerate() {
                    self.put_piece(blob, number as u32, piece)?;
                }
                Place::Chunks(blob)
            }
            Value::Staged(staged) => {
                self.pending.write()?.remove(staged.id)?;
                Place::Chunks(staged.id)
            }
        };
        let record = encode_record(row.as_bytes(), head, place);
        let before = self.idx.write()?.insert(row.as_bytes(), record.as_slice())?;
        let before = before.map(|before| before.value().to_vec());
        let had_value = self.forget(&row, before.as_deref())?;
        match (&value, place) {
            (Value::Bytes(bytes), Place::Val) => {
                let mut sealed = bytes.to_vec();
                seal(&mut sealed, row.as_bytes());
                self.val.write()?.insert(row.as_bytes(), sealed.as_slice())?;
            }
            _ if had_value => drop(self.val.write()?.remove(row.as_bytes())?),
            _ => {}
        }
        if let Some(expiration) = head.expiration {
            self.ttl.write()?.insert(ttl_key(expiration, row.as_bytes()).as_slice(), ())?;
        }
        self.count(&row, |keys| keys + 1, |bytes| bytes + bytes_of(&row, head))?;
        self.put += 1;
        self.changed.push(row);
        Ok(())
    }

    fn touch(&mut self, row: Row, head: &Head) -> Result<()> {
        let before = self.idx.read()?.get(row.as_bytes())?.map(|record| record.value().to_vec());
        let Some(before) = before else { return Ok(()) };
        let (old, place) = decode_record(row.as_bytes(), &before)?;
        self.forget_expiration(&row, &old)?;
        let record = encode_record(row.as_bytes(), head, place);
        self.idx.write()?.insert(row.as_bytes(), record.as_slice())?;
        if let Some(expiration) = head.expiration {
            self.ttl.write()?.insert(ttl_key(expiration, row.as_bytes()).as_slice(), ())?;
        }
        self.dirty = true;
        self.changed.push(row);
        Ok(())
    }

    /// Removes a row and everything that belongs to it; whether there was one.
    pub(super) fn remove(&mut self, row: Row) -> Result<bool> {
        let before =
            self.idx.write()?.remove(row.as_bytes())?.map(|record| record.value().to_vec());
        if before.is_none() {
            return Ok(false);
        }
        if self.forget(&row, before.as_deref())? {
            self.val.write()?.remove(row.as_bytes())?;
        }
        self.dirty = true;
        self.changed.push(row);
        Ok(true)
    }

    /// Undoes everything but the record and the value in [`VAL`] of what a row was before; whether
    /// there is such a value. What cannot be read is left behind for `check` to find: a damaged
    /// row must still be one that can be overwritten and deleted.
    fn forget(&mut self, row: &Row, before: Option<&[u8]>) -> Result<bool> {
        self.dirty = true;
        let Some(before) = before else { return Ok(false) };
        let (head, place) = match decode_record(row.as_bytes(), before) {
            Ok(decoded) => decoded,
            Err(error) => {
                tracing::warn!(%error, "a damaged entry is overwritten or deleted");
                self.count(row, |keys| keys.saturating_sub(1), |bytes| bytes)?;
                return Ok(true);
            }
        };
        self.forget_expiration(row, &head)?;
        if let Place::Chunks(blob) = place {
            self.trash.write()?.insert(blob, ())?;
        }
        let size = bytes_of(row, &head);
        self.count(row, |keys| keys.saturating_sub(1), |bytes| bytes.saturating_sub(size))?;
        Ok(place == Place::Val)
    }

    fn forget_expiration(&mut self, row: &Row, head: &Head) -> Result<()> {
        if let Some(expiration) = head.expiration {
            self.ttl.write()?.remove(ttl_key(expiration, row.as_bytes()).as_slice())?;
        }
        Ok(())
    }

    /// Adds a piece to a blob that a writer has not finished.
    pub(super) fn stage(&mut self, blob: u64, number: u32, piece: &[u8]) -> Result<()> {
        self.pending.write()?.insert(blob, ())?;
        self.put_piece(blob, number, piece)
    }

    /// Gives up a blob that a writer has not finished, unless a row has it by now.
    pub(super) fn discard(&mut self, blob: u64) -> Result<()> {
        if self.pending.write()?.remove(blob)?.is_some() {
            self.trash.write()?.insert(blob, ())?;
            self.dirty = true;
        }
        Ok(())
    }

    fn put_piece(&mut self, blob: u64, number: u32, piece: &[u8]) -> Result<()> {
        let key = piece_key(blob, number);
        let mut sealed = Vec::with_capacity(piece.len() + key.len());
        sealed.extend_from_slice(piece);
        seal(&mut sealed, &key);
        self.chunk.write()?.insert(key.as_slice(), sealed.as_slice())?;
        self.put += 1;
        self.dirty = true;
        Ok(())
    }

    pub(super) fn change_namespaces(&mut self, change: CatalogChange) -> Result<NamespaceRecord> {
        self.dirty = true;
        match change {
            CatalogChange::Insert { title, id } => {
                let number =
                    self.meta.read()?.get(NEXT_NAMESPACE)?.map_or(1, |number| number.value());
                let number = NamespaceNumber::try_from(number).map_err(|_| Error::Unsupported {
                    what: "number more than 2^32 namespaces in its lifetime",
                })?;
                self.meta.write()?.insert(NEXT_NAMESPACE, u64::from(number) + 1)?;
                let record = NamespaceRecord::new(number, id, title);
                self.add_namespace(&record)?;
                Ok(record)
            }
            CatalogChange::Retitle { from, title } => {
                self.titles.write()?.remove(&*from.title)?;
                self.titles.write()?.insert(&*title, from.number)?;
                let record = NamespaceRecord { title, ..from };
                self.store_namespace(&record, false)?;
                Ok(record)
            }
            CatalogChange::Replace { record } => {
                self.store_namespace(&record, false)?;
                Ok(record)
            }
            CatalogChange::Retire { from, deleted } => {
                self.deleted.push((from.number, deleted));
                self.titles.write()?.remove(&*from.title)?;
                self.ids.write()?.remove(&*from.id)?;
                self.retired.write()?.insert(from.number, ())?;
                self.store_namespace(&from, true)?;
                Ok(from)
            }
        }
    }

    pub(super) fn add_namespace(&mut self, record: &NamespaceRecord) -> Result<()> {
        self.titles.write()?.insert(&*record.title, record.number)?;
        self.ids.write()?.insert(&*record.id, record.number)?;
        self.store_namespace(record, false)
    }

    fn store_namespace(&mut self, record: &NamespaceRecord, being_deleted: bool) -> Result<()> {
        self.counted.remove(&record.number);
        let bytes = encode_namespace(record, being_deleted);
        self.namespaces.write()?.insert(record.number, bytes.as_slice())?;
        Ok(())
    }

    /// The end of a namespace whose rows are gone.
    pub(super) fn remove_namespace(&mut self, number: NamespaceNumber) -> Result<()> {
        self.counted.remove(&number);
        self.namespaces.write()?.remove(number)?;
        self.retired.write()?.remove(number)?;
        self.dirty = true;
        Ok(())
    }

    /// Writes the counts of this transaction, as the last thing before it commits.
    pub(super) fn store_counts(&mut self) -> Result<()> {
        for counted in std::mem::take(&mut self.counted).into_values().filter(|c| c.changed) {
            let bytes = encode_namespace(&counted.record, counted.being_deleted);
            self.namespaces.write()?.insert(counted.record.number, bytes.as_slice())?;
        }
        Ok(())
    }

    fn count(
        &mut self,
        row: &Row,
        keys: impl FnOnce(u64) -> u64,
        bytes: impl FnOnce(u64) -> u64,
    ) -> Result<()> {
        if let Some(counted) = self.counted(row.namespace())? {
            counted.record.keys = keys(counted.record.keys);
            counted.record.bytes = bytes(counted.record.bytes);
            counted.changed = true;
        }
        Ok(())
    }

    fn counted(&mut self, number: NamespaceNumber) -> Result<Option<&mut Counted>> {
        if !self.counted.contains_key(&number) {
            let Some(record) = self.namespaces.read()?.get(number)? else { return Ok(None) };
            let (record, being_deleted) = decode_namespace(number, record.value())?;
            self.counted.insert(number, Counted { record, being_deleted, changed: false });
        }
        Ok(self.counted.get_mut(&number))
    }

    /// The namespace as it stands within this transaction, unless it is being deleted.
    pub(super) fn namespace(&self, number: NamespaceNumber) -> Result<Option<NamespaceRecord>> {
        if let Some(counted) = self.counted.get(&number) {
            return Ok((!counted.being_deleted).then(|| counted.record.clone()));
        }
        let Some(record) = self.namespaces.read()?.get(number)? else { return Ok(None) };
        let (record, being_deleted) = decode_namespace(number, record.value())?;
        Ok((!being_deleted).then_some(record))
    }

    fn record(&self, row: &Row) -> Result<Option<(Head, Option<Bytes>)>> {
        let Some(record) = self.idx.read()?.get(row.as_bytes())? else { return Ok(None) };
        let (head, place) = decode_record(row.as_bytes(), record.value())?;
        let inline = match place {
            Place::Inline(value) => Some(Bytes::copy_from_slice(value)),
            Place::Val | Place::Chunks(_) => None,
        };
        Ok(Some((head, inline)))
    }
}

impl Rows for Tables<'_> {
    fn head(&self, row: &Row) -> crate::Result<Option<Head>> {
        Ok(self.record(row)?.map(|(head, _)| head))
    }

    fn value(&self, row: &Row) -> crate::Result<Option<Bytes>> {
        match self.record(row)? {
            None => Ok(None),
            Some((_, Some(inline))) => Ok(Some(inline)),
            Some((_, None)) => {
                Err(Error::Unsupported { what: "evaluate a write on a large value" })
            }
        }
    }
}

impl Catalog for Tables<'_> {
    fn by_title(&self, title: &str) -> crate::Result<Option<NamespaceRecord>> {
        let number = self.titles.read()?.get(title).map_err(super::guard::Failed::from)?;
        Ok(number.map_or(Ok(None), |number| self.namespace(number.value()))?)
    }

    fn by_id(&self, id: &str) -> crate::Result<Option<NamespaceRecord>> {
        let number = self.ids.read()?.get(id).map_err(super::guard::Failed::from)?;
        Ok(number.map_or(Ok(None), |number| self.namespace(number.value()))?)
    }

    fn by_number(&self, number: NamespaceNumber) -> crate::Result<Option<NamespaceRecord>> {
        Ok(self.namespace(number)?)
    }
}
