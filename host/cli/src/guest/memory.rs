//! What a component may use of the machine's memory: each of its instances, and all together.

use crate::output;
use crate::settings::MemoryLimits;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::ResourceLimiter;

/// Gives up memory of an instance that is not needed; whether there was one.
type GiveUp = Arc<dyn Fn() -> bool + Send + Sync>;

/// The memory of all instances of a component.
#[derive(Clone)]
pub struct Memory {
    each: usize,
    total: usize,
    used: Arc<AtomicUsize>,
    give_up: GiveUp,
}

impl Memory {
    pub fn new(limits: MemoryLimits) -> Self {
        let bytes = |size: bytesize::ByteSize| usize::try_from(size.as_u64()).unwrap_or(usize::MAX);
        Self {
            each: bytes(limits.each),
            total: bytes(limits.total),
            used: Arc::default(),
            give_up: Arc::new(|| false),
        }
    }

    /// Asks `give_up` for memory before one that needs it is refused, as often as it gives some.
    pub fn when_short(&mut self, give_up: impl Fn() -> bool + Send + Sync + 'static) {
        self.give_up = Arc::new(give_up);
    }

    /// How many instances may be at a time that begin with so many bytes each: with half of the
    /// memory, so that the other half is there for them to grow into.
    pub fn instances_max(&self, initial: u64) -> u32 {
        let most = self.total as u64 / 2 / initial.max(1);
        u32::try_from(most).unwrap_or(u32::MAX).max(1)
    }

    /// The share of an instance that is about to be.
    pub fn of_one(&self) -> MemoryLimit {
        MemoryLimit { all: self.clone(), used: 0, refused: None }
    }
}

/// Bounds the memories and tables of one instance, all together.
pub struct MemoryLimit {
    all: Memory,
    used: usize,
    refused: Option<Refused>,
}

/// What there was no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// In the limit of one instance.
    Each(usize),
    /// In that of all together.
    Total(usize),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Each(max) => {
                let max = output::size(max as u64);
                write!(f, "the component wanted more than {max} of memory (limits.memory)")
            }
            Self::Total(max) => {
                let max = output::size(max as u64);
                write!(
                    f,
                    "the requests under way wanted more than {max} of memory together \
                     (limits.memory_total)"
                )
            }
        }
    }
}

impl MemoryLimit {
    /// Why it did not get more, if it was ever refused: likely the cause of what happens next.
    pub fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Whether it has as much left as it has taken.
    pub fn is_ample(&self) -> bool {
        self.used <= self.all.each / 2
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        if self.used.saturating_add(more) > self.all.each {
            self.refused = Some(Refused::Each(self.all.each));
            return false;
        }
        let add = |used: usize| used.checked_add(more).filter(|used| *used <= self.all.total);
        while self.all.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_err() {
            if !(self.all.give_up)() {
                self.refused = Some(Refused::Total(self.all.total));
                return false;
            }
        }
        self.used += more;
        true
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        self.all.used.fetch_sub(self.used, Ordering::Relaxed);
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        const ELEMENT_BYTES: usize = size_of::<usize>();
        let (current, desired) =
            (current.saturating_mul(ELEMENT_BYTES), desired.saturating_mul(ELEMENT_BYTES));
        Ok(self.grow(current, desired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytesize::ByteSize;

    fn memory(each: u64, total: u64) -> Memory {
        Memory::new(MemoryLimits { each: ByteSize(each), total: ByteSize(total) })
    }

    #[test]
    fn a_component_that_was_refused_memory_may_go_on_with_less() {
        let mut one = memory(100, 1000).of_one();
        assert!(one.grow(0, 60));
        assert!(!one.grow(60, 101));
        assert_eq!(one.refused(), Some(Refused::Each(100)));
        assert!(one.grow(60, 100));
        assert!(!one.grow(0, 1), "another memory");
    }

    #[test]
    fn instances_begin_with_half_of_the_memory_at_most() {
        assert_eq!(memory(100, 1000).instances_max(50), 10);
        assert_eq!(memory(100, 1000).instances_max(0), 500);
        assert_eq!(memory(100, 1000).instances_max(600), 1);
    }

    #[test]
    fn instances_share_what_there_is_and_give_it_back() {
        let memory = memory(100, 150);
        let (mut first, mut second) = (memory.of_one(), memory.of_one());
        assert!(first.grow(0, 100) && second.grow(0, 50));
        assert!(!second.grow(50, 51));
        assert_eq!(second.refused(), Some(Refused::Total(150)));
        drop(first);
        assert!(second.grow(50, 100));
    }
}
