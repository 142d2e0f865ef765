//! The store as a whole: `larder check`, `larder compact`, and stores that cannot be opened.

use crate::project::Project;

#[test]
fn a_sound_store_is_said_to_be_sound() {
    let project = Project::with_namespace("n");
    project.larder(["key", "put", "a", "12345", "--namespace", "n"]).succeeds();
    assert_eq!(project.larder(["check"]).succeeds(), "read 1 key with 5 B of values: sound\n");
}

#[test]
fn compacting_says_what_it_gave_back() {
    let project = Project::with_namespace("n");
    let said = project.larder(["compact"]).succeeds();
    assert!(said.starts_with("compacted from "), "{said}");
    assert!(project.larder(["check"]).succeeds().ends_with("sound\n"));
}

#[test]
fn a_directory_of_something_else_is_left_as_it_is() {
    let project = Project::new();
    project.write("other/notes.txt", "mine");
    let before = project.files();
    project.larder(["check", "--store", "other"]).fails(1);
    project.larder(["key", "list", "--namespace", "n", "--store", "other"]).fails(1);
    assert_eq!(project.files(), before);
}

#[test]
fn a_store_that_cannot_be_created_is_told_with_its_place() {
    let project = Project::new();
    project.write("file", "");
    let said = project.larder(["namespace", "create", "n", "--store", "file/store"]).fails(1);
    assert!(said.starts_with("error: cannot create the store file/store"), "{said}");
    assert_eq!(said.matches("os error").count(), 1, "{said}");
}

#[test]
fn a_cause_is_said_once() {
    let project = Project::with_namespace("n");
    std::fs::remove_file(project.path(".larder/lock")).unwrap();
    std::fs::create_dir(project.path(".larder/lock")).unwrap();
    let said = project.larder(["check"]).fails(1);
    assert_eq!(said.matches("os error").count(), 1, "{said}");
}

#[test]
fn a_store_too_damaged_to_open_is_told_entry_by_entry() {
    let project = Project::with_namespace("n");
    for key in ["whole", "broken"] {
        project.larder(["key", "put", key, &key.repeat(1000), "--namespace", "n"]).succeeds();
    }
    let file = project.path(".larder/data.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let value = "broken".repeat(1000);
    let places: Vec<usize> = bytes
        .windows(value.len())
        .enumerate()
        .filter_map(|(at, window)| (window == value.as_bytes()).then_some(at))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        *bytes.get_mut(at).unwrap() ^= 1;
    }
    std::fs::write(&file, bytes).unwrap();
    let said = project.larder(["key", "get", "whole", "--namespace", "n"]).fails(1);
    assert!(said.contains("the store is damaged") && said.contains("`check`"), "{said}");
    let (code, damage, said) = project.larder(["check"]).ended();
    assert_eq!(code, Some(1));
    assert!(damage.contains("\"broken\" in \"n\"") && !damage.contains("whole"), "{damage}");
    assert!(said.contains("read 1 key with 4.9 KiB of values: damaged in "), "{said}");
}
