//! What `larder import` cannot take, and how far it gets.

use crate::project::{Project, Ran};
use crate::transfer::said;
use std::io::Write as _;
use std::process::{Child, Stdio};

#[test]
fn bad_records_are_told_by_their_place_and_left_out_if_asked() {
    let project = Project::with_namespace("n");
    let long = "k".repeat(513);
    let good = |key: &str| format!("{{\"key\":\"{key}\",\"value\":\"\"}}\n");
    let file = [
        &good("a"),
        "\n",
        "{\"key\":\"b\"\n",
        &good(&long),
        "{\"key\":\"c\",\"value\":\"\",\"metadata_text\":\"?\"}\n",
        "{\"key\":\"d\",\"value\":\"\",\"expiration\":1}\n",
        &good("e"),
        "{\"key\":\"f\",\"value\":\"\"",
    ];
    project.write("bad", file.concat());
    let keys = || project.larder(["key", "list", "--namespace", "n"]).succeeds();
    let stopped = project.larder(["import", "bad", "--namespace", "n"]).fails(1);
    assert!(stopped.starts_with("imported 1 key; "), "{stopped}");
    assert!(stopped.contains("error: line 3: EOF while parsing an object, at col"), "{stopped}");
    assert_eq!(keys(), "a\n");
    let ended = project.larder(["import", "bad", "--namespace", "n", "--keep-going"]).fails(1);
    let lines: Vec<_> = ended.lines().collect();
    assert!(lines[0].starts_with("line 3: EOF while parsing an object"), "{ended}");
    assert_eq!(lines[1], "line 4: the key has 513 bytes; at most 512 are allowed");
    assert!(lines[2].starts_with("line 5: the metadata is not JSON"), "{ended}");
    assert!(lines[3].starts_with("line 8: EOF while parsing an object"), "{ended}");
    assert!(lines[4].starts_with("imported 2 keys, left out 1 whose expiration has passed"));
    assert_eq!(lines[5], "error: 4 bad records not imported");
    assert_eq!(keys(), "a\ne\n");
    project.write("many", "?\n".repeat(50));
    let ended = project.larder(["import", "many", "--namespace", "n", "--keep-going"]).fails(1);
    assert_eq!(ended.lines().count(), 20 + 3, "{ended}");
    assert!(ended.ends_with("error: 50 bad records not imported\n"), "{ended}");
}

#[test]
fn bad_items_of_an_array_are_told_by_their_index() {
    let project = Project::with_namespace("n");
    let import = |text: &str, flags: &[&str]| {
        let arguments = [&["import", "-", "--namespace", "n"], flags].concat();
        project.larder_reading(text.as_bytes(), arguments).fails(1)
    };
    let file = r#"[{"key":"a","value":"1"},{"key":"b"},{"key":"","value":""},
        {"key":"c","value":"?","base64":true},{"key":"d","value":"1"}]"#;
    let said = import(file, &[]);
    assert!(said.contains("error: item 1: missing field `value`; --keep-going"), "{said}");
    let said = import(file, &["--keep-going"]);
    for line in ["item 1: missing", "item 2: a key cannot be empty\n", "item 3: the value is not"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(said.contains("imported 2 keys;"), "{said}");
    // The array's own end is lost with its syntax, what stands before is not.
    for (rest, reason) in [
        ("", "line 3, column 0, item 1: EOF while parsing a value; the file cannot be read on"),
        ("{\"key\" \"b\"}]", "line 3, column 8, item 1: expected `:`"),
        ("{\"key\":\"z\",\"value\":\"\"}] 1", "line 3, column 25, item 2: trailing characters"),
    ] {
        let text =
            format!("\n[{{\"key\":\"x{rest:.2}\",\"value\":\"\"}},\n{rest}").replace("x{\"", "x");
        let said = import(&text, &["--keep-going"]);
        assert!(said.contains(reason), "{said}");
        assert!(said.starts_with("imported "), "{said}");
        assert!(!said.starts_with("imported 0"), "{said}");
    }
}

/// Bytes without an end in sight, of which the command reads what it likes.
fn feed(child: &mut Child, before: &str, byte: u8, bytes: usize, after: &str) {
    let mut input = child.stdin.take().unwrap();
    let chunk = vec![byte; 1 << 20];
    let written = input.write_all(before.as_bytes()).and_then(|()| {
        (0..bytes >> 20).try_for_each(|_| input.write_all(&chunk))?;
        input.write_all(after.as_bytes())
    });
    // A command that has seen enough does not read on.
    drop(written);
}

#[test]
fn a_line_without_end_is_told_and_passed_over() {
    let project = Project::with_namespace("n");
    let import = |before: &str, after: &str| {
        let mut command = project.command(["import", "-", "--namespace", "n", "--keep-going"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        feed(&mut child, before, b'a', 300 << 20, after);
        Ran::from(child.wait_with_output().unwrap()).fails(1)
    };
    let said = import("{\"key\":\"", "\n{\"key\":\"b\",\"value\":\"\"}\n");
    assert!(said.starts_with("line 1: it has more than 157"), "{said}");
    assert!(said.contains("imported 1 key; read 300"), "{said}");
    assert!(said.ends_with("error: 1 bad record not imported\n"), "{said}");
    let said = import("[{\"key\":\"c\",\"value\":\"\"},{\"key\":\"", "\"}]");
    assert!(said.contains("error: item 1 has more than 157"), "{said}");
    assert!(said.contains("imported 1 key; read 15"), "{said}");
}

#[test]
fn an_import_that_was_broken_off_is_resumed_by_running_it_again() {
    let project = Project::with_namespace("n");
    let line = |n: usize| format!("{{\"key\":\"{n:05}\",\"value\":\"{n}\"}}\n");
    let lines: String = (0..5000).map(line).collect();
    project.write("whole", &lines);
    let part = &lines[..lines.len() / 2 + 7];
    project.write("part", part);
    project.larder(["import", "part", "--namespace", "n"]).fails(1);
    let keys = || project.larder(["key", "list", "--namespace", "n"]).succeeds();
    assert_eq!(keys().lines().count(), part.matches('\n').count(), "as far as it was whole");
    let out = said(project.larder(["import", "whole", "--namespace", "n"]));
    assert!(out.starts_with("imported 5000 keys"), "{out}");
    assert_eq!(keys().lines().count(), 5000);
}

#[test]
fn of_a_key_that_is_there_twice_the_last_stays() {
    let project = Project::with_namespace("n");
    let line = |n: usize| format!("{{\"key\":\"k{}\",\"value\":\"{n}\"}}\n", n % 10);
    project.write("twice", (0..3000).map(line).collect::<String>());
    said(project.larder(["import", "twice", "--namespace", "n"]));
    for n in 0..10 {
        let get = ["key", "get", &format!("k{n}"), "--namespace", "n"];
        assert_eq!(project.larder(get).succeeds(), (2990 + n).to_string());
    }
}
