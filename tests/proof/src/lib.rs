//! What the rigs share that show the store to keep its word.

pub mod disk;
pub mod model;
pub mod operation;
pub mod run;
pub mod stepped;
