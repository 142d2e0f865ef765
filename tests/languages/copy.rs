//! Projects of the repository, copied, so that what a test installs, builds and changes is its own.

use crate::project::Project;
use std::fs;
use std::path::Path;

/// Directories of a project that were made from the others.
const MADE: [&str; 4] = [".larder", "dist", "node_modules", "target"];

/// A copy of a directory of the repository.
pub fn copy_of(directory: &str) -> Project {
    let project = Project::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    copy(&root.join(directory), &project.path(""));
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(name));
        match from.is_dir() {
            true => copy(&from, &to),
            false => {
                fs::copy(from, to).unwrap();
            }
        }
    }
}
