//! `larder namespace`.

use crate::project::Project;

#[test]
fn a_namespace_is_created_listed_renamed_and_deleted() {
    let project = Project::new();
    let id = project.larder(["namespace", "create", "sessions"]).succeeds();
    let id = id.trim_end();
    assert_eq!(id.len(), 32, "{id}");
    let list = || project.larder(["namespace", "list"]).succeeds();
    assert_eq!(list(), format!("sessions  {id}  0 keys, 0 B\n"));

    project.larder(["key", "put", "a", "12345", "--namespace", "sessions"]).succeeds();
    project.larder(["namespace", "rename", "sessions", "old sessions"]).succeeds();
    assert_eq!(list(), format!("old sessions  {id}  1 key, 6 B\n"));
    assert_eq!(project.larder(["key", "list", "--namespace", "old sessions"]).succeeds(), "a\n");

    let said = project.larder(["namespace", "delete", "old sessions"]).fails(1);
    let expected = "namespace `old sessions` has 1 key: to delete it with them, say --yes";
    assert_eq!(said, format!("error: {expected}\n"));
    project.larder(["namespace", "delete", "old sessions", "--yes"]).succeeds();
    assert_eq!(list(), "");
}

#[test]
fn a_quota_is_set_shown_kept_and_lifted() {
    let project = Project::with_namespace("a");
    let quota = |flags: &[&str]| {
        project.larder(["namespace", "quota", "a"].iter().chain(flags).copied()).succeeds()
    };
    assert_eq!(quota(&[]), "0 keys, 0 B\n");
    assert_eq!(quota(&["--keys", "1"]), "0 of 1 key, 0 B\n");
    assert_eq!(quota(&["--bytes", "1KiB"]), "0 of 1 key, 0 B of 1.0 KiB\n");
    let put = |key| project.larder(["key", "put", key, "12345", "--namespace", "a"]);
    put("k").succeeds();
    let said = put("l").fails(1);
    assert_eq!(said, "error: the namespace would have 2 keys; its quota is 1\n");
    let list = project.larder(["namespace", "list"]).succeeds();
    assert!(list.ends_with("  1 of 1 key, 6 B of 1.0 KiB\n"), "{list}");
    let json = project.larder(["namespace", "list", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["quota"], serde_json::json!({"keys": 1, "bytes": 1024}));
    assert_eq!(quota(&["--keys", "none", "--bytes", "none"]), "1 key, 6 B\n");
    put("l").succeeds();
    let said = project.larder(["namespace", "quota", "b"]).fails(1);
    assert_eq!(said, "error: no namespace `b`; there are: a\n");
}

#[test]
fn a_reader_that_has_seen_enough_of_a_long_list_is_no_failure() {
    let project = Project::new();
    for letter in 'a'..='t' {
        let title = letter.to_string().repeat(512);
        project.larder(["namespace", "create", &title]).succeeds();
    }
    for flags in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut list = project.command(["namespace", "list"].into_iter().chain(flags.to_owned()));
        let output = list.stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{flags:?}: {output:?}");
    }
}

#[test]
fn the_list_can_be_json() {
    let project = Project::with_namespace("b");
    let id = project.larder(["namespace", "create", "a"]).succeeds();
    let json = project.larder(["namespace", "list", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({"title": "a", "id": id.trim_end(), "keys": 0, "bytes": 0});
    assert_eq!(json[0], expected);
    assert_eq!(json[1]["title"], "b");
}

#[test]
fn a_taken_title_is_refused() {
    let project = Project::with_namespace("a");
    project.larder(["namespace", "create", "b"]).succeeds();
    let said = project.larder(["namespace", "create", "a"]).fails(1);
    assert_eq!(said, "error: there is a namespace \"a\" already\n");
    let said = project.larder(["namespace", "rename", "a", "b"]).fails(1);
    assert_eq!(said, "error: there is a namespace \"b\" already\n");
}

#[test]
fn a_missing_namespace_is_answered_with_those_that_there_are() {
    let project = Project::with_namespace("flags");
    for arguments in
        [["namespace", "delete", "flag"].as_slice(), &["namespace", "rename", "flag", "x"]]
    {
        let said = project.larder(arguments.iter().copied()).fails(1);
        assert_eq!(said, "error: no namespace `flag`; there are: flags\n");
    }
    project.larder(["namespace", "delete", "flags"]).succeeds();
    let said = project.larder(["namespace", "delete", "flags"]).fails(1);
    assert!(said.contains("there are none yet: `larder namespace create`"), "{said}");
}

#[test]
fn a_title_that_is_none_is_refused_with_the_rule() {
    let project = Project::new();
    let said = project.larder(["namespace", "create", ""]).fails(1);
    assert!(said.contains("it is 1 to 512 bytes without control characters"), "{said}");
}
