//! Who writes.

use super::{Peer, Put, VALUE_BYTES};
use anyhow::{Context as _, Result};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use larder_store::Namespace;
use redb::{ReadableTable as _, TableDefinition};
use rusqlite::Connection;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

pub(super) const DISK: &str = "write and fdatasync";
pub(super) const RAW_REDB: &str = "raw redb";
pub(super) const REDB_ON_A_THREAD: &str = "raw redb on a thread of its own";

/// The disk alone: a batch is written over what is there, and synced.
pub(super) struct Disk {
    file: File,
    at: u64,
}

/// Of raw redb with the same rows and one commit a batch.
pub(super) const GOAL: f64 = 1.25;

const PAGE_BYTES: usize = 4096;
const DISK_PAGES: u64 = 4096;

impl Disk {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let file = File::create(directory.join("disk"))?;
        file.write_all_at(&vec![1; PAGE_BYTES * DISK_PAGES as usize], 0)?;
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }
}

impl Peer for Disk {
    fn name(&self) -> &'static str {
        DISK
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            let bytes: usize = batch.iter().map(|put| put.key.len() + VALUE_BYTES + 32).sum();
            let pages = bytes.div_ceil(PAGE_BYTES);
            if self.at + pages as u64 > DISK_PAGES {
                self.at = 0;
            }
            self.file.write_all_at(&vec![2; pages * PAGE_BYTES], self.at * PAGE_BYTES as u64)?;
            self.file.sync_data()?;
            self.at += pages as u64;
        }
        Ok(())
    }
}

/// The row that the store has for a key.
pub(super) fn row(key: &str) -> Vec<u8> {
    [&1_u32.to_be_bytes(), key.as_bytes()].concat()
}

/// As many bytes as the store keeps in it.
pub(super) fn record(value: &[u8]) -> Vec<u8> {
    [&[0; RECORD_BYTES], value].concat()
}

/// redb with the rows that the store writes, one transaction for a batch.
pub(super) struct RawRedb(redb::Database);

const IDX: TableDefinition<&[u8], &[u8]> = TableDefinition::new("idx");
const NAMESPACES: TableDefinition<u32, &[u8]> = TableDefinition::new("namespaces");
/// Bytes of a record and its seal, beside the value.
const RECORD_BYTES: usize = 22;
const NAMESPACE_BYTES: usize = 60;
/// Those that the store has and a put does not touch.
const OTHER_TABLES: [&str; 9] =
    ["val", "chunk", "ttl", "pending", "trash", "retired", "titles", "ids", "meta"];

impl RawRedb {
    pub(super) fn new(file: &Path) -> Result<Self> {
        let database = redb::Database::builder().set_cache_size(192 << 20).create(file)?;
        let transaction = database.begin_write()?;
        for name in OTHER_TABLES {
            transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(name))?;
        }
        transaction.open_table(IDX)?;
        transaction.open_table(NAMESPACES)?.insert(1, [0; NAMESPACE_BYTES].as_slice())?;
        transaction.commit()?;
        Ok(Self(database))
    }
}

impl Peer for RawRedb {
    fn name(&self) -> &'static str {
        RAW_REDB
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[(DISK, None)]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            let transaction = self.0.begin_write()?;
            {
                let mut idx = transaction.open_table(IDX)?;
                for put in batch {
                    idx.insert(row(&put.key).as_slice(), record(&put.value).as_slice())?;
                }
                let mut namespaces = transaction.open_table(NAMESPACES)?;
                let mut namespace = namespaces.get(1)?.context("no namespace")?.value().to_vec();
                namespace.rotate_left(1);
                namespaces.insert(1, namespace.as_slice())?;
            }
            transaction.commit()?;
        }
        Ok(())
    }
}

/// Another, on a thread that takes one batch after another: what every engine with one writer costs
/// whoever does not write himself.
pub(super) struct OnAThread {
    name: &'static str,
    against: [(&'static str, Option<f64>); 1],
    batches: Sender<Vec<Put>>,
    written: Receiver<Result<()>>,
}

impl OnAThread {
    pub(super) fn new(name: &'static str, mut peer: impl Peer + Send + 'static) -> Self {
        let against = [(peer.name(), None)];
        let (batches, waiting) = channel::<Vec<Put>>();
        let (answers, written) = channel();
        std::thread::spawn(move || {
            for batch in waiting {
                if answers.send(peer.write(&[batch])).is_err() {
                    break;
                }
            }
        });
        Self { name, against, batches, written }
    }
}

impl Peer for OnAThread {
    fn name(&self) -> &'static str {
        self.name
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &self.against
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            self.batches.send(batch.clone())?;
            self.written.recv()??;
        }
        Ok(())
    }
}

/// The store: a task for each put of a batch, each of which puts again when it is answered.
pub(super) struct Larder {
    runtime: Runtime,
    namespace: Namespace,
}

impl Larder {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let runtime = Builder::new_current_thread().build()?;
        let larder = larder_store::Larder::open(directory.join("larder"))?;
        let namespace = runtime.block_on(larder.open_or_create("a"))?;
        Ok(Self { runtime, namespace })
    }
}

impl Peer for Larder {
    fn name(&self) -> &'static str {
        "larder-store"
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[(RAW_REDB, Some(GOAL)), (REDB_ON_A_THREAD, None)]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        let writers = batches.first().map_or(0, Vec::len);
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for writer in 0..writers {
                let puts: Vec<Put> = batches.iter().map(|batch| batch[writer].clone()).collect();
                let namespace = self.namespace.clone();
                tasks.spawn(async move {
                    for put in puts {
                        namespace.put(&put.key, put.value.to_vec()).await?;
                    }
                    Ok::<_, larder_store::Error>(())
                });
            }
            while let Some(ended) = tasks.join_next().await {
                ended??;
            }
            Ok(())
        })
    }
}

/// fjall, one write batch for a batch.
pub(super) struct Fjall {
    database: Database,
    keyspace: Keyspace,
}

impl Fjall {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let database = Database::builder(directory.join("fjall")).open()?;
        let keyspace = database.keyspace("a", KeyspaceCreateOptions::default)?;
        Ok(Self { database, keyspace })
    }
}

impl Peer for Fjall {
    fn name(&self) -> &'static str {
        "fjall"
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[(DISK, None)]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            let mut writing = self.database.batch().durability(Some(PersistMode::SyncData));
            for put in batch {
                writing.insert(&self.keyspace, put.key.as_str(), put.value.as_slice());
            }
            writing.commit()?;
        }
        Ok(())
    }
}

/// SQLite with a write-ahead log that is synced at each commit, one transaction for a batch.
pub(super) struct Sqlite(Connection);

impl Sqlite {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let connection = Connection::open(directory.join("sqlite"))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        let table = "create table kv (key text primary key, value blob not null) without rowid";
        connection.execute(table, [])?;
        Ok(Self(connection))
    }
}

impl Peer for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[(DISK, None)]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            let transaction = self.0.transaction()?;
            {
                let mut put = transaction
                    .prepare_cached("insert or replace into kv (key, value) values (?1, ?2)")?;
                for Put { key, value } in batch {
                    put.execute((key, value.as_slice()))?;
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }
}
