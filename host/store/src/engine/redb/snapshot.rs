//! Reading: one committed state of the store, pinned until the next.

use super::format::{
    CHUNK, IDS, IDX, NAMESPACES, Place, RETIRED, TITLES, TRASH, TTL, VAL, decode_namespace,
    decode_record, piece_key, split_ttl_key, unseal,
};
use super::guard::Result;
use super::patience::Patience;
use crate::engine::{Listing, NamespaceNumber, NamespaceRecord, Row, RowRange, Wanted};
use crate::limits::{PIECE_BYTES, VALUE_BYTES_MAX};
use crate::{Entry, Error, Head, UnixMillis};
use ::redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};
use bytes::{Bytes, BytesMut};
use std::ops::Bound;
use std::sync::OnceLock;

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;
type RowTable = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Keys after which a read looks at the time, which costs a twentieth of finding a key in memory.
const KEYS_A_LOOK: usize = 4;
/// The same for rows one after another, of which a page has about so many.
const ROWS_A_LOOK: usize = 32;

/// One committed state of the store.
pub(super) struct Snapshot {
    pub(super) sequence: u64,
    idx: Rows,
    val: OnceLock<Rows>,
    chunk: OnceLock<Rows>,
    transaction: ReadTransaction,
}

impl Snapshot {
    /// The state of the last commit, which was the `sequence`-th.
    pub(super) fn pin(database: &impl ReadableDatabase, sequence: u64) -> Result<Self> {
        let transaction = database.begin_read()?;
        Ok(Self {
            sequence,
            idx: transaction.open_table(IDX)?,
            val: OnceLock::new(),
            chunk: OnceLock::new(),
            transaction,
        })
    }

