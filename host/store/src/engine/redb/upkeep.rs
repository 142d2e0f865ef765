//! What the writer does by itself: sweeping in small steps, making relaxed commits durable in
//! time, and making the file ready for a quick opening after a kill.

use super::guard::Result;
use super::sweep::Budget;
use super::writer::Writer;
use crate::engine::Swept;
use crate::{Clock, Error, SystemClock, UnixMillis};
use std::time::Duration;

/// At [`Durability::Relaxed`](crate::Durability::Relaxed), how long an answered write may not be
/// on disk yet, in milliseconds.
///
/// A disk that takes more than half of it for a sync adds what it takes longer.
pub const RELAXED_WINDOW_MS: u64 = 200;
/// When a sync begins, so that it is done within the window.
const SYNC_AFTER_MS: u64 = RELAXED_WINDOW_MS / 2;

/// How often the writer looks for something to sweep, in milliseconds.
const SWEEP_EVERY_MS: u64 = 1000;
/// After how many rows and pieces it looks for values that were replaced: these are in no quota, and
/// the file keeps what it has grown by.
const SWEEP_AFTER_PUT: usize = 16;
/// How much a step of the sweeper frees when there is nothing else to do.
const BUDGET_WHEN_IDLE: Budget = Budget::new(1024);
/// How much it frees beside writes, at least, and for each row and piece that they have put: more
/// than one, so that garbage cannot grow faster than it is freed.
const FREED_BESIDE_WRITES: usize = 64;
const FREED_PER_PUT: usize = 2;
/// How often a step that fails is halved. What it frees must be written anew first, and on a disk
/// that is full there may be room for a smaller one.
const HALVINGS_MAX: u32 = 6;
/// By how many at once: each failure has the file opened anew.
const HALVINGS_PER_FAILURE: u32 = 2;
/// How long after the last durable commit the file is made ready for a quick opening.
const QUICK_REPAIR_AFTER_MS: u64 = 1000;
/// A wall clock that gains more than this on the monotonic one has jumped.
const JUMP_MS: u64 = 60 * 60 * 1000;
/// How long expired keys are left alone after a jump, for somebody to set the clock right: reads
/// obey the wall clock, but what is swept is gone.
const PAUSE_AFTER_JUMP_MS: u64 = 60 * 60 * 1000;

/// When what was done last, in milliseconds of the system's monotonic clock.
#[derive(Default)]
pub(super) struct Upkeep {
    swept: u64,
    /// By how many halvings a step of the sweeper is smaller than it might be.
    halvings: u32,
    /// The last step of the sweeper found enough for another.
    more_to_sweep: bool,
    /// How many rows and pieces have been put since a step beside writes.
    pub(super) put: usize,
    paused_until: u64,
    /// The store's clock and its monotonic companion when they were last compared.
    compared: Option<(u64, u64)>,
    /// Since when a commit is not on disk.
    unflushed: Option<u64>,
    /// Whether what was answered and not on disk has gone with a failure, and nobody was told.
    pub(super) lost: bool,
    /// The last durable commit, until the file is made ready for a quick opening.
    unprepared: Option<u64>,
}

impl Upkeep {
    pub(super) fn committed(&mut self, durable: bool) {
        let now = monotonic_ms();
        if durable {
            self.unflushed = None;
            self.unprepared = Some(now);
        } else {
            self.unflushed.get_or_insert(now);
        }
    }

    /// What was not on disk is gone, and nothing is due for it any more.
    pub(super) fn failed(&mut self) {
        self.lost |= self.unflushed.is_some();
        (self.unflushed, self.unprepared) = (None, None);
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.unflushed.is_none()
    }

    fn flush_is_due(&self, now: u64) -> bool {
        self.unflushed.is_some_and(|since| now >= since + SYNC_AFTER_MS)
    }

    fn sweep_is_due(&self, now: u64) -> bool {
        self.more_to_sweep || now >= self.swept + SWEEP_EVERY_MS
    }

    fn preparing_is_due(&self, now: u64) -> bool {
        self.unprepared.is_some_and(|at| now >= at + QUICK_REPAIR_AFTER_MS)
    }

    /// Until something is due again.
    fn wait(&self, now: u64) -> Duration {
        let sweep = if self.more_to_sweep { now } else { self.swept + SWEEP_EVERY_MS };
        let flush = self.unflushed.map(|since| since + SYNC_AFTER_MS);
        let prepare = self.unprepared.map(|since| since + QUICK_REPAIR_AFTER_MS);
        let next = [flush, prepare].into_iter().flatten().fold(sweep, u64::min);
        Duration::from_millis(next.saturating_sub(now))
    }

