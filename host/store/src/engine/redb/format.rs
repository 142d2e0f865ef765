//! The bytes on disk: tables, records and their checksums. The README of this crate says the same
//! in prose; a change here is a new format.

use crate::engine::{NamespaceNumber, NamespaceRecord};
use crate::{Error, Head, Quota, Result, UnixMillis, Version};
use ::redb::TableDefinition;
use std::sync::Arc;

/// The format of the directory and of everything in it.
pub(super) const FORMAT: u32 = 1;

/// Values of at most this many bytes lie in the record itself.
pub(super) const INLINE_BYTES_MAX: u64 = 1024;

type Bytes = &'static [u8];

/// Row to record, with the value when it is small.
pub(super) const IDX: TableDefinition<Bytes, Bytes> = TableDefinition::new("idx");
/// Row to value, when it is of middling size.
pub(super) const VAL: TableDefinition<Bytes, Bytes> = TableDefinition::new("val");
/// Blob and number, big end first, to a piece of a large value.
pub(super) const CHUNK: TableDefinition<Bytes, Bytes> = TableDefinition::new("chunk");
/// Expiration, big end first, and row, so in the order of expiration.
pub(super) const TTL: TableDefinition<Bytes, ()> = TableDefinition::new("ttl");
/// Blobs that a writer in pieces has not finished.
pub(super) const PENDING: TableDefinition<u64, ()> = TableDefinition::new("pending");
/// Blobs that no row holds any more, but a reader may.
pub(super) const TRASH: TableDefinition<u64, ()> = TableDefinition::new("trash");
/// Number to what is kept of a namespace.
pub(super) const NAMESPACES: TableDefinition<NamespaceNumber, Bytes> =
    TableDefinition::new("namespaces");
/// Numbers of the namespaces that are being deleted.
pub(super) const RETIRED: TableDefinition<NamespaceNumber, ()> = TableDefinition::new("retired");
/// Title to number.
pub(super) const TITLES: TableDefinition<&str, NamespaceNumber> = TableDefinition::new("titles");
/// Id to number.
pub(super) const IDS: TableDefinition<&str, NamespaceNumber> = TableDefinition::new("ids");
/// Counters of the store as a whole.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// In [`META`]: raised before the first write after each opening.
pub(super) const EPOCH: &str = "epoch";
/// In [`META`]: the number of the next namespace.
pub(super) const NEXT_NAMESPACE: &str = "next namespace";
/// In [`META`]: a blob id above all that were ever used.
pub(super) const NEXT_BLOB: &str = "next blob";

/// Bits of a version that count within an epoch.
pub(super) const COUNTER_BITS: u32 = 40;
/// The last epoch that a version has room for.
pub(super) const EPOCH_MAX: u64 = (1 << (u64::BITS - COUNTER_BITS)) - 1;

/// Where the value of a row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// In the record.
    Inline(&'a [u8]),
    /// In [`VAL`], under the same row.
    Val,
    /// In [`CHUNK`], under this blob.
    Chunks(u64),
}

const RECORD_FORMAT: u8 = 1;
const HAS_EXPIRATION: u8 = 1 << 0;
const HAS_METADATA: u8 = 1 << 1;
const IN_VAL: u8 = 1 << 2;
const IN_CHUNKS: u8 = 1 << 3;
const KNOWN_FLAGS: u8 = HAS_EXPIRATION | HAS_METADATA | IN_VAL | IN_CHUNKS;

/// The record of a row.
pub(super) fn encode_record(row: &[u8], head: &Head, place: Place<'_>) -> Vec<u8> {
    let inline = if let Place::Inline(value) = place { value } else { &[] };
    let metadata = head.metadata.as_deref().unwrap_or_default();
    let mut record = Vec::with_capacity(40 + metadata.len() + inline.len());
    let mut flags = match place {
        Place::Inline(_) => 0,
        Place::Val => IN_VAL,
        Place::Chunks(_) => IN_CHUNKS,
    };
    flags |= if head.expiration.is_some() { HAS_EXPIRATION } else { 0 };
    flags |= if head.metadata.is_some() { HAS_METADATA } else { 0 };
    record.extend([RECORD_FORMAT, flags]);
    record.extend(head.version.as_u64().to_le_bytes());
    record.extend(head.size.to_le_bytes());
    if let Some(expiration) = head.expiration {
        record.extend(expiration.as_millis().to_le_bytes());
    }
    if head.metadata.is_some() {
        record.extend((metadata.len() as u16).to_le_bytes());
        record.extend(metadata.as_bytes());
    }
    match place {
        Place::Inline(value) => record.extend(value),
        Place::Val => {}
        Place::Chunks(blob) => record.extend(blob.to_le_bytes()),
    }
    seal(&mut record, row);
    record
}

