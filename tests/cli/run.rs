//! `larder run`.

use crate::project::Project;
use larder_test_guests::component;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

fn run(project: &Project, flags: &[&str], args: &[&str]) -> crate::project::Ran {
    let guest = component("tests/guests/command");
    let guest = guest.to_str().unwrap();
    let head = ["run", "--in-memory", guest].into_iter();
    project.larder(head.chain(flags.iter().copied()).chain(["--"]).chain(args.iter().copied()))
}

#[test]
fn a_command_gets_its_arguments_and_its_exit_code_passes_through() {
    let project = Project::new();
    assert_eq!(run(&project, &[], &["a", "--b"]).succeeds(), "[\"a\", \"--b\"]\n");
    assert_eq!(run(&project, &[], &["exit", "0"]).succeeds(), "");
    assert_eq!(run(&project, &[], &["exit", "7"]).fails(7), "");
    assert_eq!(run(&project, &[], &["fail"]).fails(1), "");
    assert_eq!(project.files().len(), 0);
}

#[test]
fn a_command_reads_standard_input() {
    let project = Project::new();
    let guest = component("tests/guests/command");
    let arguments = ["run", "--in-memory", guest.to_str().unwrap(), "--", "input"];
    assert_eq!(project.larder_reading(b"a\nb", arguments).succeeds(), "read \"a\\nb\"\n");
}

#[test]
fn the_environment_is_what_vars_say_and_nothing_of_the_host() {
    let project = Project::new();
    project.write("larder.toml", "vars = { LOG = \"debug\", A = \"1\" }\n");
    let printed = run(&project, &["--var", "A=2", "--var", "B=x=y"], &["environment"]).succeeds();
    assert_eq!(printed, "A=2\nB=x=y\nLOG=debug\n");
}

#[test]
fn a_panic_is_exit_code_1_with_its_message() {
    let said = run(&Project::new(), &[], &["panic"]).fails(1);
    assert!(said.contains("the guest's own words"), "{said}");
    assert!(said.contains("error: the component trapped"), "{said}");
}

#[test]
fn a_command_that_never_ends_ends_by_its_timeout() {
    let said = run(&Project::new(), &["--timeout", "300ms"], &["compute"]).fails(1);
    assert_eq!(said, "error: the component took longer than 300ms (--timeout)\n");
}

#[test]
fn the_exit_code_says_which_signal_ended_it() {
    let project = Project::new();
    let guest = component("tests/guests/command");
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut command =
            project.command(["run", "--in-memory", guest.to_str().unwrap(), "--", "wait"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "waiting\n");
        let kill = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
    }
}

#[test]
fn memory_beyond_the_limit_is_refused() {
    let said = run(&Project::new(), &["--memory-max", "64MiB"], &["allocate"]).fails(1);
    assert!(said.contains("error: the component wanted more than 64.0 MiB of memory"), "{said}");
}

#[test]
fn the_counter_counts_on_from_run_to_run() {
    let project = Project::new();
    let counter = component("examples/counter");
    let count = || {
        let arguments = ["run", counter.to_str().unwrap(), "--kv", "COUNTERS"];
        project.larder(arguments.into_iter().chain(["--", "visits"])).succeeds()
    };
    let (first, second) = (count(), count());
    assert!(first.contains('1') && second.contains('2'), "{first:?}, {second:?}");
}

#[test]
fn what_is_no_command_is_told_what_it_is() {
    let project = Project::new();
    let library = component("tests/guests/probe");
    let said = project.larder(["run", library.to_str().unwrap()]).fails(1);
    assert!(said.contains("probe.wasm does not export wasi:cli/run"), "{said}");
    assert_eq!(project.files().len(), 0);
}
