//! Guests in C: what `larder` makes of their sources, and what they can do wrong.

use crate::project::{Project, Ran};
use crate::server::{Server, eventually};
use larder_build::{Main, World};
use larder_test_guests::{project, toolchain};
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};

macro_rules! trials {
    ($toolchain:ident: $($test:ident,)*) => {
        vec![$($toolchain.trial(concat!("c::", stringify!($test)), $test)),*]
    };
}

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::c();
    trials! { toolchain:
        the_tour_of_the_counter_runs_as_written,
        the_counter_says_what_is_wrong,
        the_program_of_the_readme_runs,
        the_template_is_served_and_built_again,
        a_request_comes_and_a_response_goes_whole,
        listings_options_and_commits_are_what_they_say,
        bad_input_is_an_error_and_the_instance_works_on,
        a_closed_handle_is_a_trap_that_names_the_functions,
        a_mistake_is_told_with_its_file_and_line,
        a_world_without_the_namespace_needs_no_library,
        without_a_compiler_and_python_it_says_what_to_install,
    }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A copy of a project of the repository.
fn copy_of(path: &str) -> Project {
    let project = Project::new();
    for file in ["larder.toml", "src/main.c"] {
        project.write(file, fs::read(repository(path).join(file)).unwrap());
    }
    project
}

/// A project that is a command.
fn command(source: &str) -> Project {
    let project = Project::new();
    project.write("larder.toml", "main = \"src/main.c\"\nworld = \"command\"\n");
    project.write("src/main.c", source);
    project
}

fn build(project: &Project) -> String {
    let (code, printed, said) = project.larder(["build"]).ended();
    assert_eq!((code, printed.as_str()), (Some(0), ""), "{said}");
    said
}

/// The code between the first ```` ``` ```` of that language and the next.
fn block<'a>(readme: &'a str, language: &str) -> &'a str {
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

fn the_tour_of_the_counter_runs_as_written() {
    let project = copy_of("examples/counter-c");
    let readme = fs::read_to_string(repository("examples/counter-c/README.md")).unwrap();
    let steps: Vec<_> = block(&readme, "console").split("$ larder ").skip(1).collect();
    assert_eq!(steps.len(), 6);
    for step in steps {
        let (arguments, printed) = step.split_once('\n').unwrap();
        let (code, out, said) = project.larder(arguments.split(' ')).ended();
        assert_eq!((code, out.as_str()), (Some(0), printed), "$ larder {arguments}\n{said}");
    }
}

fn the_counter_says_what_is_wrong() {
    let project = copy_of("examples/counter-c");
    build(&project);
    let counter = |arguments: &[&str]| -> Ran {
        project.larder(["run", "--"].into_iter().chain(arguments.iter().copied()))
    };
    for wrong in
        [&["-x"][..], &["a", "1.5"], &["a", ""], &["a", "9223372036854775808"], &["a", "1", "2"]]
    {
        assert!(counter(wrong).fails(1).starts_with("usage: counter "), "{wrong:?}");
    }
    assert_eq!(counter(&["a", "9223372036854775807"]).succeeds(), "9223372036854775807\n");
    assert_eq!(
        counter(&["a"]).fails(1),
        "counter: the value is not a decimal integer, or the sum does not fit in 64 bits\n"
    );
    assert_eq!(counter(&[""]).fails(1), "counter: a key cannot be empty\n");
}

fn the_program_of_the_readme_runs() {
    let readme = fs::read_to_string(repository("guest/c/README.md")).unwrap();
    let project = command(block(&readme, "c"));
    let said = build(&project);
    assert!(!said.contains("warning"), "{said}");
    let run = || project.larder(["run", "--kv", "SESSIONS"]).succeeds();
    assert_eq!(run(), "logged in\nsession:1\n");
    assert_eq!(run(), "was logged in already\nsession:1\n");
    let said = project.larder(["run", "--kv", "OTHER"]).fails(1);
    assert!(
        said.ends_with("\nno namespace is bound under that name, or it has been deleted\n"),
        "{said}"
    );
}

