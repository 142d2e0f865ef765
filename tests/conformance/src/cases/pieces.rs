//! Values read and written in pieces.

use super::limits::value_of;
use crate::subject::{assert_invalid, finished};
use crate::{Error, KeyInfo, Limited, PieceReader, PieceWriter, START_SECONDS, Subject};
use larder_store::{Expiration, ListOptions, PutOptions, WriteOutcome};
use std::time::Duration;

/// A writer that has been given the value in pieces of `step` bytes.
fn staged<'a>(
    kv: &'a dyn Subject,
    key: &str,
    value: &[u8],
    step: usize,
    options: PutOptions,
) -> Box<dyn PieceWriter + 'a> {
    let mut writer = kv.open_writer(key, options).unwrap();
    for piece in value.chunks(step) {
        writer.write(piece).unwrap();
    }
    writer
}

/// Reads on from `offset` to the end, in reads of at most `max` bytes.
fn read_on(reader: &dyn PieceReader, mut offset: u64, max: u32) -> Vec<u8> {
    let mut value = Vec::new();
    loop {
        let piece = reader.read(offset, max).unwrap();
        assert!(piece.len() <= max as usize);
        if piece.is_empty() {
            return value;
        }
        offset += piece.len() as u64;
        value.extend_from_slice(&piece);
    }
}

pub fn a_reader_gives_the_value_from_any_offset(kv: &dyn Subject) {
    let value = value_of(1_200_001);
    kv.put("k", &value).unwrap();
    let reader = kv.open_reader("k").unwrap().unwrap();
    for offset in [0, 1, 519_999, 520_000, 520_001, 1_039_999, 1_040_000, 1_200_000] {
        assert!(read_on(&*reader, offset, 400_000) == value[offset as usize..], "from {offset}");
    }
}

pub fn a_reader_tells_what_is_kept_of_the_key(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("1");
    let version = kv.written("k", b"value", options);
    let expected = KeyInfo {
        name: "k".into(),
        expiration: Some(START_SECONDS + 11),
        metadata: Some("1".into()),
        version,
        size: 5,
    };
    assert_eq!(kv.open_reader("k").unwrap().unwrap().info(), expected);
}

pub fn a_read_gives_at_most_what_is_asked_for(kv: &dyn Subject) {
    kv.put("k", b"value").unwrap();
    let reader = kv.open_reader("k").unwrap().unwrap();
    assert_eq!(reader.read(0, 1).unwrap(), "v");
    assert_eq!(reader.read(4, 1).unwrap(), "e");
    assert!(read_on(&*reader, 0, 2) == b"value");
    assert!(read_on(&*reader, 0, u32::MAX) == b"value");
}

pub fn a_read_at_or_behind_the_end_is_empty(kv: &dyn Subject) {
    kv.put("k", b"value").unwrap();
    kv.put("large", &value_of(600_000)).unwrap();
    kv.put("empty", b"").unwrap();
    for (key, offset) in [("k", 5), ("k", 6), ("k", u64::MAX), ("large", 600_000), ("empty", 0)] {
        let reader = kv.open_reader(key).unwrap().unwrap();
        assert_eq!(reader.read(offset, 10).unwrap(), "", "{key} from {offset}");
    }
}

pub fn a_read_of_no_byte_is_refused(kv: &dyn Subject) {
    kv.put("k", b"value").unwrap();
    let reader = kv.open_reader("k").unwrap().unwrap();
    assert_invalid(reader.read(0, 0), &["1", "0"]);
    assert_invalid(reader.read(99, 0), &["1", "0"]);
}

fn a_reader_keeps_its_value_when(kv: &dyn Subject, change: fn(&dyn Subject)) {
    for bytes in [5, 5000, 1_500_000] {
        let value = value_of(bytes);
        kv.written("k", &value, PutOptions::new().ttl(Duration::from_millis(5)));
        let reader = kv.open_reader("k").unwrap().unwrap();
        let info = reader.info();
        change(kv);
        assert!(read_on(&*reader, 0, 1_000_000) == value, "{bytes} bytes");
        assert_eq!(reader.info(), info);
    }
}

