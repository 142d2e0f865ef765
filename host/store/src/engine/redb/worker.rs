//! The queue in front of the one writer, and the thread that empties it.

use super::current::Current;
use super::guard;
use super::pieces::Readers;
use super::writer::Writer;
use crate::engine::{Compacted, NamespaceRecord, NamespaceRequest, Outcome, Reply, Swept, Write};
use crate::{Clock, Error, Result};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Where an answer is awaited.
pub(super) type Asker<T> = oneshot::Sender<Result<T>>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// A change that may share its transaction with others.
    Request(Request),
    /// Something that has the writer to itself.
    Task(Task),
}

/// A change that may share its transaction with others.
pub(super) enum Request {
    Write { write: Write, reply: Asker<Outcome> },
    Namespaces { request: NamespaceRequest, reply: Asker<NamespaceRecord> },
    Stage { blob: u64, number: u32, piece: Bytes, reply: Asker<()> },
    Discard { blob: u64 },
}

/// Something that has the writer to itself.
pub(super) enum Task {
    Sweep {
        reply: Asker<Swept>,
    },
    Flush {
        reply: Asker<()>,
    },
    Compact {
        reply: Asker<Compacted>,
    },
    /// Opens the file anew if redb answers nothing any more, after a read has failed.
    Recover,
    Close {
        reply: Option<Asker<()>>,
    },
}

/// What the writer, the readers and the open handles on pieces have in common.
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) current: Current,
    pub(super) readers: Readers,
    pub(super) next_blob: AtomicU64,
    queue: Mutex<Queue>,
    #[cfg(not(target_family = "wasm"))]
    filled: std::sync::Condvar,
    /// Room in the queue and in the batch that is being written, in units of [`ROOM_BYTES`].
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Queued>,
    closed: bool,
    /// How many jobs the writer waits for; none while it does not wait.
    #[cfg(not(target_family = "wasm"))]
    awaited: Option<usize>,
    #[cfg(not(target_family = "wasm"))]
    expected: thread::Expected,
}

/// A job, and the room that it takes until it is done.
struct Queued {
    job: Job,
    _room: Option<OwnedSemaphorePermit>,
}

const ROOM_BYTES: u64 = 1024;
/// At most 64 MiB, or 16,384 small jobs, wait or are being written; who brings more waits.
const ROOM: u32 = 64 << 10;
const ROOM_OF_A_JOB: u32 = 4;
/// A batch takes no more jobs once it has so many.
const BATCH_JOBS_MAX: usize = 1024;

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, current: Current, next_blob: u64) -> Self {
        Self {
            clock,
            current,
            readers: Readers::default(),
            next_blob: AtomicU64::new(next_blob),
            queue: Mutex::default(),
            #[cfg(not(target_family = "wasm"))]
            filled: std::sync::Condvar::new(),
            room: Arc::new(Semaphore::new(ROOM as usize)),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn make_room(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes / ROOM_BYTES).unwrap_or(ROOM);
        let units = units.saturating_add(ROOM_OF_A_JOB).min(ROOM);
        self.room.clone().acquire_many_owned(units).await.map_err(|_| Error::Closed)
    }

    fn push(&self, job: Job, room: Option<OwnedSemaphorePermit>) -> Result<()> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(Error::Closed);
        }
        queue.jobs.push_back(Queued { job, _room: room });
        #[cfg(not(target_family = "wasm"))]
        if queue.awaited.is_some_and(|awaited| queue.jobs.len() >= awaited) {
            queue.awaited = None;
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes nothing more, and drops what has not been begun: its askers are told so.
    fn shut(&self) {
        let jobs = {
            let mut queue = self.queue();
            queue.closed = true;
            std::mem::take(&mut queue.jobs)
        };
        self.room.close();
        for queued in jobs {
            queued.job.refuse(&Error::Closed);
        }
    }
}

impl Job {
    fn refuse(self, error: &Error) {
        match self {
            Self::Request(request) => request.refuse(error),
            Self::Task(Task::Sweep { reply }) => drop(reply.send(Err(error.clone()))),
            Self::Task(Task::Flush { reply }) => drop(reply.send(Err(error.clone()))),
            Self::Task(Task::Compact { reply }) => drop(reply.send(Err(error.clone()))),
            Self::Task(Task::Close { reply }) => drop(reply.map(|reply| reply.send(Ok(())))),
            Self::Task(Task::Recover) => {}
        }
    }
}

impl Request {
    /// Answers that it did not happen.
    pub(super) fn refuse(self, error: &Error) {
        match self {
            Self::Write { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Namespaces { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Stage { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Discard { .. } => {}
        }
    }
}

/// A way to give the writer jobs.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    #[cfg(target_family = "wasm")]
    writer: Arc<Mutex<Writer>>,
}

impl Worker {
    /// Has a job done, in its turn, that takes so many bytes of memory meanwhile. Once begun it is
    /// done whole, whether the answer is awaited or not.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        bytes: u64,
        job: impl FnOnce(Asker<T>) -> Job + Send + 'static,
    ) -> Reply<'static, T> {
        let worker = self.clone();
        Reply::later(async move {
            let room = worker.shared.make_room(bytes).await?;
            let (reply, answer) = oneshot::channel();
            worker.shared.push(job(reply), Some(room))?;
            worker.run();
            let gone = |_| Error::OutcomeUnknown { reason: "the writer has stopped".into() };
            answer.await.map_err(gone)?
        })
    }

