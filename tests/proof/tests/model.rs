//! Random operations on every engine against a model; see the README of this crate.

#![expect(clippy::panic, reason = "tests fail by panicking")]

use larder_proof::operation::Case;
use larder_proof::run::{Engine, run};
use proptest::arbitrary::any;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};

/// Runs so many cases, or as many as `PROPTEST_CASES` says, after those that have failed before.
fn keeps_to_the_model(ordinary: u32, engine: impl Fn(&Case) -> Result<(), TestCaseError>) {
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = ordinary;
    }
    let regressions = FileFailurePersistence::Direct("proptest-regressions/model.txt");
    config.failure_persistence = Some(Box::new(regressions));
    let result = TestRunner::new(config).run(&any::<Case>(), |case| engine(&case));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => {
            panic!("{reason}\n{case:?}\nreplay: cargo test -p larder-proof --test model")
        }
        Err(aborted) => panic!("{aborted}"),
    }
}

fn on(engine: Engine, case: &Case) -> Result<(), TestCaseError> {
    run(engine, case).map_err(|what| TestCaseError::fail(what.to_string()))
}

#[test]
fn the_engine_in_memory_keeps_to_the_model() {
    keeps_to_the_model(10_000, |case| on(Engine::Memory, case));
}

#[test]
fn the_engine_on_disk_keeps_to_the_model() {
    keeps_to_the_model(6_000, |case| on(Engine::Disk, case));
}

/// The same once more, for the other core.
#[test]
fn the_engine_on_disk_keeps_to_the_model_beside_another() {
    keeps_to_the_model(6_000, |case| on(Engine::Disk, case));
}

#[test]
fn a_directory_keeps_to_the_model() {
    keeps_to_the_model(60, |case| {
        let directory = tempfile::tempdir().unwrap();
        on(Engine::Directory(directory.path().join("store")), case)
    });
}
