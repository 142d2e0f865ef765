//! The store as guests have it.

use super::peers::{GOAL, RAW_REDB};
use super::{KEYS, Peer, Put, VALUE_BYTES};
use crate::guest::{Given, Guest, Running};
use crate::stores;
use anyhow::{Context as _, Result};
use larder_store::Options;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

pub(super) const PUTS: &str = "in guests";

/// An instance for each writer, on a runtime as `larder serve` has it.
pub(super) struct InGuests {
    /// What the guests do, and the name and what it is compared with.
    what: &'static str,
    name: &'static str,
    against: [(&'static str, Option<f64>); 1],
    runtime: Runtime,
    guest: Arc<Guest>,
    given: Given,
    instances: Vec<Running>,
    /// Whether each key is a new one.
    fresh: bool,
}

impl InGuests {
    pub(super) fn puts(directory: &Path, guest: &Arc<Guest>, fresh: bool) -> Result<Self> {
        let against = [(RAW_REDB, Some(GOAL))];
        Self::new(&directory.join("puts"), guest, fresh, ("put", PUTS, against))
    }

    pub(super) fn increments(directory: &Path, guest: &Arc<Guest>, fresh: bool) -> Result<Self> {
        let against = [(PUTS, None)];
        Self::new(
            &directory.join("increments"),
            guest,
            fresh,
            ("increment", "increments in guests", against),
        )
    }

    fn new(
        directory: &Path,
        guest: &Arc<Guest>,
        fresh: bool,
        (what, name, against): (&'static str, &'static str, [(&'static str, Option<f64>); 1]),
    ) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
        let keys = u32::try_from(KEYS)?;
        let (_, namespace) = stores::fill(directory, Options::new(), keys, VALUE_BYTES)?;
        let given = Given::new(&namespace)?;
        let (guest, instances) = (guest.clone(), Vec::new());
        Ok(Self { what, name, against, runtime, guest, given, instances, fresh })
    }

    /// Instances for so many writers, each with keys of its own.
    fn instances(&mut self, writers: usize) -> Result<Vec<Running>> {
        let among = if self.fresh { u32::MAX } else { u32::try_from(KEYS)? };
        while self.instances.len() < writers {
            let mut instance = self.runtime.block_on(self.guest.instance(&self.given))?;
            instance.choose(among, self.instances.len() as u64)?;
            self.instances.push(instance);
        }
        Ok(self.instances.drain(..writers).collect())
    }
}

impl Peer for InGuests {
    fn name(&self) -> &'static str {
        self.name
    }

    fn against(&self) -> &[(&'static str, Option<f64>)] {
        &self.against
    }

    fn write(&mut self, batches: &[Vec<Put>]) -> Result<()> {
        // What is there at first was put without guests.
        let writers = batches.first().map_or(0, Vec::len).min(64);
        let (times, bytes) = (u32::try_from(batches.len())?, u32::try_from(VALUE_BYTES)?);
        let (instances, what) = (self.instances(writers)?, self.what);
        self.instances = self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for mut instance in instances {
                tasks.spawn(async move {
                    instance.put(what, times, bytes).await?;
                    Ok::<_, anyhow::Error>(instance)
                });
            }
            let mut back = Vec::new();
            while let Some(ended) = tasks.join_next().await {
                back.push(ended.context("a guest panicked")??);
            }
            Ok::<_, anyhow::Error>(back)
        })?;
        Ok(())
    }
}
