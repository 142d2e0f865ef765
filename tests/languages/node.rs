//! Tests of guests in JavaScript and TypeScript: by `larder test`, in Node.js, with the package that
//! the command brings along.

use crate::copy::copy_of;
use crate::project::Project;
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use std::process::Command;

macro_rules! trials {
    ($toolchain:ident: $($test:ident,)*) => {
        vec![$($toolchain.trial(concat!("node::", stringify!($test)), $test)),*]
    };
}

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::javascript();
    trials! { toolchain:
        the_tests_of_the_typescript_sessions_pass_without_waiting,
        the_package_is_tested_by_node_and_by_vitest,
    }
}

fn the_tests_of_the_typescript_sessions_pass_without_waiting() {
    let project = copy_of("examples/sessions-ts");
    install(&project);
    let printed = test(&project);
    assert!(printed.contains("# pass 2\n"), "{printed}");
    let (code, _, said) = project.larder(["types"]).ended();
    assert_eq!(code, Some(0), "{said}");
    run(Command::new("npm").args(["run", "check"]).current_dir(project.path("")));
}

fn the_package_is_tested_by_node_and_by_vitest() {
    let project = copy_of("tests/guests/testing-js");
    install(&project);
    let printed = test(&project);
    assert!(printed.contains("# fail 0\n"), "{printed}");
    assert!(printed.contains("Tests  5 passed"), "{printed}");
}

fn install(project: &Project) {
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund"])
        .current_dir(project.path("")));
}

/// `larder test`, which succeeds; what it printed.
#[track_caller]
fn test(project: &Project) -> String {
    run(project.command(["test"]).env("NO_COLOR", "1").env_remove("FORCE_COLOR"))
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{printed}\n{said}");
    printed
}
