//! The table of `guest/README.md` against the contract.

use std::path::Path;

/// The functions of the WIT, each with its resource: `namespace.get`, `bindings`.
fn functions(wit: &str) -> Vec<String> {
    let mut resource = None;
    let mut functions = Vec::new();
    for line in wit.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("resource ") {
            resource = name.strip_suffix(" {");
        } else if line == "}" {
            resource = None;
        } else if let Some((name, _)) =
            line.split_once(": func(").or(line.split_once(": static func("))
        {
            let name = name.trim_start_matches('%');
            functions.push(resource.map_or(name.to_owned(), |of| format!("{of}.{name}")));
        }
    }
    functions
}

#[test]
fn the_table_has_a_row_for_each_function_of_the_wit_and_no_other() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wit = std::fs::read_to_string(crate_dir.join("wit/kv.wit")).unwrap();
    let readme = std::fs::read_to_string(crate_dir.join("../README.md")).unwrap();

    let (_, table) = readme.split_once("| WIT | Rust |\n|---|---|\n").unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut rows: Vec<String> = rows.map(|(function, _)| function.to_owned()).collect();
    let mut functions = functions(&wit);
    rows.sort();
    functions.sort();
    assert_eq!(rows, functions);
}
