//! A test in a process of its own: what it changes of the process is changed for nobody else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

const APART: &str = "LARDER_FAULTS_APART";

/// Runs the test of that name in a process of its own, which has an empty directory: that of the
/// user given, where there is one.
#[track_caller]
pub fn apart(name: &str, user: Option<u32>, test: impl FnOnce(&Path)) {
    if let Some(directory) = std::env::var_os(APART) {
        return test(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    // The user may not be allowed to where the tests are built.
    let program = directory.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    for path in [directory.path(), &data, &program] {
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture"]).env(APART, data).current_dir("/");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
