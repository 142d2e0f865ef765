//! Calls of a program in JSON, in which lists of bytes are empty: they go beside it, since an array of
//! numbers takes seconds for the largest values.

use crate::convert::operations as wit;
use serde::Serialize;
use serde_json::{Value, json};

/// An argument.
pub struct Argument {
    pub json: Value,
    /// Its lists of bytes, in their order.
    pub lists: Vec<Vec<u8>>,
}

impl Argument {
    fn plain(argument: impl Serialize) -> Self {
        Self { json: serde_json::to_value(argument).unwrap(), lists: Vec::new() }
    }
}

impl From<&[u8]> for Argument {
    fn from(bytes: &[u8]) -> Self {
        Self { json: json!([]), lists: vec![bytes.to_owned()] }
    }
}

impl From<&[wit::Operation]> for Argument {
    fn from(operations: &[wit::Operation]) -> Self {
        let mut operations = operations.to_vec();
        let puts = operations.iter_mut().filter_map(|operation| match operation {
            wit::Operation::Put(put) => Some(std::mem::take(&mut put.value)),
            _ => None,
        });
        let lists = puts.collect();
        Self { lists, ..Self::plain(operations) }
    }
}

/// What an operation answers.
pub trait Answer {
    /// Its lists of bytes, in their order.
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        Vec::new()
    }
}

impl Answer for Vec<u8> {
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        vec![self]
    }
}

impl Answer for wit::Entry {
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        self.value.lists()
    }
}

impl Answer for Vec<Option<wit::Entry>> {
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        self.iter_mut().flat_map(Answer::lists).collect()
    }
}

impl<T: Answer> Answer for Option<T> {
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        self.iter_mut().flat_map(Answer::lists).collect()
    }
}

impl<T: Answer> Answer for Result<T, wit::Error> {
    fn lists(&mut self) -> Vec<&mut Vec<u8>> {
        self.iter_mut().flat_map(Answer::lists).collect()
    }
}

/// Those without a list of bytes.
macro_rules! without {
    (arguments: $($argument:ty),*; answers: $($answer:ty),*;) => {
        $(impl From<$argument> for Argument {
            fn from(argument: $argument) -> Self {
                Self::plain(argument)
            }
        })*
        $(impl Answer for $answer {})*
    };
}

without! {
    arguments: &str, u32, u64, i64, &[String], &[wit::Check], Option<wit::Expiration>,
        &wit::ListOptions, &wit::PutOptions;
    answers: (), bool, u32, u64, Vec<String>, wit::CommitOutcome, wit::Counter, wit::DeleteOutcome,
        wit::KeyInfo, wit::ListPage, wit::WriteOutcome;
}
