//! A disk that is full: a small one of memory, mounted for one process where no other sees it.
//! Where the system lets nobody do so, the tests are reported as ignored; with `CI` set they fail.

#![cfg_attr(
    target_os = "linux",
    expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")
)]

#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod scenarios;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use libtest_mimic::{Arguments, Trial};

    if let Some(name) = std::env::var_os(disk::SCENARIO) {
        let scenario = scenarios::ALL.iter().find(|(known, _)| name == *known).unwrap().1;
        scenario(&disk::SmallDisk::here());
        return std::process::ExitCode::SUCCESS;
    }
    let ignored = !disk::can_be_mounted() && std::env::var_os("CI").is_none();
    let trials = scenarios::ALL.iter().map(|(name, _)| {
        let run = || disk::run(name).map_err(Into::into);
        Trial::test(*name, run).with_ignored_flag(ignored)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
