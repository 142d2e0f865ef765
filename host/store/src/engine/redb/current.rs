//! What is read from: the last committed state of the store, and the hot values above it.

use super::cache::HotValues;
use super::guard::{Failed, Result, guarded};
use super::patience::Patience;
use super::snapshot::Snapshot;
use crate::engine::{Listing, Row, RowRange, Wanted};
use crate::{Entry, Error};
use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// The last committed state, and the hot values of it.
///
/// A value that is read from a snapshot goes to the cache only while no later snapshot has been
/// published, and a writer drops what it wrote from the cache before it publishes its own, both
/// under the lock. So the cache never holds what a commit has replaced.
pub(super) struct Current {
    state: RwLock<State>,
    cache: HotValues,
    /// How many [`Held`] there are.
    held: AtomicUsize,
    /// How many times the file was given up.
    taken_down: AtomicUsize,
}

/// A state that is read for so long that nobody is to wait for it.
pub(super) struct Held<'c> {
    // In this order, so that what is counted is there.
    snapshot: Arc<Snapshot>,
    _counted: Counted<'c>,
}

struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Deref for Held<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

enum State {
    Open(Arc<Snapshot>),
    Down(Error),
}

impl State {
    fn snapshot(&self) -> Result<&Arc<Snapshot>> {
        match self {
            Self::Open(snapshot) => Ok(snapshot),
            Self::Down(error) => Err(error.clone().into()),
        }
    }
}

impl Current {
    pub(super) fn new(snapshot: Snapshot, cache: HotValues) -> Self {
        let state = RwLock::new(State::Open(Arc::new(snapshot)));
        Self { state, cache, held: AtomicUsize::default(), taken_down: AtomicUsize::default() }
    }

    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.state().snapshot().cloned()
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last committed state, and how many times the file had been given up before it.
    fn pinned(&self) -> Result<(Arc<Snapshot>, usize)> {
        let state = self.state();
        Ok((state.snapshot()?.clone(), self.taken_down.load(Ordering::SeqCst)))
    }