fn the_template_is_served_and_built_again() {
    let project = copy_of("host/cli/templates/c");
    let server = Server::start(&project, ["dev"]);
    assert_eq!(server.get("/a?b").body, "visit 1 of /a\n");
    assert_eq!(server.get("/a").body, "visit 2 of /a\n");
    let source = fs::read_to_string(project.path("src/main.c")).unwrap();
    project.write("src/main.c", source.replace("visit %", "hit %"));
    eventually(
        || server.get("/b").body.starts_with("hit ").then_some(()),
        || format!("no new answer; it said {:#?}", server.log()),
    );
}

fn a_request_comes_and_a_response_goes_whole() {
    let main = Main::C { file: "src/main.c".into() };
    let component = project("tests/guests/http-c", main, World::Http);
    let project = Project::new();
    let server = Server::start(&project, ["serve", "--in-memory", component.to_str().unwrap()]);
    assert_eq!(server.post("/echo", "söme\0thing").body, "söme\0thingsöme\0thing");
    assert_eq!(server.post("/echo", "").body, "");
    assert_eq!(server.post("/echo", &"x".repeat(10_000)).body.len(), 20_000);
    assert_eq!(server.post("/echo", &"x".repeat(10_001)).status, 413);

    let answer = server.get_with("/headers", &[("x-Asked", "1"), ("x-asked", "2")]);
    assert_eq!((answer.body.as_str(), answer.cookie.as_deref()), ("1 1 1 0", Some("a=1")));
    assert_eq!(server.get("/headers").body, "0 none 1 0");
    let answer = server.get("/no-content");
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let large: String = (0..100_000).map(|i| format!("{i:09}\n")).collect();
    assert!(server.get("/large").body == large);

    for (path, said) in [("/%2F?a=%20?", "/%2F ?a=%20?"), ("/x?", "/x ?"), ("/x", "/x ?")] {
        let answer = server.put(path, "");
        assert_eq!((answer.status, answer.body), (404, format!("PUT {said}")));
    }
    // One instance that ends is one request lost.
    assert_eq!(server.get("/abort").status, 500);
    assert_eq!(server.get("/x").status, 404);
}

/// The command among the tests' guests.
fn guest(name: &str) -> PathBuf {
    let main = Main::C { file: "src/main.c".into() };
    project(&format!("tests/guests/{name}"), main, World::Command)
}

fn listings_options_and_commits_are_what_they_say() {
    let component = guest("library-c");
    // A listing whose pages did not go on would have no end.
    let head = ["run", "--in-memory", "--timeout", "30s", "--kv", "KV"];
    let arguments = head.into_iter().chain([component.to_str().unwrap()]);
    let expected = "a b:1 b:2 b:3 b:4 b:5 c end\n\
                    a b:1 b:2 b:3 b:4 b:5 c end\n\
                    a b:1 b:2 end\n\
                    b:5 b:4 b:3 b:2 b:1 end\n\
                    end\n\
                    the limit of a listing is 1 to 1000, not 0\n\
                    commit: done, counter 42\n\
                    again: conflict of check 0\n\
                    c expires at 4000000000\n\
                    put: done\n\
                    put: conflict\n\
                    2 with {\"m\":1}, expires\n\
                    stays\n\
                    freed\n";
    assert_eq!(Project::new().larder(arguments).succeeds(), expected);
}