    /// Until when expired rows may be swept: not while the clock has jumped.
    pub(super) fn expired_by(&mut self, clock: &dyn Clock) -> Option<UnixMillis> {
        let wall = clock.now_ms();
        if let Some(monotonic) = clock.monotonic_ms() {
            let before = self.compared.replace((wall, monotonic));
            if let Some((wall_before, monotonic_before)) = before
                && wall.saturating_sub(wall_before)
                    > monotonic.saturating_sub(monotonic_before) + JUMP_MS
            {
                tracing::warn!("the clock has jumped by more than an hour: sweeping pauses");
                self.paused_until = monotonic_ms() + PAUSE_AFTER_JUMP_MS;
            }
        }
        (monotonic_ms() >= self.paused_until).then(|| UnixMillis::new(wall))
    }
}

impl Writer {
    /// What is due beside writes that keep coming, and how long to wait when they do not.
    pub(super) fn keep_up_beside_writes(&mut self) -> Duration {
        let now = monotonic_ms();
        if self.upkeep.flush_is_due(now) {
            warn_of(self.make_durable());
        }
        let put = self.upkeep.put;
        let has_put_enough = put >= SWEEP_AFTER_PUT && self.has_trash();
        if self.upkeep.sweep_is_due(now) || has_put_enough {
            self.upkeep.put = 0;
            self.sweep_step(Budget::new(FREED_BESIDE_WRITES + put * FREED_PER_PUT));
        }
        self.upkeep.wait(monotonic_ms())
    }

    /// Whether there is something to free that no namespace counts.
    fn has_trash(&self) -> bool {
        self.shared.current.read(|snapshot| snapshot.has_garbage(None)).unwrap_or(false)
    }

    /// What is due when nothing else is to be done, and how long to wait.
    pub(super) fn idle(&mut self) -> Duration {
        self.reopen_if_down();
        let now = monotonic_ms();
        if self.upkeep.flush_is_due(now) {
            warn_of(self.make_durable());
        }
        if self.upkeep.sweep_is_due(now) {
            self.sweep_step(BUDGET_WHEN_IDLE);
        } else if self.upkeep.preparing_is_due(now) {
            if self.expect_room_to_free().is_ok() {
                warn_of(self.commit_nothing(true));
            }
            self.upkeep.unprepared = None;
        }
        self.upkeep.wait(monotonic_ms())
    }

    fn sweep_step(&mut self, budget: Budget) {
        self.upkeep.swept = monotonic_ms();
        let expired_by = self.upkeep.expired_by(&*self.shared.clock);
        let swept = self.sweep(expired_by, budget);
        self.upkeep.more_to_sweep = matches!(swept, Ok(swept) if swept != Swept::default());
        warn_of(swept);
    }

    /// Frees everything there is to free, whatever the clock has done: somebody asked for it.
    pub(super) fn sweep_all(&mut self) -> Result<Swept> {
        let now = UnixMillis::new(self.shared.clock.now_ms());
        let mut all = Swept::default();
        loop {
            let is_least = self.upkeep.halvings == HALVINGS_MAX;
            let swept = match self.sweep(Some(now), BUDGET_WHEN_IDLE) {
                Err(failed) if is_least || !failed.is_final() => return Err(failed),
                Err(_) => continue,
                Ok(swept) => swept,
            };
            if swept == Swept::default() {
                return Ok(all);
            }
            all.expired += swept.expired;
            all.deleted += swept.deleted;
            all.pieces += swept.pieces;
        }
    }

    fn sweep(&mut self, expired_by: Option<UnixMillis>, budget: Budget) -> Result<Swept> {
        let mut swept = Swept::default();
        if self.shared.current.read(|snapshot| snapshot.has_garbage(expired_by))? {
            self.expect_room_to_free()?;
            let budget = budget.halved(self.upkeep.halvings);
            let result = self.transact(|writer, tables| {
                tables.sweep(expired_by, &writer.shared.readers, budget, &mut swept)
            });
            let halvings = &mut self.upkeep.halvings;
            *halvings = match result {
                Ok(()) => halvings.saturating_sub(1),
                Err(_) => HALVINGS_MAX.min(*halvings + HALVINGS_PER_FAILURE),
            };
            result?;
        }
        Ok(swept)
    }
}

fn warn_of<T>(result: Result<T>) {
    match result.map_err(Error::from) {
        // Whoever writes is told of a full disk.
        Ok(_) | Err(Error::Closed | Error::StoreFull { .. }) => {}
        Err(error) => tracing::warn!(%error, "the store's upkeep failed"),
    }
}

fn monotonic_ms() -> u64 {
    SystemClock.monotonic_ms().unwrap_or_default()
}
