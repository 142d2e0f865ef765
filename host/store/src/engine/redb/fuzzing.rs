//! What is decoded from bytes that anybody may have written, for the fuzz targets in `tests/fuzz`.
//! It is there only where `cargo fuzz` builds it.
//!
//! Each of these panics when something is decoded to what is not encoded as the same bytes again.

use super::format::{
    decode_namespace, decode_record, encode_namespace, encode_record, seal, unseal,
};
use crate::list::{decode_cursor, encode_cursor};

const ROW: &[u8] = b"\0\0\0\x01key";
const NUMBER: u32 = 1;

/// The record of a key: as it comes, and with its checksum made right, without which no other bytes
/// are looked at.
pub fn record(bytes: &[u8]) {
    for record in with_and_without_seal(bytes, ROW) {
        if let Ok((head, place)) = decode_record(ROW, &record) {
            assert_eq!(encode_record(ROW, &head, place), record);
        }
    }
}

/// The record of a namespace, likewise.
pub fn namespace(bytes: &[u8]) {
    for record in with_and_without_seal(bytes, &NUMBER.to_be_bytes()) {
        if let Ok((namespace, being_deleted)) = decode_namespace(NUMBER, &record) {
            assert_eq!(encode_namespace(&namespace, being_deleted), record);
        }
    }
}

/// A cursor that somebody made up, and one that a listing would have answered with.
pub fn cursor(text: &str) {
    for reverse in [false, true] {
        if let Ok(key) = decode_cursor(text, reverse) {
            assert_eq!(encode_cursor(&key, reverse), text);
        }
        let cursor = encode_cursor(text, reverse);
        let is_too_long = cursor.len() > crate::limits::CURSOR_BYTES_MAX;
        assert_eq!(decode_cursor(&cursor, reverse).is_err(), is_too_long);
        assert!(decode_cursor(&cursor, !reverse).is_err());
        assert!(is_too_long || decode_cursor(&cursor, reverse).as_deref() == Ok(text));
    }
}

fn with_and_without_seal(bytes: &[u8], name: &[u8]) -> [Vec<u8>; 2] {
    let mut sealed = bytes.to_vec();
    seal(&mut sealed, name);
    assert_eq!(unseal(&sealed, name).as_deref(), Ok(bytes));
    [bytes.to_vec(), sealed]
}
