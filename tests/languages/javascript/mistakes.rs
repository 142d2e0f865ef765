//! What is wrong with a worker, and is told with its place.

use super::{dev, worker};
use crate::project::Project;

/// The tests, by name.
pub const TESTS: &[(&str, fn())] = &[
    ("a_module_of_node_is_an_error_with_its_place", a_module_of_node_is_an_error_with_its_place),
    ("a_package_that_is_missing_is_named", a_package_that_is_missing_is_named),
    ("a_worker_without_fetch_is_refused", a_worker_without_fetch_is_refused),
    (
        "an_error_while_the_worker_is_loaded_has_its_place",
        an_error_while_the_worker_is_loaded_has_its_place,
    ),
    (
        "a_worker_that_asks_its_host_while_it_is_loaded_is_told",
        a_worker_that_asks_its_host_while_it_is_loaded_is_told,
    ),
];

/// The build fails; what it says.
#[track_caller]
fn build_fails(project: &Project) -> String {
    let (code, _, said) = project.larder(["build"]).ended();
    assert_eq!(code, Some(1), "{said}");
    said
}

fn a_module_of_node_is_an_error_with_its_place() {
    for module in ["node:fs", "fs", "node:path/posix", "node:http2"] {
        let project =
            worker(&format!("\nimport fs from '{module}';\nexport default {{ fetch() {{}} }};\n"));
        let said = build_fails(&project);
        let place = "src/worker.js:2:16: ";
        assert!(said.contains(place), "{said}");
        let words = format!("\"{module}\" is a module of Node.js, which a component does not have");
        assert!(said.contains(&words), "{said}");
    }
}

fn a_package_that_is_missing_is_named() {
    let source = "import { Hono } from 'hono';\nexport default new Hono();\n";
    let said = build_fails(&worker(source));
    assert!(said.contains("src/worker.js:1:22: "), "{said}");
    assert!(said.contains("Could not resolve \"hono\""), "{said}");
    assert!(said.contains("npm install hono"), "{said}");

    let project = worker(source);
    project.write("package.json", r#"{ "dependencies": { "hono": "4.13.19" } }"#);
    let server = dev(&project, &[]);
    server.says(&["installing the project's packages: npm install"]);
    assert_eq!(server.get("/").status, 404);
}

fn a_worker_without_fetch_is_refused() {
    let words =
        "the main module must `export default` an object with a method fetch(request, env, ctx)";
    for source in ["export const a = 1;\n", "export default { get() {} };\n"] {
        let project = worker(source);
        let said = build_fails(&project);
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("wasm backtrace"), "{said}");
        let server = dev(&project, &[]);
        let answer = server.get("/");
        assert_eq!(answer.status, 500);
        assert!(answer.body.contains(words), "{}", answer.body);
    }
}

fn an_error_while_the_worker_is_loaded_has_its_place() {
    let project = worker("const a = 1;\nnull.b;\nexport default { fetch() {} };\n");
    let server = dev(&project, &[]);
    assert!(server.get("/").body.starts_with("Uncaught (while the worker was loaded) TypeError: "));
    server.says(&["    at src/worker.js:2:1"]);
    let said = build_fails(&project);
    assert!(said.contains("TypeError: "), "{said}");
    assert!(said.contains("src/worker.js:2:1"), "{said}");
}

fn a_worker_that_asks_its_host_while_it_is_loaded_is_told() {
    let project = worker("const id = crypto.randomUUID();\nexport default { fetch() {} };\n");
    let said = build_fails(&project);
    assert!(
        said.contains("the worker calls its host while it is loaded, which is at build"),
        "{said}"
    );
    assert!(said.contains("wasi:random/random"), "{said}");
    assert!(!said.contains("wasm backtrace"), "{said}");
}