    /// The last committed state, for as long as it takes: nothing is done
    /// [`exclusively`](Current::exclusively) meanwhile.
    pub(super) fn hold(&self) -> Result<Held<'_>> {
        // Counted first: whoever then has the lock to itself knows of it.
        let _counted = Counted::new(&self.held);
        Ok(Held { snapshot: self.snapshot()?, _counted })
    }

    /// Reads from the last committed state.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        let (snapshot, taken_down) = self.pinned()?;
        self.whole(taken_down, guarded(|| read(&snapshot)))
    }

    /// What was read, unless the file was given up meanwhile: whoever opened it anew may have
    /// written to pages that were still to be read.
    fn whole<T>(&self, taken_down: usize, result: Result<T>) -> Result<T> {
        match result {
            Err(failed) => Err(self.why(failed)),
            Ok(_) if self.taken_down.load(Ordering::SeqCst) != taken_down => {
                Err(self.why(Error::Closed.into()))
            }
            read => read,
        }
    }

    /// Why a read failed. Who still reads a file that is opened anew finds it closed, which the
    /// store is not.
    fn why(&self, failed: Failed) -> Failed {
        if Error::from(failed.clone()) != Error::Closed {
            return failed;
        }
        let reopened = || io::Error::other("it was opened anew meanwhile");
        self.snapshot().err().unwrap_or_else(|| Error::io("reading the store", reopened()).into())
    }

    /// A row, from memory when it is hot.
    pub(super) fn entry(&self, row: &Row, patience: &Patience<'_>) -> Result<Option<Entry>> {
        if let Some(entry) = self.cache.get(row) {
            return Ok(Some(entry));
        }
        let (snapshot, taken_down) = self.pinned()?;
        let sequence = snapshot.sequence;
        let entry = self.whole(taken_down, guarded(|| snapshot.entry(row, patience)))?;
        // Who has the lock to itself waits for this to go.
        drop(snapshot);
        if let Some(entry) = &entry {
            let state = self.state();
            if matches!(&*state, State::Open(last) if last.sequence == sequence) {
                self.cache.insert(row, entry);
            }
        }
        Ok(entry)
    }

    /// Rows in their order, all of one state, for as much of each as `wanted` says of its head. Hot
    /// values are taken from memory, but what is read does not become hot: it is more than anybody
    /// is likely to read again.
    pub(super) fn entries(
        &self,
        rows: &[Row],
        wanted: Wanted,
        patience: &Patience<'_>,
    ) -> Result<Vec<Option<Entry>>> {
        let (snapshot, taken_down, hot) = {
            // While nobody can publish another state, the cache is of this one.
            let state = self.state();
            let hot: Vec<_> = rows.iter().map(|row| self.cache.get(row)).collect();
            (state.snapshot()?.clone(), self.taken_down.load(Ordering::SeqCst), hot)
        };
        let entries = guarded(|| snapshot.entries(rows, hot, wanted, patience));
        self.whole(taken_down, entries)
    }

    /// A page of a listing.
    pub(super) fn listing(
        &self,
        range: &RowRange,
        listing: Listing,
        patience: &Patience<'_>,
    ) -> Result<Listing> {
        self.read(|snapshot| snapshot.scan(range, listing, patience))
    }

    /// Makes a commit visible that changed these rows.
    pub(super) fn publish(&self, changed: &[Row], snapshot: Snapshot) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for row in changed {
            self.cache.remove(row);
        }
        *state = State::Open(Arc::new(snapshot));
    }

    /// Answers reads with an error from now on, and gives back the last state.
    pub(super) fn take_down(&self, error: Error) -> Option<Arc<Snapshot>> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.cache.clear();
        self.taken_down.fetch_add(1, Ordering::SeqCst);
        match std::mem::replace(&mut *state, State::Down(error)) {
            State::Open(snapshot) => Some(snapshot),
            State::Down(_) => None,
        }
    }

    /// Has `work` done while no read can begin: reads wait for the snapshot that it comes to. Those
    /// that have begun are for `work` to wait for, but for a state that is held, which is
    /// [`Error::BackupRunning`].
    pub(super) fn exclusively(&self, work: impl FnOnce() -> Result<Snapshot>) -> Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if self.held.load(Ordering::SeqCst) > 0 {
            return Err(Error::BackupRunning.into());
        }
        drop(std::mem::replace(&mut *state, State::Down(Error::Closed)));
        match work() {
            Ok(snapshot) => {
                *state = State::Open(Arc::new(snapshot));
                Ok(())
            }
            Err(error) => {
                let error = Error::from(error);
                *state = State::Down(error.clone());
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NamespaceRecord;
    use crate::engine::redb::opening::create_tables;
    use crate::engine::redb::tables::Tables;
    use ::redb::Database;
    use ::redb::backends::InMemoryBackend;

    fn database() -> Database {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        create_tables(&database).unwrap();
        let transaction = database.begin_write().unwrap();
        let (id, title) = ("id".into(), "title".into());
        let record = NamespaceRecord::new(1, id, title);
        Tables::open(&transaction).add_namespace(&record).unwrap();
        transaction.commit().unwrap();
        database
    }

    #[test]
    fn what_was_read_while_the_file_was_given_up_is_not_answered() {
        let (first, second) = (database(), database());
        let current = Current::new(Snapshot::pin(&first, 0).unwrap(), HotValues::new(1 << 20));
        assert_eq!(current.read(|_| Ok(1)).unwrap(), 1);
        let result = current.read(|_| {
            current.take_down(Error::Closed);
            current.publish(&[], Snapshot::pin(&second, 1).unwrap());
            Ok(1)
        });
        assert!(matches!(result.map_err(Error::from), Err(Error::Io { .. })));
        assert_eq!(current.read(|_| Ok(1)).unwrap(), 1);
    }

    #[test]
    fn a_read_that_the_reopening_of_the_file_overtakes_does_not_say_that_the_store_is_closed() {
        let (failed, reopened) = (database(), database());
        let current = Current::new(Snapshot::pin(&failed, 0).unwrap(), HotValues::new(1 << 20));
        let read = |reopen: &dyn Fn()| {
            let result = current.read(|snapshot| {
                current.take_down(Error::corrupt("why it was opened anew"));
                reopen();
                snapshot.namespaces()
            });
            result.map_err(Error::from)
        };
        failed.close().unwrap();
        assert_eq!(read(&|| ()), Err(Error::corrupt("why it was opened anew")));
        current.publish(&[], Snapshot::pin(&reopened, 1).unwrap());
        reopened.close().unwrap();
        let third = database();
        let result = read(&|| current.publish(&[], Snapshot::pin(&third, 2).unwrap()));
        assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
    }
}
