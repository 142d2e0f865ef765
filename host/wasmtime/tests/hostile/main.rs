//! What a hostile guest does to its host, and to the other guests: nothing that is not bounded.
//! Over a store on disk, in a sandbox as an embedder would set it up.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what fails here fails the test"
)]

mod calls;
mod computing;
mod floods;
mod handles;
mod latency;
mod memory;
mod sandbox;
mod writes;
