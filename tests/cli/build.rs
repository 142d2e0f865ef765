//! `larder build`, as far as it needs no toolchain of a language.

use crate::project::Project;
use crate::server::eventually;
use std::fs;
use std::path::Path;
use std::process::Command;

fn project(command: &str) -> Project {
    let project = Project::new();
    project.write(
        "larder.toml",
        format!("component = \"out.wasm\"\nbuild = {{ command = \"{command}\" }}\n"),
    );
    project
}

#[test]
fn what_the_command_makes_is_copied_to_where_it_is_wanted() {
    let project = project("echo new > out.wasm");
    project.write("a/b.wasm", "old");
    for wanted in ["a/b.wasm", "c/d.wasm"] {
        let (code, _, said) = project.larder(["build", "-o", wanted]).ended();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("built {wanted}, ")), "{said}");
        assert_eq!(fs::read_to_string(project.path(wanted)).unwrap(), "new\n");
        let beside = fs::read_dir(project.path(wanted).parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1, "nothing is left beside it");
    }
    let said = project.larder(["build", "-o", "a"]).fails(1);
    assert!(said.ends_with("/a is a directory\n"), "{said}");
}

#[test]
fn a_backend_is_chosen_for_javascript_only() {
    let project = Project::new();
    project.write("larder.toml", "main = \"main.c\"\n");
    project.write("main.c", "");
    let said = project.larder(["build", "--backend", "qjs"]).fails(1);
    assert!(said.starts_with("error: larder.toml: `main` is not JavaScript, "), "{said}");
}

#[test]
fn a_signal_ends_what_it_runs() {
    let project = project("echo $$ > pid; exec sleep 100");
    let mut larder = project.command(["build"]).spawn().unwrap();
    let pid = || fs::read_to_string(project.path("pid")).ok().filter(|pid| pid.ends_with('\n'));
    let pid = eventually(pid, || "the command has not begun".to_owned());
    let process = Path::new("/proc").join(pid.trim());
    let is_asleep = || fs::read_to_string(process.join("comm")).is_ok_and(|name| name == "sleep\n");
    eventually(|| is_asleep().then_some(()), || "the command does not sleep".to_owned());
    let larder_id = larder.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &larder_id]).status().unwrap().success());
    assert_eq!(larder.wait().unwrap().code(), Some(128 + 15));
    eventually(|| (!is_asleep()).then_some(()), || "the command sleeps on".to_owned());
}