pub fn a_reader_keeps_its_value_when_that_is_replaced(kv: &dyn Subject) {
    a_reader_keeps_its_value_when(kv, |kv| {
        kv.put("k", &value_of(700_000)).unwrap();
        kv.put("k", b"short").unwrap();
    });
}

pub fn a_reader_keeps_its_value_when_that_is_deleted(kv: &dyn Subject) {
    a_reader_keeps_its_value_when(kv, |kv| {
        assert_eq!(kv.delete("k"), Ok(true));
        kv.fill(["a", "b", "c"]);
    });
}

pub fn a_reader_keeps_its_value_when_that_expires(kv: &dyn Subject) {
    a_reader_keeps_its_value_when(kv, |kv| {
        kv.wait_ms(5);
        kv.fill(["a", "b", "c"]);
        assert_eq!(kv.get("k"), Ok(None));
    });
}

pub fn two_readers_read_side_by_side(kv: &dyn Subject) {
    kv.put("k", b"first").unwrap();
    let first = kv.open_reader("k").unwrap().unwrap();
    kv.put("k", b"other").unwrap();
    let other = kv.open_reader("k").unwrap().unwrap();
    assert_eq!(first.read(0, 3).unwrap(), "fir");
    assert_eq!(other.read(0, 9).unwrap(), "other");
    assert_eq!(first.read(3, 9).unwrap(), "st");
}

pub fn pieces_of_any_size_make_the_value(kv: &dyn Subject) {
    let value = value_of(1_300_001);
    for step in [999, 519_999, 520_000, 520_001, 1_300_001] {
        let version = finished(staged(kv, "k", &value, step, PutOptions::new()));
        let entry = kv.entry("k");
        assert_eq!(entry.version, version);
        assert!(entry.value == value, "in pieces of {step}");
    }
}

pub fn a_writer_without_pieces_writes_an_empty_value(kv: &dyn Subject) {
    kv.put("k", b"before").unwrap();
    finished(staged(kv, "k", b"", 1, PutOptions::new()));
    assert_eq!(kv.text("k").as_deref(), Some(""));
    let mut writer = kv.open_writer("k", PutOptions::new()).unwrap();
    writer.write(b"").unwrap();
    writer.write(b"v").unwrap();
    writer.write(b"").unwrap();
    finished(writer);
    assert_eq!(kv.text("k").as_deref(), Some("v"));
}

pub fn a_writer_is_invisible_before_it_finishes(kv: &dyn Subject) {
    let mut writer = kv.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&value_of(1_500_000)).unwrap();
    assert_eq!(kv.get("k"), Ok(None));
    assert_eq!(kv.names(&ListOptions::default()), [""; 0]);
    kv.put("k", b"meanwhile").unwrap();
    writer.write(b"!").unwrap();
    assert_eq!(kv.text("k").as_deref(), Some("meanwhile"));
    finished(writer);
    assert_eq!(kv.head("k").unwrap().unwrap().size, 1_500_001);
}

pub fn a_dropped_writer_leaves_no_trace(kv: &dyn Subject) {
    let version = kv.put("k", b"before").unwrap();
    let mut writer = kv.open_writer("k", PutOptions::new().metadata("1")).unwrap();
    writer.write(&value_of(1_500_000)).unwrap();
    drop(writer);
    drop(kv.open_writer("other", PutOptions::new()).unwrap());
    assert_eq!(kv.names(&ListOptions::default()), ["k"]);
    assert_eq!((kv.text("k").as_deref(), kv.entry("k").version), (Some("before"), version));
}

pub fn a_writer_replaces_metadata_and_expiration_too(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_secs(10)).metadata("1");
    finished(staged(kv, "k", b"v", 1, options));
    let entry = kv.entry("k");
    assert_eq!(
        (entry.expiration, entry.metadata.as_deref()),
        (Some(START_SECONDS + 11), Some("1"))
    );
    finished(staged(kv, "k", b"v", 1, PutOptions::new()));
    let entry = kv.entry("k");
    assert_eq!((entry.expiration, entry.metadata), (None, None));
}

