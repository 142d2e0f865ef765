//! `larder.toml`, and how flags win over it.

use crate::project::Project;

#[test]
fn an_unknown_key_is_an_error_that_suggests_the_near_one() {
    let project = Project::new();
    project.write("larder.toml", "\n[[kv_namespace]]\nbinding = \"A\"\n");
    let said = project.larder(["namespace", "list"]).fails(1);
    assert!(said.starts_with("error: larder.toml:2:3: unknown field `kv_namespace`"), "{said}");
    assert!(said.ends_with("did you mean `kv_namespaces`?\n"), "{said}");
}

#[test]
fn the_config_is_found_upwards_and_its_paths_are_relative_to_it() {
    let project = Project::new();
    project.write("larder.toml", "store = \"data\"\n");
    project.write("a/b/file", "");
    project.larder(["-C", "a/b", "namespace", "create", "n"]).succeeds();
    assert!(project.path("data").is_dir());
    let listed = project.larder(["namespace", "list", "-C", "a"]).succeeds();
    assert!(listed.starts_with("n "), "{listed}");
}

#[test]
fn a_config_may_be_named() {
    let project = Project::new();
    project.write("larder.toml", "nonsense");
    project.write("other/config.toml", "store = \"s\"\n");
    project.larder(["--config", "other/config.toml", "namespace", "create", "n"]).succeeds();
    assert!(project.path("other/s").is_dir());
    let said = project.larder(["--config", "missing.toml", "namespace", "list"]).fails(1);
    assert!(said.contains("cannot read the config missing.toml"), "{said}");
}

#[test]
fn a_flag_wins_over_the_config() {
    let project = Project::new();
    project.write("larder.toml", "store = \"data\"\n");
    project.larder(["namespace", "create", "n", "--store", "elsewhere"]).succeeds();
    assert!(project.path("elsewhere").is_dir());
    assert!(!project.path("data").exists());
}

#[test]
fn a_directory_to_work_in_must_exist() {
    let project = Project::new();
    let said = project.larder(["-C", "missing", "namespace", "list"]).fails(1);
    assert!(said.starts_with("error: cannot work in missing: "), "{said}");
}

#[test]
fn a_clock_that_says_no_time_is_refused() {
    let project = Project::with_namespace("n");
    project.write("clock", "noon");
    let listing = ["key", "list", "--namespace", "n", "--clock"];
    let said = project.larder(listing.into_iter().chain(["clock"])).fails(1);
    assert!(said.contains("does not hold a number of Unix milliseconds"), "{said}");
    let said = project.larder(listing.into_iter().chain(["missing"])).fails(1);
    assert!(said.contains("cannot read the clock missing"), "{said}");
}
