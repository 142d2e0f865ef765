//! Any text as a cursor, and any key in one.

#![no_main]

use larder_store::engine::redb::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| fuzzing::cursor(text));
