//! Does what its arguments say.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.first().map_or("", String::as_str) {
        "exit" => wasip2::cli::exit::exit_with_code(args[1].parse().expect("a number")),
        "fail" => return ExitCode::FAILURE,
        "panic" => panic!("the guest's own words"),
        "environment" => std::env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "input" => println!("read {:?}", io::read_to_string(io::stdin()).expect("text")),
        "wait" => {
            println!("waiting");
            std::thread::sleep(std::time::Duration::MAX);
        }
        "compute" => loop {
            std::hint::black_box(());
        },
        "allocate" => {
            let block = std::hint::black_box(vec![1_u8; 1 << 30]);
            println!("{}", block.len());
        }
        _ => println!("{args:?}"),
    }
    ExitCode::SUCCESS
}
