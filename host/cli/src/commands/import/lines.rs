//! Records that stand on a line each.

use super::source::{Found, Place, Sink, Stop};
use larder_server::record::{Line, NotALine, RECORD_BYTES_MAX};
use std::io::{self, BufRead, Read as _};

/// What memory a line may leave behind.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Reads the lines from the one after `before`.
pub fn read(mut reader: impl BufRead, before: u64, sink: &mut Sink) -> Result<(), Stop> {
    let mut line = Vec::new();
    for number in before + 1.. {
        line.clear();
        line.shrink_to(KEPT_BYTES_MAX);
        let place = Place::Line(number);
        let read =
            reader.by_ref().take(RECORD_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if line.len() > RECORD_BYTES_MAX && line.last() != Some(&b'\n') {
            skip(&mut reader)?;
            let reason =
                format!("it has more than {RECORD_BYTES_MAX} bytes, which no record can have");
            sink.other(Found::Bad(place, reason))?;
        } else if !line.trim_ascii().is_empty() {
            match Line::read(line.trim_ascii_end()) {
                Ok(Line::Record(record)) => sink.record(place, &record)?,
                Ok(Line::Namespace(origin)) => sink.other(Found::Origin(place, origin))?,
                Err(NotALine { reason, column: None }) => sink.other(Found::Bad(place, reason))?,
                Err(NotALine { reason, column: Some(column) }) => {
                    sink.other(Found::Bad(place, format!("{reason}, at column {column}")))?;
                }
            }
        }
    }
    Ok(())
}

/// Leaves out the rest of a line.
fn skip(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (bytes, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(bytes);
        if is_end {
            return Ok(());
        }
    }
}
