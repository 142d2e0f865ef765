//! The example `embed`, run as its README says.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::Path;
use std::process::Command;

fn embed(store: &Path) -> String {
    let mut embed = Command::new(env!("CARGO_BIN_EXE_embed"));
    embed.arg(larder_test_guests::component("examples/embed/plugin")).arg(store);
    let output = embed.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn expected(run: u32) -> String {
    let of = |name| {
        format!(
            "{name} said: Hello, the host of {name}! This is run {run}.\n\
             {name} was refused: access denied: the binding is read-only, or the host does not allow it\n\
             {name} keeps: the host of {name}\n"
        )
    };
    of("clock") + &of("weather")
}

#[test]
fn each_plugin_keeps_its_own_data_and_reads_the_shared_settings() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    assert_eq!(embed(&store), expected(1));
    assert_eq!(embed(&store), expected(2));
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("plugin.wasm");
    std::fs::write(&file, "no component").unwrap();
    let store = directory.path().join("store");
    let output = Command::new(env!("CARGO_BIN_EXE_embed")).arg(file).arg(store).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("that is no plugin"));
}
