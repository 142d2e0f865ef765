//! `larder wit`.

use crate::project::Project;

const CONTRACT: &str = include_str!("../../wit/kv.wit");

#[test]
fn the_contract_is_printed_or_written() {
    let project = Project::new();
    assert_eq!(project.larder(["wit"]).succeeds(), CONTRACT);
    assert_eq!(project.larder(["wit", "-o", "deps/larder-kv"]).succeeds(), "");
    let written = std::fs::read_to_string(project.path("deps/larder-kv/kv.wit")).unwrap();
    assert_eq!(written, CONTRACT);
}
