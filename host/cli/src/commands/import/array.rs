//! Records that stand in a JSON array, as wrangler writes them, item by item.

use super::source::{Found, Place, Sink, Stop, Tally};
use anyhow::anyhow;
use larder_server::record::{NotALine, RECORD_BYTES_MAX, Record};
use larder_server::wire::Pair;
use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::BufRead;

/// Reads the array, which begins `before` lines into the file.
pub fn read(reader: impl BufRead, before: u64, tally: &Tally, sink: &mut Sink) -> Result<(), Stop> {
    let mut items = Items { tally, sink, next: 0, stopped: None };
    let mut json = serde_json::Deserializer::from_reader(reader);
    tally.allow(RECORD_BYTES_MAX as u64);
    let read = json.deserialize_seq(&mut items).and_then(|()| json.end());
    match (read, items.stopped) {
        (_, Some(stop)) => Err(stop),
        (Ok(()), None) => Ok(()),
        // What comes after cannot be told apart any more.
        (Err(error), None) => Err(Stop::Failed(told(error, before, items.next))),
    }
}

/// A fault of the array itself, or of the file.
fn told(error: serde_json::Error, before: u64, item: u64) -> anyhow::Error {
    let place = Place::Item(item);
    match error.io_error_kind() {
        Some(std::io::ErrorKind::FileTooLarge) => anyhow!(
            "{place} has more than {RECORD_BYTES_MAX} bytes, which no record can have; the file \
             cannot be read on"
        ),
        Some(_) => anyhow!("cannot read on: {error}"),
        None => {
            let (line, column) = (before + error.line() as u64, error.column());
            let NotALine { reason, .. } = error.into();
            anyhow!("line {line}, column {column}, {place}: {reason}; the file cannot be read on")
        }
    }
}

struct Items<'a> {
    tally: &'a Tally,
    sink: &'a mut Sink,
    /// The index of the item to come.
    next: u64,
    stopped: Option<Stop>,
}

impl<'de> Visitor<'de> for &mut Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of items with `key` and `value`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        // As it is, so that an item that is no record leaves the next ones legible.
        while let Some(item) = items.next_element::<Box<RawValue>>()? {
            self.tally.allow(RECORD_BYTES_MAX as u64);
            let place = Place::Item(self.next);
            let given = match record(&item) {
                Ok(record) => self.sink.record(place, &record),
                Err(reason) => self.sink.other(Found::Bad(place, reason)),
            };
            if let Err(stop) = given {
                self.stopped = Some(stop);
                return Err(A::Error::custom("nobody wants the rest"));
            }
            self.next += 1;
        }
        Ok(())
    }
}

fn record(item: &RawValue) -> Result<Record, String> {
    let read = serde_json::from_str::<Pair<'_>>(item.get());
    let pair = read.map_err(|error| NotALine::from(error).reason)?;
    pair.into_record().map_err(|error| format!("the value is not base64: {error}"))
}
