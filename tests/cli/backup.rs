//! `larder backup` and `restore`; and deleting much at a word.

use crate::project::Project;
use crate::transfer::{said, serve};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

#[test]
fn many_keys_are_deleted_at_a_word() {
    let project = Project::with_namespace("n");
    let lines = (0..2500).map(|n| format!("{{\"key\":\"{n:04}\",\"value\":\"\"}}\n"));
    project.write("lines", lines.collect::<String>());
    said(project.larder(["import", "lines", "--namespace", "n"]));
    let delete = ["key", "delete", "--prefix", "1", "--namespace", "n", "--yes"];
    assert_eq!(project.larder(delete).succeeds(), "deleted 1000 keys\n");
    let refused = project.larder(["namespace", "clear", "n"]).fails(1);
    assert_eq!(refused, "error: namespace `n` has 1500 keys: to delete them, say --yes\n");
    let _server = serve(&project, &[]);
    let cleared = project.larder(["namespace", "clear", "n", "--yes"]).succeeds();
    assert_eq!(cleared, "deleted 1500 keys\n");
    assert_eq!(project.larder(["key", "list", "--namespace", "n"]).succeeds(), "");
}

#[test]
fn a_live_store_is_backed_up_and_restored() {
    let project = Project::with_namespace("n");
    let line = |n: usize| format!("{{\"key\":\"{n:05}\",\"value\":\"{n:0>100}\"}}\n");
    project.write("lines", (0..5000).map(line).collect::<String>());
    said(project.larder(["import", "lines", "--namespace", "n"]));
    let server = serve(&project, &[]);
    // Others write meanwhile.
    let more = ["import", "-", "--namespace", "n"];
    let mut writing =
        project.command(more).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = writing.stdin.take().unwrap();
    input.write_all((5000..9000).map(line).collect::<String>().as_bytes()).unwrap();
    let copied = project.larder(["backup", "copies/one"]).succeeds();
    let keys: usize = copied.split([' ', ',']).nth(4).unwrap().parse().unwrap();
    assert!(copied.starts_with("copied 1 namespace, "), "{copied}");
    assert!(copied.ends_with(" to copies/one: read back and sound\n"), "{copied}");
    assert!((5000..=9000).contains(&keys), "{copied}");
    drop(input);
    assert!(writing.wait().unwrap().success());
    let refused = project.larder(["backup", "copies/one"]).fails(1);
    assert!(refused.contains("it holds a store"), "{refused}");
    let refused = project.larder(["restore", "copies/one"]).fails(1);
    assert!(refused.contains(".larder cannot take a copy of the store"), "{refused}");
    server.kill();
    fs::remove_dir_all(project.path(".larder")).unwrap();
    let restored = project.larder(["restore", "copies/one"]).succeeds();
    assert_eq!(restored, copied.replace("copies/one", ".larder"));
    assert_eq!(fs::read(project.path(".larder/.gitignore")).unwrap(), b"*\n");
    let sound = project.larder(["check"]).succeeds();
    assert!(sound.starts_with(&format!("read {keys} keys")), "{sound}");
    let listed = project.larder(["key", "list", "--namespace", "n"]).succeeds();
    assert_eq!(listed.lines().count(), keys);
    let refused = project.larder(["restore", "missing", "--store", "new"]).fails(1);
    assert!(refused.contains("there is no store in missing"), "{refused}");
    assert!(!project.path("new").exists());
}
