//! What the rigs share that show the store to keep its word.

pub mod disk;
mod image;
pub mod model;
pub mod operation;
pub mod run;
pub mod stepped;

pub use image::Image;
