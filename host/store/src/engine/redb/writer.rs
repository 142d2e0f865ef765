//! The one writer: it takes what has gathered in the queue into one transaction, commits it with
//! one sync, and answers all of it.

mod recovery;

use super::format::{EPOCH, NEXT_BLOB};
use super::guard::{Failed, Result, guarded};
use super::opening::Opening;
use super::snapshot::Snapshot;
use super::tables::Tables;
use super::upkeep::Upkeep;
use super::versions::Versions;
use super::worker::{Asker, Job, Request, Shared, Task};
use crate::engine::{Compacted, Evaluated, NamespaceNumber, Outcome};
use crate::{Durability, Error, SystemClock, UnixMillis};
use ::redb::{CompactionError, Database, WriteTransaction};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// The one writer of a store.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) upkeep: Upkeep,
    pub(super) opening: Opening,
    /// `None` while the file cannot be opened, and when the store is closed.
    database: Option<Database>,
    closed: bool,
    /// How many commits have been made visible.
    sequence: u64,
    versions: Versions,
    /// As on disk.
    next_blob: u64,
    /// Namespaces whose deletion is being committed, and what is to be set when they are gone.
    deleting: Vec<(NamespaceNumber, Arc<AtomicBool>)>,
    /// Blobs below this have lost what was staged of them and not on disk when the store failed.
    lost_below: u64,
}

/// Tells an asker what its request came to; or what became of the whole batch, when that failed.
type Answer = Box<dyn FnOnce(Option<&Error>) + Send>;

/// Notes the answer to a request; an error that ends the batch is passed on.
fn settle<T: Send + 'static>(
    answers: &mut Vec<Answer>,
    reply: Asker<T>,
    result: Result<T>,
) -> Result<()> {
    let failed = result.as_ref().err().filter(|failed| failed.is_final()).cloned();
    answers.push(Box::new(move |of_the_batch| {
        let result = result.map_err(Error::from);
        drop(reply.send(match of_the_batch {
            // Also of what was refused: by what the batch had done before, perhaps.
            Some(error) => Err(error.clone()),
            None => result,
        }));
    }));
    failed.map_or(Ok(()), Err)
}

