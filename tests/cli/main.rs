//! The command as its users see it: arguments in, output and exit codes out, HTTP in between.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod backup;
mod build;
mod cases;
mod config;
mod dev;
mod hostile;
mod import;
mod key;
mod kv;
mod live;
mod namespace;
mod project;
mod readme;
mod rest;
mod reuse;
mod run;
mod seed;
mod serve;
mod server;
mod store;
mod testing;
mod tour;
mod transfer;
mod wit;
mod wrangler;