/// What [`encode_record`] was given; refused when a byte of it or of its row has changed.
pub(super) fn decode_record<'a>(row: &[u8], record: &'a [u8]) -> Result<(Head, Place<'a>)> {
    let mut bytes = Fields { rest: unseal(record, row)?, row };
    let [format, flags] = bytes.array()?;
    if format != RECORD_FORMAT || flags & !KNOWN_FLAGS != 0 {
        return Err(damaged(row, "its record is of another format"));
    }
    let version = Version::from_u64(u64::from_le_bytes(bytes.array()?));
    let size = u64::from_le_bytes(bytes.array()?);
    let expiration = match flags & HAS_EXPIRATION {
        0 => None,
        _ => Some(UnixMillis::new(u64::from_le_bytes(bytes.array()?))),
    };
    let metadata = match flags & HAS_METADATA {
        0 => None,
        _ => {
            let length = u16::from_le_bytes(bytes.array()?);
            Some(Arc::from(bytes.text(length.into())?))
        }
    };
    let place = match flags & (IN_VAL | IN_CHUNKS) {
        0 => Place::Inline(bytes.take(size as usize)?),
        IN_VAL => Place::Val,
        IN_CHUNKS => Place::Chunks(u64::from_le_bytes(bytes.array()?)),
        _ => return Err(damaged(row, "its value lies in two places")),
    };
    bytes.end()?;
    Ok((Head { version, expiration, metadata, size }, place))
}

/// Of a namespace without a quota.
const NAMESPACE_FORMAT: u8 = 1;
const NAMESPACE_FORMAT_WITH_QUOTA: u8 = 2;
/// As a quota: none.
const UNLIMITED: u64 = u64::MAX;
const LIVE: u8 = 0;
const BEING_DELETED: u8 = 1;

/// What is kept of a namespace, and whether it is being deleted.
pub(super) fn encode_namespace(record: &NamespaceRecord, being_deleted: bool) -> Vec<u8> {
    let state = if being_deleted { BEING_DELETED } else { LIVE };
    let quota = record.quota;
    let format = match quota.is_unlimited() {
        true => NAMESPACE_FORMAT,
        false => NAMESPACE_FORMAT_WITH_QUOTA,
    };
    let mut bytes = vec![format, state];
    bytes.extend(record.keys.to_le_bytes());
    bytes.extend(record.bytes.to_le_bytes());
    if !quota.is_unlimited() {
        bytes.extend(quota.keys.unwrap_or(UNLIMITED).to_le_bytes());
        bytes.extend(quota.bytes.unwrap_or(UNLIMITED).to_le_bytes());
    }
    for text in [&record.id, &record.title] {
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    seal(&mut bytes, &record.number.to_be_bytes());
    bytes
}

/// What [`encode_namespace`] was given.
pub(super) fn decode_namespace(
    number: NamespaceNumber,
    record: &[u8],
) -> Result<(NamespaceRecord, bool)> {
    let name = number.to_be_bytes();
    let mut bytes = Fields { rest: unseal(record, &name)?, row: &name };
    let (has_quota, being_deleted) = match bytes.array()? {
        [
            format @ (NAMESPACE_FORMAT | NAMESPACE_FORMAT_WITH_QUOTA),
            state @ (LIVE | BEING_DELETED),
        ] => (format == NAMESPACE_FORMAT_WITH_QUOTA, state == BEING_DELETED),
        _ => return Err(damaged(&name, "its record is of another format")),
    };
    let keys = u64::from_le_bytes(bytes.array()?);
    let size = u64::from_le_bytes(bytes.array()?);
    let mut limit = || -> Result<Option<u64>> {
        let limit = if has_quota { u64::from_le_bytes(bytes.array()?) } else { UNLIMITED };
        Ok((limit != UNLIMITED).then_some(limit))
    };
    let quota = Quota { keys: limit()?, bytes: limit()? };
    if has_quota && quota.is_unlimited() {
        return Err(damaged(&name, "its quota is none"));
    }
    let mut text = || -> Result<Arc<str>> {
        let length = u16::from_le_bytes(bytes.array()?);
        bytes.text(length.into()).map(Arc::from)
    };
    let (id, title) = (text()?, text()?);
    bytes.end()?;
    Ok((NamespaceRecord { number, id, title, keys, bytes: size, quota }, being_deleted))
}

/// The key of a row's expiration in [`TTL`].
pub(super) fn ttl_key(expiration: UnixMillis, row: &[u8]) -> Vec<u8> {
    [&expiration.as_millis().to_be_bytes(), row].concat()
}

/// What [`ttl_key`] was given.
pub(super) fn split_ttl_key(key: &[u8]) -> Result<(UnixMillis, &[u8])> {
    let parts = key.split_first_chunk().ok_or_else(|| Error::corrupt("a ttl row is cut off"))?;
    Ok((UnixMillis::new(u64::from_be_bytes(*parts.0)), parts.1))
}

/// The key of a piece in [`CHUNK`], under which it is sealed.
pub(super) fn piece_key(blob: u64, number: u32) -> [u8; 12] {
    (u128::from(blob) << 32 | u128::from(number))
        .to_be_bytes()
        .last_chunk()
        .copied()
        .unwrap_or_default()
}

const SEAL_BYTES: usize = 4;

/// Appends the checksum of the bytes and of the name under which they are kept, so that bytes in
/// a wrong place are found as well as wrong bytes.
pub(super) fn seal(bytes: &mut Vec<u8>, name: &[u8]) {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(bytes), name);
    bytes.extend(checksum.to_le_bytes());
}

