//! What componentize-py says when a program cannot be imported, as its author has to read it.

use std::path::Path;

const TRACEBACK: &str = "Traceback (most recent call last):";

/// The traceback alone, with the places as they are on this machine: componentize-py wraps it into
/// those of its own, and names every directory by its number.
pub fn text(said: &str, packages: Option<&Path>) -> String {
    let Some((_, traceback)) = said.rsplit_once(&format!("AssertionError: {TRACEBACK}")) else {
        return said.to_owned();
    };
    let traceback = traceback.split_once("\n\n").map_or(traceback, |(before, _)| before);
    let mut text = TRACEBACK.to_owned();
    let mut lines = traceback.trim_start_matches('\n').lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("File \"/0/") {
            // Our own module, whose lines nobody has written; what it says of them follows.
            while lines.next_if(|line| line.starts_with("    ")).is_some() {}
            continue;
        }
        text.push('\n');
        text.push_str(&line.replace("\"/3/", "\".venv/"));
    }
    if let Some(hint) = hint(text.lines().next_back().unwrap_or_default(), packages) {
        text.push('\n');
        text.push_str(&hint);
    }
    text
}

/// What to do about a module that is not there.
fn hint(error: &str, packages: Option<&Path>) -> Option<String> {
    let (_, module) = error.split_once("No module named '")?;
    let module = module.split('\'').next()?;
    if packages.is_some_and(|packages| is_native(&packages.join(module.replace('.', "/")))) {
        return Some(format!(
            "{module} is installed, but compiled for this machine: only packages of pure Python \
             can be part of a component"
        ));
    }
    Some(format!(
        "{module} is to be a module of the project, or one of the packages in its .venv, which is \
         made of requirements.txt when there is none"
    ))
}

/// Whether the module is there as a library of this machine, such as `name.cpython-311.so`.
fn is_native(module: &Path) -> bool {
    let (Some(directory), Some(name)) = (module.parent(), module.file_name()) else {
        return false;
    };
    let Ok(files) = directory.read_dir() else { return false };
    let begins = format!("{}.", name.to_string_lossy());
    files.flatten().any(|file| {
        let file = file.file_name();
        let file = file.to_string_lossy();
        file.starts_with(&begins) && (file.ends_with(".so") || file.ends_with(".pyd"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
Traceback (most recent call last):
  File \"/tools/bin/componentize-py\", line 8, in <module>
    sys.exit(script())
AssertionError: Traceback (most recent call last):
  File \"/0/_larder_component.py\", line 4, in <module>
    from app import app as _callable
  File \"app.py\", line 3, in <module>
    import speedy
  File \"/3/speedy/__init__.py\", line 1, in <module>
ModuleNotFoundError: No module named 'speedy._speedups'


Caused by:
    ModuleNotFoundError: No module named 'speedy._speedups'
";

    #[test]
    fn the_program_s_own_lines_are_left() {
        let text = text(SAID, None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            &lines[..5],
            [
                TRACEBACK,
                "  File \"app.py\", line 3, in <module>",
                "    import speedy",
                "  File \".venv/speedy/__init__.py\", line 1, in <module>",
                "ModuleNotFoundError: No module named 'speedy._speedups'",
            ]
        );
        assert!(lines[5].contains("requirements.txt"), "{text}");
    }

    #[test]
    fn a_module_that_is_compiled_for_this_machine_is_told_from_one_that_is_missing() {
        let packages = tempfile::tempdir().unwrap();
        std::fs::create_dir(packages.path().join("speedy")).unwrap();
        let library = "speedy/_speedups.cpython-311-x86_64-linux-gnu.so";
        std::fs::write(packages.path().join(library), "").unwrap();
        let text = text(SAID, Some(packages.path()));
        assert!(
            text.ends_with("only packages of pure Python can be part of a component"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_traceback_is_left_alone() {
        assert_eq!(text("world `x` not found", None), "world `x` not found");
    }
}
