//! Stores that are filled, ours and those of peers.

use anyhow::{Context as _, Result};
use larder_store::{Durability, Larder, Namespace, Operation, Options};
use redb::{ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The cache that ours and redb alike are given: Larder's default.
pub const CACHE_BYTES: usize = 256 << 20;

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

const IDX: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("idx");
const VAL: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("val");
const CHUNK: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("chunk");

/// Flags of a record.
const IN_VAL: u8 = 4;
const IN_CHUNKS: u8 = 8;

/// As many keys as a store of a few has, and one of many.
pub const FEW: u32 = 10_000;
pub const MANY: u32 = 1_000_000;

/// The keys of all stores.
pub fn key(number: u32) -> String {
    format!("key:{number:08}")
}

/// The value of every key.
pub fn value(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(bytes as u64);
    std::iter::repeat_with(|| random.u8(..)).take(bytes).collect()
}

/// A store of ours, and the same file as raw redb reads it.
pub struct Filled {
    _larder: Larder,
    pub namespace: Namespace,
    /// Kept for as long as the copy within it is read.
    pub raw: Raw,
    pub file_bytes: u64,
}

impl Filled {
    /// With so many keys of so many bytes each; made where it is not there from another run.
    pub fn open(scratch: &Path, keys: u32, bytes: usize) -> Result<Self> {
        let directory = Self::directory(scratch, keys, bytes)?;
        let larder = Options::new().cache_bytes(CACHE_BYTES).open(directory.join("larder"))?;
        let namespace = larder.blocking().open_or_create("bench")?;
        let file_bytes = fs::metadata(directory.join("larder/data.redb"))?.len();
        Ok(Self {
            _larder: larder,
            namespace,
            raw: Raw::open(&directory.join("raw.redb"))?,
            file_bytes,
        })
    }

    /// With what its caches hold, and raw redb's, as after a while of use: all that fits.
    pub fn warm(self, keys: u32) -> Result<Self> {
        let mut buffer = Vec::new();
        for number in 0..keys.min(2 * MANY) {
            // All of them, or any of more.
            let number = if keys > 2 * MANY { fastrand::u32(..keys) } else { number };
            let key = key(number);
            self.namespace.blocking().get(&key)?.context("no such key")?;
            self.raw.warm(&mut buffer, &key)?;
        }
        Ok(self)
    }

    /// The same store of ours with hardly a cache, and its file.
    pub fn open_cold(scratch: &Path, keys: u32, bytes: usize) -> Result<(Namespace, Larder, File)> {
        let directory = Self::directory(scratch, keys, bytes)?.join("larder");
        let larder = Options::new().cache_bytes(2 << 20).open(&directory)?;
        let namespace = larder.blocking().open_or_create("bench")?;
        Ok((namespace, larder, File::open(directory.join("data.redb"))?))
    }

    fn directory(scratch: &Path, keys: u32, bytes: usize) -> Result<PathBuf> {
        let directory = scratch.join(format!("store-{keys}-{bytes}"));
        if !directory.join("whole").exists() {
            fs::remove_dir_all(&directory).or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
            fs::create_dir_all(&directory)?;
            eprintln!("filling {}", directory.display());
            let options = Options::new().durability(Durability::Relaxed);
            let (larder, _) = fill(&directory.join("larder"), options, keys, bytes)?;
            larder.blocking().compact()?;
            larder.blocking().close()?;
            fs::copy(directory.join("larder/data.redb"), directory.join("raw.redb"))?;
            fs::write(directory.join("whole"), "")?;
        }
        Ok(directory)
    }
}

/// A new store with so many keys of so many bytes each.
pub fn fill(
    directory: &Path,
    options: Options,
    keys: u32,
    bytes: usize,
) -> Result<(Larder, Namespace)> {
    let larder = options.open(directory)?;
    let namespace = larder.blocking().open_or_create("bench")?;
    let value = bytes::Bytes::from(value(bytes));
    let at_once = (20 << 20) / (bytes + 100);
    let numbers: Vec<u32> = (0..keys).collect();
    for numbers in numbers.chunks(at_once.clamp(1, 1000)) {
        let put = |number: &u32| Operation::Put {
            key: key(*number),
            value: value.clone(),
            expiration: None,
            metadata: None,
        };
        let puts = numbers.iter().map(put).collect();
        // Without a check there can be no conflict.
        let _ = namespace.blocking().commit(Vec::new(), puts)?;
    }
    Ok((larder, namespace))
}

/// The rows of a store without the store: redb, and one snapshot.
pub struct Raw {
    idx: Rows,
    val: Rows,
    chunk: Rows,
    /// The number of the namespace, which is before each key.
    prefix: [u8; 4],
    _transaction: ReadTransaction,
    _database: ReadOnlyDatabase,
}

impl Raw {
    fn open(file: &Path) -> Result<Self> {
        let mut builder = redb::Builder::new();
        let database = builder.set_cache_size(CACHE_BYTES).open_read_only(file)?;
        let transaction = database.begin_read()?;
        let (idx, val) = (transaction.open_table(IDX)?, transaction.open_table(VAL)?);
        let first = redb::ReadableTable::first(&idx)?.context("no rows")?;
        let prefix = first.0.value().get(..4).context("a short row")?.try_into()?;
        drop(first);
        let chunk = transaction.open_table(CHUNK)?;
        Ok(Self { idx, val, chunk, prefix, _transaction: transaction, _database: database })
    }

    fn row<'b>(&self, buffer: &'b mut Vec<u8>, key: &str) -> &'b [u8] {
        buffer.clear();
        buffer.extend_from_slice(&self.prefix);
        buffer.extend_from_slice(key.as_bytes());
        buffer
    }

    /// The record of a key, copied: with small values in it.
    pub fn get(&self, buffer: &mut Vec<u8>, key: &str) -> Result<Option<Vec<u8>>> {
        let record = self.idx.get(self.row(buffer, key))?;
        Ok(record.map(|record| record.value().to_vec()))
    }

    fn warm(&self, buffer: &mut Vec<u8>, key: &str) -> Result<()> {
        let record = self.get(buffer, key)?.context("no such key")?;
        match record.get(1).context("a short record")? & (IN_VAL | IN_CHUNKS) {
            IN_VAL => self.get_apart(buffer, key).map(drop),
            IN_CHUNKS => self.get_in_pieces(buffer, key).map(drop),
            _ => Ok(()),
        }
    }

    /// Record and value of a key whose value has a row of its own, copied.
    pub fn get_apart(&self, buffer: &mut Vec<u8>, key: &str) -> Result<Vec<u8>> {
        self.get(buffer, key)?.context("no such key")?;
        let value = self.val.get(self.row(buffer, key))?.context("no such value")?;
        Ok(value.value().to_vec())
    }

    /// Record and value of a key whose value is in pieces, copied.
    pub fn get_in_pieces(&self, buffer: &mut Vec<u8>, key: &str) -> Result<Vec<u8>> {
        let record = self.get(buffer, key)?.context("no such key")?;
        let blob = record.get(18..26).context("a short record")?;
        let blob = u64::from_le_bytes(blob.try_into()?);
        let mut value = Vec::with_capacity(1 << 20);
        for number in 0_u32.. {
            let mut piece = blob.to_be_bytes().to_vec();
            piece.extend_from_slice(&number.to_be_bytes());
            let Some(piece) = self.chunk.get(piece.as_slice())? else { break };
            let piece = piece.value();
            value.extend_from_slice(piece.get(..piece.len() - 4).context("a short piece")?);
        }
        Ok(value)
    }

    /// The keys of so many rows from one on, copied.
    pub fn scan(&self, buffer: &mut Vec<u8>, from: &str, rows: usize) -> Result<Vec<Vec<u8>>> {
        let range = self.idx.range::<&[u8]>(self.row(buffer, from)..)?;
        range.take(rows).map(|row| Ok(row?.0.value().to_vec())).collect()
    }
}
