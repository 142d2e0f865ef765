//! `larder new` in each language, served by `larder dev` as it was written; and `larder types`.

use crate::project::Project;
use crate::server::Server;
use larder_test_guests::toolchain::{self, Toolchain};
use libtest_mimic::Trial;
use std::fs;

/// Every template, what it takes, and what its second answer tells.
type Template = (&'static str, fn() -> Toolchain, &'static str);

const TEMPLATES: [Template; 6] = [
    ("js", toolchain::javascript, "visit 2"),
    ("ts", toolchain::javascript, "visit 2"),
    ("hono", toolchain::javascript, "visit 2"),
    ("python", toolchain::python, "visit 2"),
    ("rust", toolchain::rust, "visit 2"),
    ("c", toolchain::c, "visit 2"),
];

pub fn tests() -> Vec<Trial> {
    let mut trials: Vec<_> = TEMPLATES
        .iter()
        .map(|(template, toolchain, answer)| {
            let test = move || is_served(template, answer);
            toolchain().trial(format!("templates::{template}_is_served_as_it_is_written"), test)
        })
        .collect();
    trials.push(toolchain::rust().trial(
        "templates::a_directory_that_holds_something_is_left_as_it_is",
        a_directory_that_holds_something_is_left_as_it_is,
    ));
    trials.push(
        toolchain::rust()
            .trial("templates::types_are_those_of_the_config", types_are_those_of_the_config),
    );
    trials
}

fn is_served(template: &str, answer: &str) {
    let project = Project::new();
    let (code, _, said) = project.larder(["new", "app", "--template", template]).ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("  larder dev app\n"), "{said}");
    let server = Server::start(&project, ["dev", "app"]);
    assert_eq!(server.get("/").status, 200);
    let second = server.get("/");
    assert!(second.body.contains(answer), "{second:?}");
}

fn a_directory_that_holds_something_is_left_as_it_is() {
    let project = Project::new();
    project.write("app/note.txt", "mine");
    let said = project.larder(["new", "app", "--template", "js"]).fails(1);
    assert!(said.contains("app is there already, and not empty"), "{said}");
    assert_eq!(fs::read_dir(project.path("app")).unwrap().count(), 1);
}

fn types_are_those_of_the_config() {
    let project = Project::new();
    project.write(
        "larder.toml",
        "vars = { LEVEL = \"1\" }\n\
         [[kv_namespaces]]\nbinding = \"SESSIONS\"\n\
         [[kv_namespaces]]\nbinding = \"FLAGS\"\napi = \"openworkers\"\n",
    );
    let (code, _, said) = project.larder(["types"]).ended();
    assert_eq!((code, said.as_str()), (Some(0), "wrote worker-configuration.d.ts\n"));
    let types = fs::read_to_string(project.path("worker-configuration.d.ts")).unwrap();
    for line in ["SESSIONS: KVNamespace;", "FLAGS: OpenWorkersKV;", "LEVEL: string;"] {
        assert!(types.contains(line), "{line}");
    }
    assert!(types.contains("declare module 'larder:kv/store@0.1.0'"));
}
