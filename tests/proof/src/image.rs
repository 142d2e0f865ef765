//! A store's file in memory, to be damaged.

use redb::StorageBackend;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file in memory. Clones are the same file.
#[derive(Clone, Debug, Default)]
pub struct Image(Arc<Mutex<File>>);

#[derive(Debug, Default)]
struct File {
    /// All but the zeros at the end.
    bytes: Vec<u8>,
    len: u64,
    /// For each byte whether it was ever read, where that is asked for.
    read: Option<Vec<bool>>,
}

impl Image {
    /// A file of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let (bytes, len) = (bytes.to_vec(), bytes.len() as u64);
        Self(Arc::new(Mutex::new(File { bytes, len, read: None })))
    }

    /// What the file holds now.
    pub fn bytes(&self) -> Vec<u8> {
        let file = self.lock();
        let mut bytes = file.bytes.clone();
        bytes.resize(file.len as usize, 0);
        bytes
    }

    /// Cuts the file off, or makes it longer by zeros, which take no memory.
    pub fn resize(&self, len: u64) {
        let mut file = self.lock();
        file.bytes.truncate(len as usize);
        file.len = len;
    }

    /// Flips these bits of the byte at `at`.
    pub fn flip(&self, at: usize, bits: u8) {
        if let Some(byte) = self.lock().bytes.get_mut(at) {
            *byte ^= bits;
        }
    }

    /// Begins to note which bytes are read.
    pub fn note_reads(&self) {
        self.lock().read = Some(Vec::new());
    }

    /// Which bytes have been read since [`Image::note_reads`].
    pub fn read_bytes(&self) -> Vec<bool> {
        self.lock().read.clone().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, File> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where so many bytes lie from `offset` on. Nothing is done beyond the end of the file, so that
/// damage which leads far away is an error and does not take all memory.
fn range(file: &File, offset: u64, length: usize) -> io::Result<Range<usize>> {
    let end = offset.checked_add(length as u64).filter(|end| *end <= file.len);
    let end = end.ok_or(ErrorKind::UnexpectedEof)? as usize;
    Ok(end - length..end)
}

impl StorageBackend for Image {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut file = self.lock();
        let range = range(&file, offset, out.len())?;
        let there = file.bytes.get(range.start..).unwrap_or_default();
        let there = there.get(..out.len()).unwrap_or(there);
        let (bytes, zeros) = out.split_at_mut(there.len());
        bytes.copy_from_slice(there);
        zeros.fill(0);
        if let Some(read) = &mut file.read {
            read.resize(read.len().max(range.end), false);
            read.get_mut(range).unwrap_or_default().fill(true);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        /// A disk has an end; nothing that is tested here needs more.
        const DISK_BYTES: u64 = 256 << 20;
        if len > DISK_BYTES {
            return Err(ErrorKind::StorageFull.into());
        }
        self.resize(len);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut file = self.lock();
        let range = range(&file, offset, data.len())?;
        if file.bytes.len() < range.end {
            file.bytes.resize(range.end, 0);
        }
        file.bytes.get_mut(range).unwrap_or_default().copy_from_slice(data);
        Ok(())
    }
}
