//! That the tests run the seeds' own words.

use super::directory;
use std::fs;
use std::path::Path;

/// The project that runs a seed's blocks, the seed, and the number of its blocks.
const SEEDS: [(&str, &str, usize); 4] = [
    ("openworkers", include_str!("../../cases/seeds/0_openworkers_kv.txt"), 10),
    ("notes", include_str!("../../cases/seeds/1_workers_kv_notes.txt"), 12),
    ("workerd", include_str!("../../cases/seeds/2_workerd_kv.txt"), 27),
    ("skill", include_str!("../../cases/seeds/3_kv_skill.txt"), 17),
];

/// What only code has. Where a seed has it outside the blocks, a block was forgotten.
const MARKS: [&str; 7] =
    ["await ", "export default", "async ", "import {", "const ", "=> {", "env."];

/// The table of the blocks.
const TABLE: &str = include_str!("../../guests/seeds/README.md");

pub fn every_block_is_there_word_for_word() {
    for (project, seed, count) in SEEDS {
        let blocks = blocks(&directory(project).join("src"));
        assert_eq!(blocks.len(), count, "{project}: {:?}", blocks.iter().map(|(name, _)| name));
        for (name, _) in &blocks {
            assert!(TABLE.contains(&format!("\n| {name} | `{project}/")), "no row for {name}");
        }
        let mut rest = words(seed);
        // The longest first, lest a short one be taken out of the midst of a long one.
        let mut longest_first = blocks;
        longest_first.sort_by_key(|(_, code)| std::cmp::Reverse(code.len()));
        for (name, code) in &longest_first {
            assert!(rest.contains(code.as_str()), "{project}: {name} is not in the seed:\n{code}");
            rest = rest.replacen(code.as_str(), " ", 1);
        }
        for mark in MARKS {
            let forgotten = rest.split_once(mark).map(|(_, code)| code);
            assert!(forgotten.is_none(), "{project} does not run: {mark}{forgotten:?}");
        }
    }
}

/// The regions of every file: name and code.
fn blocks(directory: &Path) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for file in fs::read_dir(directory).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        for region in source.split("//#region ").skip(1) {
            let (name, rest) = region.split_once('\n').unwrap();
            let (code, _) = rest.split_once("//#endregion").unwrap();
            blocks.push((name.to_owned(), words(code)));
        }
    }
    blocks.sort();
    blocks
}

/// A text without its layout: of seed 3 there is a copy on one line alone.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
