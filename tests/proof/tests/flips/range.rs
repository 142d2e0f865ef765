//! Which bytes of which file are changed, as text, so that a process can be told.

use crate::small_store::End;
use std::fmt;
use std::str::FromStr;

/// Bytes that are changed in turn: `END:PIECES:FROM:TO:STEP:BLOCK:BITS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub end: End,
    /// Whether the store has a value in pieces.
    pub pieces: bool,
    pub from: usize,
    pub to: usize,
    pub step: usize,
    /// How many are changed all at once first, in the hope that it does no harm.
    pub block: usize,
    /// The bits that are flipped; one that goes round, when not said.
    pub bits: Option<u8>,
}

impl Range {
    pub fn whole(end: End) -> Self {
        Self { end, pieces: false, from: 0, to: usize::MAX, step: 1, block: 64, bits: None }
    }

    /// A single flip of this range.
    pub fn one(self, at: usize) -> Self {
        Self { from: at, to: at + 1, step: 1, block: 1, bits: Some(self.bits_at(at)), ..self }
    }

    /// The bits that are flipped there.
    pub fn bits_at(&self, at: usize) -> u8 {
        self.bits.unwrap_or(1 << (at % 8))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { end, pieces, from, to, step, block, bits } = self;
        let bits = bits.unwrap_or_default();
        write!(f, "{end:?}:{}:{from}:{to}:{step}:{block}:{bits}", u8::from(*pieces))
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [end, pieces, from, to, step, block, bits] = text.split(':').collect::<Vec<_>>()[..]
        else {
            return Err(format!("{text} is not END:PIECES:FROM:TO:STEP:BLOCK:BITS"));
        };
        let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
        Ok(Self {
            end: if end == "Killed" { End::Killed } else { End::Closed },
            pieces: pieces == "1",
            from: number(from)?,
            to: number(to)?,
            step: number(step)?,
            block: number(block)?,
            bits: Some(number(bits)? as u8).filter(|bits| *bits > 0),
        })
    }
}
