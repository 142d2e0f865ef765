//! Guests in JavaScript on QuickJS, which has no globals of the web.

use crate::copy::copy_of;
use crate::javascript::worker;
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use std::fs;
use std::process::Command;

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::javascript();
    let tour = the_tour_of_the_example_runs_as_written;
    let globals = there_are_no_globals_of_the_web_and_it_says_so;
    vec![
        toolchain.trial("quickjs::the_tour_of_the_example_runs_as_written", tour),
        toolchain.trial("quickjs::there_are_no_globals_of_the_web_and_it_says_so", globals),
    ]
}

fn the_tour_of_the_example_runs_as_written() {
    let project = copy_of("examples/report-qjs");
    let readme = fs::read_to_string(project.path("README.md")).unwrap();
    let (_, tour) = readme.split_once("```console\n").unwrap();
    let (tour, _) = tour.split_once("```").unwrap();
    let steps: Vec<_> = tour.split("$ larder").skip(1).collect();
    assert_eq!(steps.len(), 9);
    for step in steps {
        let (arguments, prints) = step.split_once('\n').unwrap();
        let mut larder = Command::new("bash");
        let command = format!("{}{arguments}", env!("CARGO_BIN_EXE_larder"));
        larder.args(["-c", &command]).current_dir(project.path(""));
        let output = larder.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ larder{arguments}\n{said}");
        assert_eq!(printed.trim_end(), prints.trim_end(), "$ larder{arguments}\n{said}");
    }
}

fn there_are_no_globals_of_the_web_and_it_says_so() {
    let project = worker("export const run = { run() { console.log('a'); } };\n");
    let (code, _, said) = project.larder(["build", "--backend", "qjs"]).ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("QuickJS has no globals of the web, which an HTTP handler needs"),
        "{said}"
    );

    project.write("larder.toml", "main = \"src/worker.js\"\nworld = \"command\"\n");
    let (code, _, said) = project.larder(["build", "--backend", "qjs", "-o", "a.wasm"]).ended();
    assert_eq!(code, Some(0), "{said}");
    let size = fs::metadata(project.path("a.wasm")).unwrap().len();
    assert!(size < 2 << 20, "{size} bytes");
    let said = project.larder(["run", "--in-memory", "a.wasm"]).fails(1);
    assert!(said.contains("console is not defined"), "{said}");
}
