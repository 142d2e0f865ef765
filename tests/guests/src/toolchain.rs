//! What the tests of a language need on the machine, for harnesses of libtest-mimic.
//!
//! Where it is missing the tests are ignored, and on a machine that tests for all (`CI` is set)
//! they fail: a test that could not run never counts as passed.

use crate::block_on;
use anyhow::{Context as _, Result, ensure};
use libtest_mimic::{Failed, Trial};
use std::env;
use std::process::Command;

/// The Python that is run by itself.
pub(crate) const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// The toolchain of a language, or why there is none.
pub struct Toolchain {
    missing: Option<String>,
}

/// For guests in Rust: whoever runs these tests has it, and rustup adds the target.
pub fn rust() -> Toolchain {
    Toolchain { missing: None }
}

/// For guests in JavaScript and TypeScript.
pub fn javascript() -> Toolchain {
    Toolchain::check("JavaScript", larder_build::javascript::available())
}

/// For guests in Python.
pub fn python() -> Toolchain {
    Toolchain::check("Python", larder_build::python::available())
}

/// For the code of guests in Python outside of a component, as in their tests.
pub fn python_off_wasm() -> Toolchain {
    Toolchain::check("Python off wasm", async {
        let newer = "import sys; sys.exit(sys.version_info < (3, 11))";
        let run = Command::new(PYTHON).args(["-c", newer]).output();
        let newer = run.with_context(|| format!("{PYTHON} cannot be run"))?.status.success();
        ensure!(newer, "{PYTHON} is older than 3.11, which the package larder_guest needs");
        Ok(())
    })
}

/// For guests in C.
pub fn c() -> Toolchain {
    Toolchain::check("C", larder_build::c::available())
}

impl Toolchain {
    #[expect(clippy::print_stderr, reason = "a harness has no other way to say why it ignores")]
    fn check(language: &str, available: impl Future<Output = Result<()>>) -> Self {
        let missing = block_on(available).err().map(|error| format!("{error:#}"));
        if let Some(missing) = &missing {
            eprintln!("the tests of {language} cannot run: {missing}");
        }
        Self { missing }
    }

    /// Whether it is there.
    pub fn is_here(&self) -> bool {
        self.missing.is_none()
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
fn run(missing: Option<String>, test: impl FnOnce()) -> std::result::Result<(), Failed> {
    match missing {
        None => test(),
        Some(missing) => return Err(missing.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_runs_where_its_toolchain_is() {
        let there = Toolchain::check("none", async { Ok(()) });
        assert!(!there.ignores(false) && !there.ignores(true));
        assert!(run(there.missing, || {}).is_ok());
    }

    #[test]
    fn a_test_whose_toolchain_is_missing_is_ignored_and_in_ci_fails() {
        let missing = Toolchain::check("none", async { anyhow::bail!("install it") });
        assert!(missing.ignores(false) && !missing.ignores(true));
        let failed = run(missing.missing, || panic!("it was run")).unwrap_err();
        assert_eq!(failed.message(), Some("install it"));
    }
}
