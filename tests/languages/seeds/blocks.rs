//! Where every block of code of the seeds is: in a project that is served, between
//! `//#region SEED.NUMBER title` and `//#endregion`, in TOML without the slashes; or elsewhere, for
//! a reason.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const PROJECTS: &str = "tests/guests/seeds";
const SEEDS: [&str; 4] =
    ["0_openworkers_kv.txt", "1_workers_kv_notes.txt", "2_workerd_kv.txt", "3_kv_skill.txt"];
/// The block that is a file of its own, an example's.
const WHOLE: (Id, &str) = ((3, 8), "examples/workers-hono/src/index.ts");
/// What code has and the prose of the seeds has not.
const SIGNS: [&str; 8] = ["await ", "env.", "const ", "wrangler kv", "[[", "=>", "{", ";\n"];

type Id = (usize, usize);

/// A block that is no code of a guest's: how it begins and ends in its seed, and why it is not here.
struct Elsewhere {
    seed: usize,
    begins: &'static str,
    ends: &'static str,
    #[expect(dead_code, reason = "it is for the reader")]
    reason: &'static str,
}

const KV: &str = "commands of wrangler's, which tests/cli/kv.rs runs";

const ELSEWHERE: [Elsewhere; 4] = [
    Elsewhere {
        seed: 1,
        begins: "wrangler kv namespace create SESSIONS",
        ends: "wrangler kv namespace list",
        reason: KV,
    },
    Elsewhere {
        seed: 2,
        begins: "class KvNamespace: public jsg::Object {",
        ends: "jsg::Optional<PutOptions> options); };",
        reason: "C++ of workerd's own: the interface that guest/js/src/kv-namespace.js has",
    },
    Elsewhere {
        seed: 3,
        begins: "# Create namespace wrangler kv namespace create MY_KV",
        ends: "(use IDs from commands above)",
        reason: KV,
    },
    Elsewhere {
        seed: 3,
        begins: "wrangler types ```",
        ends: "```",
        reason: "a command of wrangler's, which tests/cli/wrangler.rs runs",
    },
];

/// Every block of every seed is in exactly one place, word for word; and nothing else of a seed
/// looks like code.
pub fn no_block_is_lost() {
    let blocks = blocks();
    for (seed, file) in SEEDS.iter().enumerate() {
        let text =
            fs::read_to_string(Path::new(ROOT).join("tests/cases/seeds").join(file)).unwrap();
        let mut found = elsewhere(seed, &text);
        let mut from = 0;
        for ((_, number), block) in blocks.range((seed, 0)..(seed + 1, 0)) {
            let place = find(&text, block, from);
            let place =
                place.unwrap_or_else(|| panic!("{seed}.{number} is not in {file}:\n{block}"));
            from = place.end;
            found.push(place);
        }
        found.sort_by_key(|place| place.start);
        for pair in found.windows(2) {
            assert!(pair[0].end <= pair[1].start, "{file} has {pair:?} twice");
        }
        assert_prose(file, &text, &found);
    }
}

/// The blocks of the projects, by number; each stands in one place.
fn blocks() -> BTreeMap<Id, String> {
    let root = Path::new(ROOT);
    let whole = fs::read_to_string(root.join(WHOLE.1)).unwrap();
    let mut blocks = BTreeMap::from([(WHOLE.0, whole)]);
    for source in sources(&root.join(PROJECTS)) {
        for (id, block) in regions(&fs::read_to_string(&source).unwrap()) {
            let before = blocks.insert(id, block);
            assert!(before.is_none(), "{}: {id:?} stands elsewhere too", source.display());
        }
    }
    for seed in 0..SEEDS.len() {
        let numbers = blocks.range((seed, 0)..(seed + 1, 0)).map(|((_, number), _)| *number);
        let numbers: Vec<_> = numbers.collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "the numbers of seed {seed}");
    }
    blocks
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("js" | "ts" | "jsonc" | "toml") => found.push(path),
            _ if path.is_dir() && !path.ends_with("node_modules") => found.extend(sources(&path)),
            _ => {}
        }
    }
    found
}

fn regions(source: &str) -> Vec<(Id, String)> {
    let mut regions: Vec<(Id, String)> = Vec::new();
    let mut open = false;
    for line in source.lines() {
        // A comment in TOML begins with what a region begins with.
        let marker = line.trim().trim_start_matches('/');
        if let Some(title) = marker.strip_prefix("#region ") {
            assert!(!open, "regions do not nest: {title}");
            let (seed, number) = title.split(' ').next().unwrap().split_once('.').unwrap();
            regions.push(((seed.parse().unwrap(), number.parse().unwrap()), String::new()));
            open = true;
        } else if marker == "#endregion" {
            open = false;
        } else if open {
            let (_, block) = regions.last_mut().unwrap();
            block.extend([line, "\n"]);
        }
    }
    assert!(!open, "a region does not end");
    regions
}

/// Where the blocks of a seed are that are not here.
fn elsewhere(seed: usize, text: &str) -> Vec<Range<usize>> {
    let blocks = ELSEWHERE.iter().filter(|block| block.seed == seed);
    let places = blocks.map(|block| {
        let start = find(text, block.begins, 0).unwrap_or_else(|| panic!("{}", block.begins)).start;
        start..find(text, block.ends, start).unwrap_or_else(|| panic!("{}", block.ends)).end
    });
    places.collect()
}

/// Where words stand in a text, from a place on, whatever white space is between them: one of the
/// seeds has lost its line ends.
fn find(text: &str, block: &str, from: usize) -> Option<Range<usize>> {
    let words: Vec<_> = block.split_whitespace().collect();
    let first = words.first()?;
    let starts = text[from..].match_indices(first).map(|(start, _)| from + start);
    starts.into_iter().find_map(|start| Some(start..follow(text, start, &words)?))
}

/// Where the words end that begin there.
fn follow(text: &str, start: usize, words: &[&str]) -> Option<usize> {
    let mut end = start;
    for (number, word) in words.iter().enumerate() {
        let rest = text[end..].trim_start();
        let begins = text.len() - rest.len();
        if !rest.starts_with(word) || (number > 0 && begins == end) {
            return None;
        }
        end = begins + word.len();
    }
    Some(end)
}

/// What is left of a seed without its blocks.
fn assert_prose(file: &str, text: &str, blocks: &[Range<usize>]) {
    let starts = std::iter::once(0).chain(blocks.iter().map(|block| block.end));
    let ends = blocks.iter().map(|block| block.start).chain([text.len()]);
    for (start, end) in starts.zip(ends) {
        let prose = &text[start..end];
        let sign = SIGNS.iter().find(|sign| prose.contains(**sign));
        assert!(sign.is_none(), "{file}: {sign:?} is of code, and no block has it: {prose}");
        for fence in
            prose.split("```").skip(1).filter(|fence| fence.starts_with(char::is_alphabetic))
        {
            assert_eq!(fence.split_whitespace().count(), 1, "{file}: no block has it: {fence}");
        }
    }
}
