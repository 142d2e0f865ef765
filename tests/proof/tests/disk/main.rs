//! The simulated disk: what was answered stays, whatever the disk does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say how they are done again"
)]

mod ask;
mod expected;
mod failing;
mod full;
mod power_loss;
mod relaxed;
mod run;
mod see;
mod seeds;
mod steps;
mod timed;