pub fn a_ttl_counts_from_finish(kv: &dyn Subject) {
    let options = PutOptions::new().ttl(Duration::from_millis(5));
    let mut writer = kv.open_writer("k", options).unwrap();
    kv.wait_ms(100);
    writer.write(b"v").unwrap();
    kv.wait_ms(100);
    finished(writer);
    kv.wait_ms(4);
    assert!(kv.get("k").unwrap().is_some());
    kv.wait_ms(1);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn an_expiration_is_judged_at_finish(kv: &dyn Subject) {
    let options = PutOptions::new().expiration(Expiration::At(START_SECONDS + 1));
    let mut writer = kv.open_writer("k", options).unwrap();
    writer.write(b"v").unwrap();
    kv.wait_ms(750);
    assert_invalid(writer.finish(), &[]);
    assert_eq!(kv.get("k"), Ok(None));
}

pub fn a_condition_is_judged_at_finish(kv: &dyn Subject) {
    let mut writer = kv.open_writer("k", PutOptions::new().if_absent()).unwrap();
    writer.write(b"late").unwrap();
    let version = kv.put("k", b"first").unwrap();
    assert_eq!(writer.finish(), Ok(WriteOutcome::Conflict(Some(version))));
    assert_eq!(kv.text("k").as_deref(), Some("first"));
    let large = value_of(1_500_000);
    let version =
        finished(staged(kv, "k", &large, 1_000_000, PutOptions::new().if_version(version)));
    assert_eq!(kv.entry("k").version, version);
    let writer = staged(kv, "none", &large, 1_000_000, PutOptions::new().if_present());
    assert_eq!(writer.finish(), Ok(WriteOutcome::Conflict(None)));
    assert_eq!(kv.get("none"), Ok(None));
}

pub fn a_writer_takes_25_mib_in_odd_pieces(kv: &dyn Subject) {
    let value = value_of(26_214_400);
    finished(staged(kv, "k", &value, 3_000_001, PutOptions::new()));
    let reader = kv.open_reader("k").unwrap().unwrap();
    assert_eq!(reader.info().size, 26_214_400);
    assert!(read_on(&*reader, 0, 5_000_003) == value);
}

pub fn a_writer_above_25_mib_fails_and_stays_failed(kv: &dyn Subject) {
    kv.put("k", b"before").unwrap();
    let too_large =
        Error::TooLarge { of: Limited::Value, bytes: 26_214_401, bytes_max: 26_214_400 };
    let mut writer = kv.open_writer("k", PutOptions::new()).unwrap();
    writer.write(&value_of(26_214_399)).unwrap();
    assert_eq!(writer.write(b"!!"), Err(too_large.clone()));
    assert_eq!(writer.write(b"!"), Err(too_large.clone()));
    assert_eq!(writer.write(b""), Err(too_large.clone()));
    assert_eq!(writer.finish(), Err(too_large));
    assert_eq!(kv.text("k").as_deref(), Some("before"));
}

pub fn writers_write_side_by_side(kv: &dyn Subject) {
    let (a, b) = (value_of(1_100_000), vec![b'b'; 1_100_000]);
    let mut first = kv.open_writer("k", PutOptions::new()).unwrap();
    let mut second = kv.open_writer("k", PutOptions::new()).unwrap();
    for (piece_a, piece_b) in a.chunks(300_000).zip(b.chunks(300_000)) {
        first.write(piece_a).unwrap();
        second.write(piece_b).unwrap();
    }
    finished(second);
    assert!(kv.get("k").unwrap().unwrap() == b);
    finished(first);
    assert!(kv.get("k").unwrap().unwrap() == a);
}

pub fn a_value_can_be_copied_from_a_reader_to_a_writer(kv: &dyn Subject) {
    let value = value_of(1_600_000);
    kv.put("from", &value).unwrap();
    let reader = kv.open_reader("from").unwrap().unwrap();
    let mut writer = kv.open_writer("from", PutOptions::new()).unwrap();
    let mut offset = 0;
    while offset < 1_600_000 {
        let piece = reader.read(offset, 65_536).unwrap();
        offset += piece.len() as u64;
        writer.write(&piece).unwrap();
    }
    finished(writer);
    assert!(kv.get("from").unwrap().unwrap() == value);
}
