//! A value read in pieces.

use crate::bindings::store as wit;
use crate::{Error, KeyInfo, Result};
use std::io;

/// Most bytes that one call asks the host for when a whole value is read.
const PIECE_BYTES: usize = 1 << 20;

/// A value read in pieces, by [`io::Read`] and [`io::Seek`] or by offset.
///
/// It keeps the value it was opened on, also when that is replaced, deleted or expires meanwhile,
/// for as long as the host allows; then [`Error::Unavailable`]. Every read is a call to the host:
/// an [`io::BufReader`] around it helps who reads a few bytes at a time.
///
/// ```no_run
/// use larder_guest::Namespace;
/// use std::io::{self, BufRead, BufReader};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reports = Namespace::open("REPORTS")?;
/// if let Some(reader) = reports.open_reader("2026/11.csv")? {
///     println!("{} bytes", reader.info().size);
///     for line in BufReader::new(reader).lines() {
///         println!("{}", line?);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader {
    handle: wit::Reader,
    info: KeyInfo,
    position: u64,
}

impl Reader {
    pub(crate) fn new(handle: wit::Reader) -> Self {
        let info = KeyInfo::from_wit(handle.info());
        Self { handle, info, position: 0 }
    }

    /// The key as it was when the reader was opened.
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// At least one byte and at most `max` (at least 1) from `offset`; empty only at the end of the
    /// value. It leaves the position of [`io::Read`] where it is.
    pub fn read_at(&self, offset: u64, max: u32) -> Result<Vec<u8>> {
        self.handle.read(offset, max).map_err(Error::from_wit)
    }

    fn next_piece(&mut self, max: usize) -> Result<Vec<u8>> {
        let piece = self.read_at(self.position, u32::try_from(max).unwrap_or(u32::MAX))?;
        self.position += piece.len() as u64;
        Ok(piece)
    }
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let piece = self.next_piece(buffer.len())?;
        let filled = buffer.get_mut(..piece.len()).ok_or(io::ErrorKind::InvalidData)?;
        filled.copy_from_slice(&piece);
        Ok(piece.len())
    }

    fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let length_before = buffer.len();
        let rest = self.info.size.saturating_sub(self.position);
        buffer.reserve(usize::try_from(rest).unwrap_or_default());
        loop {
            let piece = self.next_piece(PIECE_BYTES)?;
            if piece.is_empty() {
                return Ok(buffer.len() - length_before);
            }
            buffer.extend_from_slice(&piece);
        }
    }
}

/// A position after the end is allowed; reads there find nothing.
impl io::Seek for Reader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.position = position_after(to, self.position, self.info.size)?;
        Ok(self.position)
    }
}

fn position_after(to: io::SeekFrom, position: u64, size: u64) -> io::Result<u64> {
    let position = match to {
        io::SeekFrom::Start(offset) => Some(offset),
        io::SeekFrom::End(offset) => size.checked_add_signed(offset),
        io::SeekFrom::Current(offset) => position.checked_add_signed(offset),
    };
    position.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the value")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::SeekFrom::{Current, End, Start};

    #[test]
    fn seeking_counts_from_the_start_the_end_and_the_position() {
        assert_eq!(position_after(Start(3), 7, 10).unwrap(), 3);
        assert_eq!(position_after(End(-4), 7, 10).unwrap(), 6);
        assert_eq!(position_after(Current(-7), 7, 10).unwrap(), 0);
        assert_eq!(position_after(End(5), 7, 10).unwrap(), 15);
    }

    #[test]
    fn seeking_before_the_start_is_refused() {
        assert_eq!(
            position_after(Current(-8), 7, 10).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
        assert!(position_after(End(-11), 7, 10).is_err());
    }
}
