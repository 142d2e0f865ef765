//! The write path of a log in front of redb, to tell what it would bring: without recovery, without
//! reads, and with rows that nobody has to check.

use super::peers::{DISK, RawRedb, record, row};
use super::{Peer, Put, VALUE_BYTES};
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;

/// What was written and is not in redb yet.
type Overlay = BTreeMap<String, [u8; VALUE_BYTES]>;

/// A batch is appended to a log that is as long as it ever gets, and synced. When the log is full,
/// another takes its place while a thread brings what it held to redb, in one durable transaction.
pub(super) struct LogInFront {
    logs: [File; 2],
    current: usize,
    at: usize,
    record: Vec<u8>,
    overlay: Arc<RwLock<Overlay>>,
    feeding: Option<JoinHandle<Result<RawRedb>>>,
    redb: Option<RawRedb>,
}

const LOG_BYTES: usize = 4 << 20;

impl LogInFront {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let log = |name| -> Result<File> {
            let file = File::create(directory.join(name))?;
            // Zeros that were written, so that a sync has nothing to say of where the file lies.
            file.write_all_at(&vec![0; LOG_BYTES], 0)?;
            file.sync_all()?;
            Ok(file)
        };
        Ok(Self {
            logs: [log("log-0")?, log("log-1")?],
            current: 0,
            at: 0,
            record: Vec::new(),
            overlay: Arc::default(),
            feeding: None,
            redb: Some(RawRedb::new(&directory.join("behind.redb"))?),
        })
    }

    /// The batch as it lies in the log: its length and checksum, and each put with its row.
    fn encode(&mut self, batch: &[Put]) {
        let record_bytes = &mut self.record;
        record_bytes.clear();
        record_bytes.extend([0; 8]);
        for put in batch {
            for part in [row(&put.key), record(&put.value)] {
                record_bytes.extend((part.len() as u32).to_le_bytes());
                record_bytes.extend(part);
            }
        }
        let length = record_bytes.len() as u32;
        let checksum = crc32c::crc32c(&record_bytes[8..]);
        record_bytes[..4].copy_from_slice(&length.to_le_bytes());
        record_bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Goes on in the other log, as soon as redb has what it held.
    fn change_logs(&mut self) -> Result<()> {
        if let Some(feeding) = self.feeding.take() {
            self.redb = Some(feeding.join().map_err(|_| anyhow!("the feeder panicked"))??);
        }
        let mut redb = self.redb.take().ok_or_else(|| anyhow!("redb has failed"))?;
        let full = self.overlay.write().map(|mut overlay| std::mem::take(&mut *overlay));
        let full = full.map_err(|_| anyhow!("poisoned"))?;
        self.feeding = Some(std::thread::spawn(move || {
            let puts: Vec<Put> = full.into_iter().map(|(key, value)| Put { key, value }).collect();
            redb.write(&[puts])?;
            Ok(redb)
        }));
        (self.current, self.at) = (1 - self.current, 0);
        Ok(())
    }
}

impl Peer for LogInFront {
    fn name(&self) -> &'static str {
        "a log in front of redb"
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &[(DISK, None)]
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        for batch in batches {
            self.encode(batch);
            if self.at + self.record.len() > LOG_BYTES {
                self.change_logs()?;
            }
            self.logs[self.current].write_all_at(&self.record, self.at as u64)?;
            self.logs[self.current].sync_data()?;
            self.at += self.record.len();
            let mut overlay = self.overlay.write().map_err(|_| anyhow!("poisoned"))?;
            overlay.extend(batch.iter().map(|put| (put.key.clone(), put.value)));
        }
        Ok(())
    }
}
