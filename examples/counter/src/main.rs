//! Counters on the command line: `counter [NAME] [DELTA]` adds and prints, `counter --list` lists.

use larder_guest::{Error, List, Namespace};
use std::process::ExitCode;

const USAGE: &str = "\
usage: counter [NAME] [DELTA]   add DELTA (default 1) to NAME (default `visits`) and print the sum
       counter --list           print all counters";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["--list"] => list(),
        [option, ..] if option.starts_with('-') => return usage(),
        [] => add("visits", 1),
        [name] => add(name, 1),
        [name, delta] => match delta.parse() {
            Ok(delta) => add(name, delta),
            Err(_) => return usage(),
        },
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn add(name: &str, delta: i64) -> Result<(), Error> {
    let counter = Namespace::open("COUNTERS")?.increment(name, delta, None)?;
    println!("{}", counter.value);
    Ok(())
}

fn list() -> Result<(), Error> {
    for entry in Namespace::open("COUNTERS")?.entries(List::new()) {
        let (name, entry) = entry?;
        println!("{name} {}", String::from_utf8_lossy(&entry.value));
    }
    Ok(())
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::FAILURE
}
