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

    let mut table = readme.lines().skip_while(|line| !line.starts_with("| WIT | "));
    let cells = |line: &str| line.split('|').filter(|cell| !cell.trim().is_empty()).count();
    let languages = cells(table.next().unwrap());
    let rows = table.skip(1).map_while(|line| Some((line, line.strip_prefix("| `")?)));
    let mut rows: Vec<String> = rows
        .map(|(line, row)| {
            assert_eq!(cells(line), languages, "a language lacks it: {line}");
            row.split('`').next().unwrap().to_owned()
        })
        .collect();
    let mut functions = functions(&wit);
    rows.sort();
    functions.sort();
    assert_eq!(rows, functions);
}
