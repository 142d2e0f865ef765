//! The tours of the READMEs that need no more than Rust.

use crate::project::Project;
use crate::server::Server;
use crate::tour;
use larder_test_guests::component;

#[track_caller]
fn assert_runs(readme: &str) {
    let project = Project::new();
    let guest = component("examples/sessions");
    let mut command = project.command(["serve"]);
    command.arg(guest).args(["--kv", "SESSIONS", "--kv", "FLAGS", "--kv", "LIMITS"]);
    command.args(["--addr", "127.0.0.1:0", "--var", "SESSION_TTL=1800", "--var", "RATE_LIMIT=5"]);
    tour::assert_runs(readme, &Server::spawn(command));
}

#[test]
fn the_tour_of_the_readme_runs_as_written() {
    assert_runs(include_str!("../../README.md"));
}

#[test]
fn the_tour_of_the_sessions_example_runs_as_written() {
    assert_runs(include_str!("../../examples/sessions/README.md"));
}
