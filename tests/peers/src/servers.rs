//! What needs processes: servers under load, workers, memory and start.

pub mod http;
pub mod process;
pub mod workers;

mod client;
mod load;
mod serving;
mod stores;
mod tools;