/// The bytes that were sealed under `name`.
pub(super) fn unseal<'a>(sealed: &'a [u8], name: &[u8]) -> Result<&'a [u8]> {
    let parts = sealed.split_last_chunk::<SEAL_BYTES>();
    let (bytes, checksum) = parts.ok_or_else(|| damaged(name, "its record is cut off"))?;
    if crc32c::crc32c_append(crc32c::crc32c(bytes), name).to_le_bytes() != *checksum {
        return Err(damaged(name, "its checksum is wrong"));
    }
    Ok(bytes)
}

/// The error for what is kept under `name`, which is a row or a number.
pub(super) fn damaged(name: &[u8], what: &str) -> Error {
    let shown = match name.split_first_chunk::<4>() {
        Some((number, key)) if !key.is_empty() => {
            let number = NamespaceNumber::from_be_bytes(*number);
            format!("key {:?} of namespace number {number}", String::from_utf8_lossy(key))
        }
        _ => format!("entry {name:02x?}"),
    };
    Error::corrupt(format!("{shown}: {what}"))
}

/// The fields of a record, one after another.
struct Fields<'a, 'r> {
    rest: &'a [u8],
    row: &'r [u8],
}

impl<'a> Fields<'a, '_> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.cut_off())?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.cut_off())?;
        self.rest = rest;
        Ok(*taken)
    }

    fn text(&mut self, length: usize) -> Result<&'a str> {
        std::str::from_utf8(self.take(length)?)
            .map_err(|_| damaged(self.row, "its text is not UTF-8"))
    }

    fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(damaged(self.row, "its record is too long")) }
    }

    fn cut_off(&self) -> Error {
        damaged(self.row, "its record is cut off")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(expiration: Option<u64>, metadata: Option<&str>, size: u64) -> Head {
        Head {
            version: Version::from_u64(0x0102_0304_0506_0708),
            expiration: expiration.map(UnixMillis::new),
            metadata: metadata.map(Arc::from),
            size,
        }
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        for expiration in [None, Some(u64::MAX)] {
            for metadata in [None, Some(""), Some("\"é\"")] {
                for (place, size) in
                    [(Place::Inline(b"abc"), 3), (Place::Val, 5000), (Place::Chunks(9), 1 << 24)]
                {
                    let head = head(expiration, metadata, size);
                    let record = encode_record(b"\0\0\0\x01k", &head, place);
                    assert_eq!(decode_record(b"\0\0\0\x01k", &record), Ok((head, place)));
                }
            }
        }
    }

    #[test]
    fn a_namespace_reads_as_it_was_written() {
        for quota in [
            Quota::default(),
            Quota { keys: Some(0), bytes: None },
            Quota { keys: None, bytes: Some(1 << 40) },
        ] {
            let record =
                NamespaceRecord { quota, ..NamespaceRecord::new(7, "i".into(), "t".into()) };
            let encoded = encode_namespace(&record, true);
            assert_eq!(encoded[0], if quota.is_unlimited() { 1 } else { 2 });
            assert_eq!(decode_namespace(7, &encoded), Ok((record, true)));
            assert!(decode_namespace(8, &encoded).is_err());
        }
    }

    #[test]
    fn a_namespace_with_a_quota_that_is_none_is_refused() {
        let record = NamespaceRecord::new(7, "i".into(), "t".into());
        let mut encoded = encode_namespace(&record, false);
        encoded.truncate(encoded.len() - SEAL_BYTES);
        encoded[0] = NAMESPACE_FORMAT_WITH_QUOTA;
        encoded.splice(18..18, [u8::MAX; 16]);
        seal(&mut encoded, &7_u32.to_be_bytes());
        let refused = damaged(&7_u32.to_be_bytes(), "its quota is none");
        assert_eq!(decode_namespace(7, &encoded), Err(refused));
    }

    #[test]
    fn a_changed_or_misplaced_record_is_refused() {
        let record =
            encode_record(b"\0\0\0\x01k", &head(Some(7), Some("1"), 1), Place::Inline(b"v"));
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert!(decode_record(b"\0\0\0\x01k", &changed).is_err(), "byte {at}");
            assert!(decode_record(b"\0\0\0\x01k", &record[..at]).is_err(), "cut at {at}");
        }
        assert!(decode_record(b"\0\0\0\x01l", &record).is_err());
    }

    /// The bytes that the README promises: a release that changes them must change the format.
    #[test]
    fn the_format_is_fixed() {
        let record =
            encode_record(b"\0\0\0\x01k", &head(Some(1000), Some("1"), 2), Place::Inline(b"hi"));
        let expected = b"\x01\x03\x08\x07\x06\x05\x04\x03\x02\x01\x02\0\0\0\0\0\0\0\xe8\x03\0\0\0\0\0\0\x01\x001hi";
        assert_eq!(record.strip_suffix(&record[record.len() - 4..]), Some(&expected[..]));
        assert_eq!(
            record[record.len() - 4..],
            crc32c::crc32c(&[&expected[..], b"\0\0\0\x01k"].concat()).to_le_bytes()
        );
    }
}