/// Compacts the file, when the reads have ended that have begun, also those from a state before the
/// last. They end by themselves; that of a check takes its time.
fn compact(database: &mut Database) -> Result<bool> {
    loop {
        match database.compact() {
            Err(CompactionError::TransactionInProgress) => sleep(Duration::from_millis(1)),
            result => return Ok(result?),
        }
    }
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        opening: Opening,
        database: Database,
        last_epoch: u64,
    ) -> Self {
        Self {
            next_blob: shared.next_blob.load(Ordering::Relaxed),
            shared,
            upkeep: Upkeep::default(),
            opening,
            database: Some(database),
            closed: false,
            sequence: 0,
            versions: Versions::after(last_epoch),
            deleting: Vec::new(),
            lost_below: 0,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Does jobs in their order, as many as can be in one transaction, and says how long to wait
    /// for more.
    pub(super) fn process(&mut self, jobs: Vec<Job>) -> Duration {
        let mut batch = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Request(request) => batch.push(request),
                Job::Task(task) => {
                    self.write_batch(std::mem::take(&mut batch));
                    self.process_task(task);
                }
            }
        }
        self.write_batch(batch);
        self.keep_up_beside_writes()
    }

    fn process_task(&mut self, task: Task) {
        match task {
            Task::Sweep { reply } => drop(reply.send(self.sweep_all().map_err(Error::from))),
            Task::Flush { reply } => drop(reply.send(self.flush().map_err(Error::from))),
            Task::Compact { reply } => drop(reply.send(self.compact().map_err(Error::from))),
            // Of many reads that failed at once, the first has the file opened anew, and the others
            // find that it answers. So does a read that failed by itself.
            Task::Recover => drop(self.transact(|_, _| Ok(()))),
            Task::Close { reply } => {
                let result = self.close().map_err(Error::from);
                drop(reply.map(|reply| reply.send(result)));
            }
        }
    }

    fn write_batch(&mut self, mut requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        self.refuse_what_cannot_be_kept(&mut requests);
        if requests.is_empty() {
            return;
        }
        let begun = SystemClock.elapsed();
        let mut requests = requests.into_iter();
        let mut answers = Vec::with_capacity(requests.len());
        let result = self.transact(|writer, tables| {
            for request in requests.by_ref() {
                writer.evaluate(request, tables, &mut answers)?;
            }
            Ok(())
        });
        let failed = result.err().map(Error::from);
        self.shared.expect_again(answers.len(), SystemClock.elapsed() - begun);
        for answer in answers {
            answer(failed.as_ref());
        }
        for request in requests {
            request.refuse(failed.as_ref().unwrap_or(&Error::Closed));
        }
    }

    /// Does one request within the transaction. One that fails changes nothing; an error from here
    /// fails the whole batch.
    fn evaluate(
        &mut self,
        request: Request,
        tables: &mut Tables<'_>,
        answers: &mut Vec<Answer>,
    ) -> Result<()> {
        match request {
            Request::Write { write, reply } => {
                let namespace = write.namespace();
                let version = self.versions.next();
                let now = UnixMillis::new(self.shared.clock.now_ms());
                let possible = tables
                    .expect_live(write.namespace())
                    .and_then(|()| write.staged().try_for_each(|blob| self.expect_kept(blob)));
                let evaluated = possible.and_then(|()| {
                    let evaluated = write.evaluate(tables, now, version)?;
                    self.expect_quota(tables, namespace, &evaluated.changes, now)?;
                    Ok(evaluated)
                });
                let (result, changes) = match evaluated {
                    Ok(Evaluated { outcome, changes }) => {
                        // A version that is told needs its epoch on disk, also when nothing else
                        // is to be written: after the next opening it would be another's.
                        let told = matches!(outcome, Outcome::Written { .. });
                        tables.dirty |= told && !self.versions.raised;
                        (Ok(outcome), changes)
                    }
                    Err(failed) => (Err(failed), Vec::new()),
                };
                settle(answers, reply, result)?;
                for change in changes {
                    let next_blob = || self.shared.next_blob.fetch_add(1, Ordering::Relaxed);
                    tables.apply(change, next_blob)?;
                }
                Ok(())
            }
            Request::Namespaces { request, reply } => {
                let change = request.evaluate(tables).map_err(Failed::from);
                let result = change.and_then(|change| tables.change_namespaces(change));
                // A number or a title is on disk before anybody builds on it.
                tables.durable |= result.is_ok();
                settle(answers, reply, result)
            }
            Request::Stage { blob, number, piece, reply } => {
                let kept = self.expect_kept(blob);
                settle(answers, reply, kept.and_then(|()| tables.stage(blob, number, &piece)))
            }
            Request::Discard { blob } => tables.discard(blob),
        }
    }

    /// Refuses to go on with a blob that has lost pieces.
    fn expect_kept(&self, blob: u64) -> Result<()> {
        if blob >= self.lost_below {
            return Ok(());
        }
        let lost = io::Error::other("the store has failed and lost pieces written before");
        Err(Error::io("writing a value in pieces", lost).into())
    }

    /// Runs `work` in a transaction, commits what it changed and makes it visible. After an error
    /// nothing was changed, unless that is [`Error::OutcomeUnknown`].
    pub(super) fn transact(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Tables<'_>) -> Result<()>,
    ) -> Result<()> {
        self.with_database(|writer, database| {
            let mut transaction = database.begin_write()?;
            let (changed, durable) = {
                let mut tables = Tables::open(&transaction);
                work(writer, &mut tables)?;
                if !tables.dirty {
                    drop(tables);
                    return Ok(transaction.abort()?);
                }
                writer.store_counters(&mut tables)?;
                writer.upkeep.put += tables.put;
                writer.deleting = tables.deleted;
                (tables.changed, tables.durable)
            };
            let durable = durable || writer.opening.durability() == Durability::Full;
            if !durable {
                transaction.set_durability(::redb::Durability::None)?;
            }
            writer.commit(transaction, durable)?;
            writer.sequence += 1;
            let snapshot = Snapshot::pin(database, writer.sequence);
            let snapshot = snapshot.map_err(Failed::outcome_unknown)?;
            writer.shared.current.publish(&changed, snapshot);
            for (_, deleted) in writer.deleting.drain(..) {
                deleted.store(true, Ordering::Release);
            }
            Ok(())
        })
    }

    fn store_counters(&mut self, tables: &mut Tables<'_>) -> Result<()> {
        tables.store_counts()?;
        if !self.versions.raised {
            tables.meta.write()?.insert(EPOCH, self.versions.epoch)?;
            tables.durable = true;
        }
        let next_blob = self.shared.next_blob.load(Ordering::Relaxed);
        if self.next_blob != next_blob {
            tables.meta.write()?.insert(NEXT_BLOB, next_blob)?;
            self.next_blob = next_blob;
        }
        Ok(())
    }

    fn commit(&mut self, transaction: WriteTransaction, durable: bool) -> Result<()> {
        guarded(|| Ok(transaction.commit()?)).map_err(Failed::outcome_unknown)?;
        self.versions.raised |= durable;
        self.upkeep.committed(durable);
        Ok(())
    }

    /// A commit that changes nothing: it makes those before it durable, and with `quick_repair`
    /// the file ready to be opened quickly after a kill.
    pub(super) fn commit_nothing(&mut self, quick_repair: bool) -> Result<()> {
        self.with_database(|writer, database| {
            let mut transaction = database.begin_write()?;
            transaction.set_quick_repair(quick_repair);
            let raised = writer.versions.raised;
            writer.commit(transaction, true)?;
            writer.versions.raised = raised;
            Ok(())
        })
    }

    /// Makes what was answered durable. What a failure has lost of it is told to the first who asks.
    fn flush(&mut self) -> Result<()> {
        let durable = self.make_durable();
        let lost = std::mem::take(&mut self.upkeep.lost);
        durable?;
        if lost {
            let failed = io::Error::other("the store has failed and may have lost writes");
            return Err(Error::io("making what was answered before durable", failed).into());
        }
        Ok(())
    }

    pub(super) fn make_durable(&mut self) -> Result<()> {
        match self.upkeep.is_flushed() {
            true => Ok(()),
            false => self.commit_nothing(false),
        }
    }

    fn compact(&mut self) -> Result<Compacted> {
        self.sweep_all()?;
        self.make_durable()?;
        let bytes_before = self.opening.data_bytes()?;
        let mut database = self.database.take().ok_or(Error::Closed)?;
        self.sequence += 1;
        let sequence = self.sequence;
        let result = self.shared.current.exclusively(|| {
            guarded(|| {
                while compact(&mut database)? {}
                Snapshot::pin(&database, sequence)
            })
        });
        self.database = Some(database);
        if let Err(failed) = result {
            let error = Error::from(failed.clone());
            if error != Error::BackupRunning {
                self.recover(&error);
            }
            return Err(failed);
        }
        Ok(Compacted { bytes_before, bytes_after: self.opening.data_bytes()? })
    }

    fn close(&mut self) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.flush();
        self.closed = true;
        drop(self.shared.current.take_down(Error::Closed));
        let closed = match self.database.take() {
            Some(database) => guarded(|| Ok(database.close()?)),
            None => Ok(()),
        };
        self.opening.release();
        flushed.and(closed)
    }
}
