//! Any operations, on both engines against the model.

#![no_main]

use larder_proof::operation::Case;
use larder_proof::run::{Engine, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: Case| {
    for engine in [Engine::Memory, Engine::Disk] {
        if let Err(what) = run(engine, &case) {
            panic!("{what}\n{case:?}");
        }
    }
});
