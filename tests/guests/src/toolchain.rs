//! What the tests of a language need on the machine, for harnesses of libtest-mimic.
//!
//! Where it is missing the tests are ignored, and on a machine that tests for all (`CI` is set)
//! they fail: a test that could not run never counts as passed.

use libtest_mimic::{Failed, Trial};
use std::env;
use std::process::Command;

/// The toolchain of a language, or why there is none.
pub struct Toolchain {
    missing: Option<String>,
}

/// For guests in Rust: whoever runs these tests has it, and rustup adds the target.
pub fn rust() -> Toolchain {
    Toolchain { missing: None }
}

/// For guests in JavaScript and TypeScript: Node with npm, which installs the rest.
pub fn javascript() -> Toolchain {
    Toolchain::check("JavaScript", "install Node 22 or newer with npm", || {
        runs("node", &["--version"])?;
        runs("npm", &["--version"])
    })
}

/// For guests in Python: Python with `venv`, which installs the rest.
pub fn python() -> Toolchain {
    Toolchain::check("Python", PYTHON_REMEDY, python_with_venv)
}

/// For guests in C: zig, or Python, which installs it.
pub fn c() -> Toolchain {
    Toolchain::check("C", PYTHON_REMEDY, || {
        runs("zig", &["version"]).or_else(|_| python_with_venv())
    })
}

const PYTHON_REMEDY: &str = "install Python 3.10 or newer with venv (Debian: python3-venv)";

fn python_with_venv() -> Result<(), String> {
    let check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    runs("python3", &["-c", check])
}

fn runs(program: &str, arguments: &[&str]) -> Result<(), String> {
    let command = format!("{program} {}", arguments.join(" "));
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("`{command}` fails ({})", output.status)),
        Err(error) => Err(format!("`{command}` cannot be run: {error}")),
    }
}

impl Toolchain {
    #[expect(clippy::print_stderr, reason = "a harness has no other way to say why it ignores")]
    fn check(language: &str, remedy: &str, check: impl FnOnce() -> Result<(), String>) -> Self {
        let missing = check().err().map(|reason| format!("{reason}; {remedy}"));
        if let Some(missing) = &missing {
            eprintln!("the tests of {language} cannot run: {missing}");
        }
        Self { missing }
    }

    /// A test that needs this toolchain.
    pub fn trial(&self, name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
        let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        let missing = self.missing.clone();
        Trial::test(name, move || run(missing, test)).with_ignored_flag(self.ignores(ci))
    }

    fn ignores(&self, ci: bool) -> bool {
        self.missing.is_some() && !ci
    }
}

/// A test that runs although something is missing, as in CI or by `--ignored`, fails.
fn run(missing: Option<String>, test: impl FnOnce()) -> Result<(), Failed> {
    match missing {
        None => test(),
        Some(missing) => return Err(missing.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(argument: &str) -> Toolchain {
        Toolchain::check("none", "install it", || runs("rustc", &[argument]))
    }

    #[test]
    fn a_test_runs_where_its_toolchain_is() {
        let there = toolchain("--version");
        assert!(!there.ignores(false) && !there.ignores(true));
        assert!(run(there.missing, || {}).is_ok());
    }

    #[test]
    fn a_test_whose_toolchain_is_missing_is_ignored_and_in_ci_fails() {
        let missing = toolchain("--no-such-flag");
        assert!(missing.ignores(false) && !missing.ignores(true));
        let failed = run(missing.missing, || {}).unwrap_err();
        let text = failed.message().unwrap();
        assert!(text.starts_with("`rustc --no-such-flag` fails"), "{text}");
        assert!(text.ends_with("; install it"), "{text}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = runs("larder-no-such-program", &["--version"]).unwrap_err();
        assert!(error.starts_with("`larder-no-such-program --version` cannot be run: "), "{error}");
    }
}