fn bad_input_is_an_error_and_the_instance_works_on() {
    let project = Project::with_namespace("KV");
    let component = guest("bad-input-c");
    let printed = project.larder(["run", component.to_str().unwrap(), "--kv", "KV"]).succeeds();
    let large = "the value has 26214401 bytes; at most 26214400 are allowed";
    let expected = format!(
        "NULL for a key: a key cannot be empty\n\
         get of 513 bytes: the key has 513 bytes; at most 512 are allowed\n\
         put under 513 bytes: the key has 513 bytes; at most 512 are allowed\n\
         put of 26214401 bytes: {large}\n\
         open-writer: done\n\
         write of 26214401 bytes: {large}\n\
         finish after that: {large}\n\
         a byte that never occurs: the key is not UTF-8 at byte 2\n\
         a continuation alone: the key is not UTF-8 at byte 0\n\
         a sequence cut short: the key is not UTF-8 at byte 1\n\
         a sequence broken off: the key is not UTF-8 at byte 0\n\
         an overlong NUL: the key is not UTF-8 at byte 0\n\
         an overlong slash: the key is not UTF-8 at byte 0\n\
         a lone surrogate: the key is not UTF-8 at byte 0\n\
         beyond U+10FFFF: the key is not UTF-8 at byte 0\n\
         no code point at all: the key is not UTF-8 at byte 0\n\
         binding: the binding is not UTF-8 at byte 0\n\
         metadata: the metadata is not UTF-8 at byte 1\n\
         prefix: the prefix is not UTF-8 at byte 0\n\
         one key of many: the key is not UTF-8 at byte 0\n\
         check: the key is not UTF-8 at byte 0\n\
         operation: the key is not UTF-8 at byte 0\n\
         put of text at every length of UTF-8: done\n\
         put without options: done\n\
         get: done\n"
    );
    assert_eq!(printed, expected);
    let listed = project.larder(["key", "list", "--namespace", "KV"]).succeeds();
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

fn a_closed_handle_is_a_trap_that_names_the_functions() {
    let project = Project::new();
    let component = guest("bad-input-c");
    let arguments =
        ["run", "--in-memory", component.to_str().unwrap(), "--kv", "KV", "--", "closed"];
    let (code, printed, said) = project.larder(arguments).ended();
    assert_eq!((code, printed.as_str()), (Some(1), "put: done\nopen-reader: done\n"));
    for words in ["the component trapped", "unknown handle", "larder_read", "main"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}

fn a_mistake_is_told_with_its_file_and_line() {
    let project = command("#include <larder.h>\nint main(void) {\n  return larder_open();\n}\n");
    project.write("src/other.c", "int other(void) { int unused; return 0; }\n");
    let said = project.larder(["build"]).fails(1);
    assert!(said.contains("src/main.c:3:"), "{said}");
    assert!(said.contains("error: too few arguments"), "{said}");

    project.write("src/main.c", "int other(void);\nint main(void) { return other(); }\n");
    let said = build(&project);
    assert!(said.contains("src/other.c:1:23: warning: unused variable"), "{said}");

    fs::remove_file(project.path("src/other.c")).unwrap();
    let said = project.larder(["build"]).fails(1);
    assert!(said.contains("undefined symbol: other"), "{said}");
}

fn a_world_without_the_namespace_needs_no_library() {
    let project = Project::new();
    project.write("larder.toml", "main = \"main.c\"\nworld = \"sums\"\nwit = \"wit\"\n");
    let world = "package a:b;\nworld sums { export add: func(a: u32, b: u32) -> u32; }\n";
    project.write("wit/sums.wit", world);
    let main = "#include \"guest.h\"\n\
                uint32_t exports_guest_add(uint32_t a, uint32_t b) { return a + b; }\n";
    project.write("main.c", main);
    build(&project);
}

fn without_a_compiler_and_python_it_says_what_to_install() {
    let project = command("int main(void) { return 0; }\n");
    let cache = project.path("cache");
    let mut larder = project.command(["build"]);
    larder.env("PATH", project.path("none")).env("XDG_CACHE_HOME", &cache);
    let said = String::from_utf8(larder.output().unwrap().stderr).unwrap();
    assert!(said.contains("python3 is missing: C guests are compiled by zig"), "{said}");
    assert!(said.contains("python3-venv"), "{said}");

    let mut larder = project.command(["build"]);
    larder.env("LARDER_CC", "larder-no-such-cc --flag").env("XDG_CACHE_HOME", &cache);
    let said = String::from_utf8(larder.output().unwrap().stderr).unwrap();
    assert!(said.contains("larder-no-such-cc is missing"), "{said}");
}
