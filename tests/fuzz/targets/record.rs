//! Any bytes as what is kept on disk of a key or of a namespace.

#![no_main]

use larder_store::engine::redb::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::record(bytes);
    fuzzing::namespace(bytes);
});