    /// What a read came to. After a failure that may be the end of redb's reading, the writer sees
    /// to it.
    pub(super) fn told<T>(&self, result: guard::Result<T>) -> Result<T> {
        if let Err(failed) = &result
            && failed.is_final()
        {
            self.submit_unasked(Job::Task(Task::Recover));
        }
        result.map_err(Error::from)
    }

    /// Has a job done that nobody waits for.
    pub(super) fn submit_unasked(&self, job: Job) {
        // A store that is closed frees at its next opening what this would have freed.
        if self.shared.push(job, None).is_ok() {
            self.run();
        }
    }
}

/// With threads, one empties the queue. This is the only place that knows.
#[cfg(not(target_family = "wasm"))]
mod thread {
    use super::{BATCH_JOBS_MAX, Job, Queue, Queued, Shared, Worker, Writer};
    use crate::{Error, Result, SystemClock};
    use std::sync::{Arc, MutexGuard, PoisonError};
    use std::thread::JoinHandle;
    use std::time::Duration;

    /// For how much of the time that the last batch took those whom it answered are waited for.
    const PATIENCE_PART: u32 = 4;
    const PATIENCE_MAX: Duration = Duration::from_millis(1);

    impl Worker {
        /// Starts the writer, and gives a handle by which its end can be awaited.
        pub(in super::super) fn start(
            shared: Arc<Shared>,
            mut writer: Writer,
        ) -> Result<(Self, JoinHandle<()>)> {
            let queue = shared.clone();
            let thread = std::thread::Builder::new().name("larder-writer".into());
            let started = thread.spawn(move || {
                let _shut = ShutAtLast(&queue);
                let mut wait = Duration::ZERO;
                while !writer.is_closed() {
                    let batch = queue.gather(wait);
                    let (jobs, _room): (Vec<Job>, Vec<_>) =
                        batch.into_iter().map(|Queued { job, _room }| (job, _room)).unzip();
                    wait = if jobs.is_empty() { writer.idle() } else { writer.process(jobs) };
                }
            });
            let handle = started.map_err(|error| Error::io("starting the writer", error))?;
            Ok((Self { shared }, handle))
        }

        pub(super) fn run(&self) {}
    }

    /// Shuts the queue when the writer ends, also by a panic: nobody shall wait for it.
    struct ShutAtLast<'a>(&'a Shared);

    impl Drop for ShutAtLast<'_> {
        fn drop(&mut self) {
            self.0.shut();
        }
    }

    /// The batch that is to come, as far as that can be told.
    #[derive(Default)]
    pub(super) struct Expected {
        jobs: usize,
        /// Until when it is waited for, on the [`SystemClock`].
        until: Duration,
    }

    impl Shared {
        /// Takes note that so many are about to be answered, and what it took them.
        ///
        /// Who is answered often asks again at once. A batch that began with the first of them
        /// would leave the others to the next, and each would take two syncs. So they are waited
        /// for, for a small part of what the last batch took.
        pub(in super::super) fn expect_again(&self, answered: usize, took: Duration) {
            let mut queue = self.queue();
            let jobs = (queue.jobs.len() + answered).min(BATCH_JOBS_MAX);
            let until = SystemClock.elapsed() + (took / PATIENCE_PART).min(PATIENCE_MAX);
            queue.expected = Expected { jobs, until };
        }

        /// What has gathered, waiting at most so long for the first.
        fn gather(&self, most: Duration) -> Vec<Queued> {
            let mut queue = self.wait(self.queue(), 1, most);
            let Expected { jobs, until } = std::mem::take(&mut queue.expected);
            if !queue.jobs.is_empty() {
                queue = self.wait(queue, jobs, until.saturating_sub(SystemClock.elapsed()));
            }
            let taken = queue.jobs.len().min(BATCH_JOBS_MAX);
            queue.jobs.drain(..taken).collect()
        }

        /// Waits until there are so many jobs, or for so long.
        fn wait<'q>(
            &'q self,
            mut queue: MutexGuard<'q, Queue>,
            jobs: usize,
            most: Duration,
        ) -> MutexGuard<'q, Queue> {
            if queue.jobs.len() >= jobs || most.is_zero() {
                return queue;
            }
            queue.awaited = Some(jobs);
            let waited =
                self.filled.wait_timeout_while(queue, most, |queue| queue.jobs.len() < jobs);
            let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
            queue.awaited = None;
            queue
        }
    }
}

/// Without threads, whoever adds to the queue empties it.
#[cfg(target_family = "wasm")]
mod inline {
    use super::{BATCH_JOBS_MAX, Job, Shared, Worker, Writer};
    use crate::Result;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    impl Shared {
        /// Nothing gathers while nobody waits.
        pub(in super::super) fn expect_again(&self, _answered: usize, _took: Duration) {}
    }

    impl Worker {
        pub(in super::super) fn start(shared: Arc<Shared>, writer: Writer) -> Result<(Self, ())> {
            Ok((Self { shared, writer: Arc::new(Mutex::new(writer)) }, ()))
        }

        pub(super) fn run(&self) {
            // What the writer itself gives up while it works is taken up by the next job.
            let Ok(mut writer) = self.writer.try_lock() else { return };
            loop {
                let mut queue = self.shared.queue();
                let most = queue.jobs.len().min(BATCH_JOBS_MAX);
                let jobs: Vec<Job> = queue.jobs.drain(..most).map(|queued| queued.job).collect();
                drop(queue);
                if jobs.is_empty() {
                    break;
                }
                writer.process(jobs);
            }
            writer.idle();
            if writer.is_closed() {
                self.shared.shut();
            }
        }
    }
}