    /// A table that is opened when it is first read: most states are replaced before.
    fn opened<'a>(&self, table: &'a OnceLock<Rows>, definition: RowTable) -> Result<&'a Rows> {
        if let Some(table) = table.get() {
            return Ok(table);
        }
        let opened = self.transaction.open_table(definition)?;
        Ok(table.get_or_init(|| opened))
    }

    /// For whatever is read too seldom to have its table pinned.
    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.transaction
    }

    pub(super) fn head(&self, row: &Row) -> Result<Option<Head>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, _) = decode_record(row.as_bytes(), record.value())?;
        Ok(Some(head))
    }

    pub(super) fn entry(&self, row: &Row, patience: &Patience<'_>) -> Result<Option<Entry>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, place) = decode_record(row.as_bytes(), record.value())?;
        let value = self.value(row, &head, place, patience)?;
        Ok(Some(Entry { value, head }))
    }

    /// The rows whose heads are `wanted`, in the order asked for, of which `hot` says what is known.
    /// The records of the others are looked up in the order of the keys, in which what one look-up
    /// has brought to the processor serves the next.
    pub(super) fn entries(
        &self,
        rows: &[Row],
        hot: Vec<Option<Entry>>,
        mut wanted: Wanted,
        patience: &Patience<'_>,
    ) -> Result<Vec<Option<Entry>>> {
        let cold = rows.iter().zip(&hot).enumerate().filter(|(_, (_, hot))| hot.is_none());
        let mut cold: Vec<_> = cold.map(|(at, (row, _))| (row, at)).collect();
        cold.sort_unstable();
        let record = |(row, at): (&Row, usize)| {
            patience.step::<KEYS_A_LOOK>()?;
            Ok((at, self.idx.get(row.as_bytes())?))
        };
        let mut records = cold.into_iter().map(record).collect::<Result<Vec<_>>>()?;
        records.sort_unstable_by_key(|(at, _)| *at);
        let mut records = records.into_iter();
        let entry = |(row, hot): (&Row, Option<Entry>)| {
            if let Some(entry) = hot {
                return Ok(wanted.wants(&entry.head)?.then_some(entry));
            }
            let Some((_, Some(record))) = records.next() else { return Ok(None) };
            let (head, place) = decode_record(row.as_bytes(), record.value())?;
            if !wanted.wants(&head)? {
                return Ok(None);
            }
            let value = self.value(row, &head, place, patience)?;
            Ok(Some(Entry { value, head }))
        };
        rows.iter().zip(hot).map(entry).collect()
    }

    /// A row and where its value lies, which is read along with it unless it is in pieces.
    pub(super) fn open(&self, row: &Row) -> Result<Option<(Head, Opened)>> {
        let Some(record) = self.idx.get(row.as_bytes())? else {
            return Ok(None);
        };
        let (head, place) = decode_record(row.as_bytes(), record.value())?;
        let opened = match place {
            Place::Chunks(blob) => Opened::Blob(blob),
            Place::Inline(_) | Place::Val => {
                Opened::Value(self.value(row, &head, place, &Patience::endless())?)
            }
        };
        Ok(Some((head, opened)))
    }

    pub(super) fn value(
        &self,
        row: &Row,
        head: &Head,
        place: Place<'_>,
        patience: &Patience<'_>,
    ) -> Result<Bytes> {
        let value = match place {
            Place::Inline(value) => Bytes::copy_from_slice(value),
            Place::Val => {
                patience.step::<KEYS_A_LOOK>()?;
                let stored = self.opened(&self.val, VAL)?.get(row.as_bytes())?;
                let stored = stored.ok_or_else(|| value_missing(row))?;
                Bytes::copy_from_slice(unseal(stored.value(), row.as_bytes())?)
            }
            Place::Chunks(blob) => {
                let size = usize::try_from(head.size).unwrap_or(usize::MAX);
                let mut value = BytesMut::with_capacity(size.min(VALUE_BYTES_MAX));
                while value.len() < size {
                    patience.step::<1>()?;
                    let number = (value.len() / PIECE_BYTES) as u32;
                    self.with_piece(blob, number, |piece| value.extend_from_slice(piece))?;
                }
                value.freeze()
            }
        };
        if value.len() as u64 != head.size {
            return Err(Error::corrupt(format!("{row:?}: its value has another size")).into());
        }
        Ok(value)
    }

    pub(super) fn piece(&self, blob: u64, number: u32) -> Result<Bytes> {
        self.with_piece(blob, number, Bytes::copy_from_slice)
    }

    fn with_piece<T>(&self, blob: u64, number: u32, read: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let key = piece_key(blob, number);
        let stored = self.opened(&self.chunk, CHUNK)?.get(key.as_slice())?;
        let missing = || Error::corrupt(format!("piece {number} of blob {blob} is missing"));
        let stored = stored.ok_or_else(missing)?;
        let piece = unseal(stored.value(), &key)?;
        if piece.is_empty() {
            return Err(Error::corrupt(format!("piece {number} of blob {blob} is empty")).into());
        }
        Ok(read(piece))
    }

    pub(super) fn scan(
        &self,
        range: &RowRange,
        mut listing: Listing,
        patience: &Patience<'_>,
    ) -> Result<Listing> {
        let bounds = (as_slice(&range.start), as_slice(&range.end));
        let mut rows = self.idx.range::<&[u8]>(bounds)?;
        while let Some(row) = if range.reverse { rows.next_back() } else { rows.next() } {
            patience.step::<ROWS_A_LOOK>()?;
            let (row, record) = row?;
            let (head, _) = decode_record(row.value(), record.value())?;
            if listing.row(row.value(), head)?.is_break() {
                break;
            }
        }
        Ok(listing)
    }

    /// Whether a sweep would find something: rows that have expired by then, rows of namespaces
    /// that are being deleted, or values that no row holds.
    pub(super) fn has_garbage(&self, expired_by: Option<UnixMillis>) -> Result<bool> {
        if self.transaction.open_table(TRASH)?.first()?.is_some()
            || self.transaction.open_table(RETIRED)?.first()?.is_some()
        {
            return Ok(true);
        }
        let ttl = self.transaction.open_table(TTL)?;
        let (Some(now), Some((first, _))) = (expired_by, ttl.first()?) else { return Ok(false) };
        Ok(split_ttl_key(first.value())?.0.has_passed(now))
    }

    pub(super) fn namespaces(&self) -> Result<Vec<NamespaceRecord>> {
        let titles = self.transaction.open_table(TITLES)?;
        let mut records = Vec::new();
        for title in titles.iter()? {
            let (_, number) = title?;
            records.extend(self.namespace_by_number(number.value())?);
        }
        Ok(records)
    }

    pub(super) fn namespace_by_title(&self, title: &str) -> Result<Option<NamespaceRecord>> {
        let titles = self.transaction.open_table(TITLES)?;
        let number = titles.get(title)?;
        number.map_or(Ok(None), |number| self.namespace_by_number(number.value()))
    }

    pub(super) fn namespace_by_id(&self, id: &str) -> Result<Option<NamespaceRecord>> {
        let ids = self.transaction.open_table(IDS)?;
        let number = ids.get(id)?;
        number.map_or(Ok(None), |number| self.namespace_by_number(number.value()))
    }

    pub(super) fn namespace_by_number(
        &self,
        number: NamespaceNumber,
    ) -> Result<Option<NamespaceRecord>> {
        let namespaces = self.transaction.open_table(NAMESPACES)?;
        let Some(record) = namespaces.get(number)? else { return Ok(None) };
        let (record, being_deleted) = decode_namespace(number, record.value())?;
        Ok((!being_deleted).then_some(record))
    }
}

fn value_missing(row: &Row) -> Error {
    Error::corrupt(format!("{row:?}: its value is missing"))
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// A value about to be read in pieces.
pub(super) enum Opened {
    /// All of it.
    Value(Bytes),
    /// The blob that its pieces are under.
    Blob(u64),
}
