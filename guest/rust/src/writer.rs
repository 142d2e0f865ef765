//! A value written in pieces.

use crate::bindings::store as wit;
use crate::{Error, Result, WriteOutcome};
use std::io;

/// A value written in pieces, by [`io::Write`].
///
/// Only [`Writer::finish`] makes it visible, and only then are condition and ttl judged; a dropped
/// writer leaves no trace. After an error it can only be dropped. Every write is a call to the
/// host: an [`io::BufWriter`] around `&mut writer` helps who writes a few bytes at a time.
///
/// ```no_run
/// use larder_guest::{Namespace, Put};
/// use std::io::{self, BufWriter, Write};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reports = Namespace::open("REPORTS")?;
/// let mut writer = reports.open_writer("2026/11.csv", Put::new())?;
/// let mut lines = BufWriter::new(&mut writer);
/// for day in 1..=30 {
///     writeln!(lines, "2026-11-{day:02},0")?;
/// }
/// lines.flush()?;
/// drop(lines);
/// let outcome = writer.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a writer that is not finished leaves no trace"]
pub struct Writer(wit::Writer);

impl Writer {
    pub(crate) fn new(handle: wit::Writer) -> Self {
        Self(handle)
    }

    /// Makes what was written the key's value, if the condition holds.
    pub fn finish(self) -> Result<WriteOutcome> {
        wit::Writer::finish(self.0).map(WriteOutcome::from_wit).map_err(Error::from_wit)
    }
}

impl io::Write for Writer {
    /// Writes all of `chunk`.
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.0.write(chunk).map_err(Error::from_wit)?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
