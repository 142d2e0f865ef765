//! How far a long command is: a bar on a terminal, and nothing where nobody sees it.

use crate::output;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::fmt;

/// A bar on standard error until it is dropped, if that is a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// Counts keys, of about so many.
    pub fn of_keys(doing: &'static str, expected: Option<u64>) -> Self {
        match expected {
            Some(_) => Self::new(doing, expected, "{human_pos} of {human_len} keys, {eta} left"),
            None => Self::new(doing, None, "{human_pos} keys"),
        }
    }

    /// Counts bytes, of so many.
    pub fn of_bytes(doing: &'static str, expected: Option<u64>) -> Self {
        match expected {
            Some(_) => {
                Self::new(doing, expected, "{binary_bytes} of {binary_total_bytes}, {eta} left")
            }
            None => Self::new(doing, None, "{binary_bytes}"),
        }
    }

    fn new(doing: &'static str, expected: Option<u64>, counted: &str) -> Self {
        let (bar, template) = match expected {
            Some(expected) => {
                (ProgressBar::new(expected), format!("{{msg}} {{wide_bar}} {counted}"))
            }
            None => (ProgressBar::no_length(), format!("{{msg}} {counted}")),
        };
        // The templates above are sound; one that is not would leave the bar as it is by default.
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar.with_message(doing).with_finish(ProgressFinish::AndClear))
    }

    /// So far it is.
    pub fn set(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Says something above the bar.
    pub fn note(&self, text: impl fmt::Display) {
        self.0.suspend(|| output::note(text));
    }
}
