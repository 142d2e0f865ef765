//! One store over many lives of the process that writes to it.

use crate::action::{NAMESPACES, WRITERS};
use crate::inspection::{Expected, Found, inspect_backup};
use crate::life::Heard;
use crate::model::Model;
use crate::plan::{Life, Load};
use crate::report::{Answered, Long, Report};
use larder_store::Durability;
use larder_store::engine::redb::RELAXED_WINDOW_MS;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How much longer than the window the writer of the store may take to begin and end its sync, as
/// the answers after it tell.
const LATE_MS: u64 = 300;

/// What all lives came to.
#[derive(Debug, Default)]
pub struct Figures {
    pub kills: u64,
    /// Before the store was open: within its making, or the recovery from the kill before.
    pub while_opening: u64,
    pub within_compaction: u64,
    pub within_backup: u64,
    /// After a second without a write.
    pub while_pausing: u64,
    pub backups_whole: u64,
    pub answered: u64,
    pub relaxed_kills: u64,
    /// Answered writes that a relaxed store had lost.
    pub relaxed_lost: u64,
    /// How long before the last answer the first of them was answered.
    pub relaxed_lost_ms_max: u64,
    pub versions: u64,
}

/// A store, and what is known of it.
pub struct Round {
    root: PathBuf,
    seed: u64,
    done: [u64; WRITERS + 1],
    models: [Model; WRITERS],
    /// Every version that was told or found.
    versions: HashSet<u64>,
}

impl Round {
    pub fn new(root: &Path, seed: u64) -> Self {
        let (done, models) = Default::default();
        Self { root: root.to_owned(), seed, done, models, versions: HashSet::new() }
    }

    /// Runs the process once more, kills it, and looks at what it leaves: at a copy, so that the
    /// next process is the one that recovers the store.
    pub fn kill(&mut self, number: u64, figures: &mut Figures) {
        let (life, moment) = Life::plan(&self.root, self.seed, number, self.done);
        println!("{number}: {:?} {:?} {moment:?}", life.load, life.durability);
        let heard = life.run_until(moment);
        let answers = heard.answers(heard.reports.len());
        for version in answers.iter().flatten().filter_map(|answer| answer.version) {
            assert!(self.versions.insert(version), "version {version} was used before");
        }
        let expected = Expected {
            seed: self.seed,
            models: &self.models,
            done: self.done,
            answers: &answers,
            least: self.least(&life, &answers),
            least_namespaces: self.done[NAMESPACES] + answers[NAMESPACES].len() as u64,
            wall_ms: heard.wall_ms,
        };
        let copy = self.root.join("copy");
        copy_directory(&life.store, &copy);
        let mut found = expected.inspect(&copy);
        fs::remove_dir_all(&copy).unwrap();
        figures.count(&life, &heard, &answers);
        figures.lose(&answers, &found);
        figures.backups_whole += self.inspect_backups(&life, &heard);
        self.learn(&mut found);
        (self.done, self.models) = (found.done, found.models);
    }

    /// How many versions there have been, none of them twice.
    pub fn versions(&self) -> u64 {
        self.versions.len() as u64
    }

    /// How many actions of each writer must have survived.
    fn least(&self, life: &Life, answers: &[Vec<Answered>; WRITERS + 1]) -> [u64; WRITERS + 1] {
        let last_ms = answers.iter().flatten().map(|answer| answer.monotonic_ms.1).max();
        let durable_ms = last_ms.unwrap_or(0).saturating_sub(RELAXED_WINDOW_MS + LATE_MS);
        std::array::from_fn(|writer| {
            let survives = |answer: &&Answered| {
                life.durability == Durability::Full || answer.monotonic_ms.1 < durable_ms
            };
            self.done[writer] + answers[writer].iter().filter(survives).count() as u64
        })
    }

    /// Every backup that was begun is whole, or no store. One that ended is whole, and has what
    /// was answered before it began.
    fn inspect_backups(&self, life: &Life, heard: &Heard) -> u64 {
        let mut whole = 0;
        for (at, report) in heard.reports.iter().enumerate() {
            let Report::Begun(long @ Long::Backup(number)) = report else { continue };
            let ended = heard.reports.contains(&Report::Ended(*long));
            let before = heard.answers(at);
            let answers = heard.answers(heard.reports.len());
            let expected = Expected {
                seed: self.seed,
                models: &self.models,
                done: self.done,
                answers: &answers,
                least: std::array::from_fn(|writer| {
                    self.done[writer] + before[writer].len() as u64
                }),
                least_namespaces: self.done[NAMESPACES] + before[NAMESPACES].len() as u64,
                wall_ms: heard.wall_ms,
            };
            let directory = life.backup(*number);
            whole += u64::from(inspect_backup(&directory, ended, &expected));
            fs::remove_dir_all(&directory).unwrap();
        }
        whole
    }

    /// Takes what was found for what is known. A version that nobody was told is a new one too.
    fn learn(&mut self, found: &mut Found) {
        for (model, keys) in found.models.iter_mut().zip(&found.keys) {
            let untold: HashSet<u64> = model.learn(keys).into_iter().collect();
            for version in untold {
                assert!(self.versions.insert(version), "version {version} was used before");
            }
        }
    }
}

impl Figures {
    fn count(&mut self, life: &Life, heard: &Heard, answers: &[Vec<Answered>; WRITERS + 1]) {
        self.kills += 1;
        self.while_opening += u64::from(!heard.opened());
        let compaction = heard.was_within(|long| *long == Long::Compaction);
        self.within_compaction += u64::from(compaction);
        let backup = heard.was_within(|long| matches!(long, Long::Backup(_)));
        self.within_backup += u64::from(backup);
        self.while_pausing += u64::from(life.load == Load::Pausing && heard.opened());
        self.relaxed_kills += u64::from(life.durability == Durability::Relaxed);
        self.answered += answers.iter().flatten().count() as u64;
    }

    /// Counts what was lost, the last ones first: nothing has survived that was begun after the
    /// first of them was answered.
    fn lose(&mut self, answers: &[Vec<Answered>; WRITERS + 1], found: &Found) {
        let values = answers.iter().flatten().filter(|answer| answer.writer != NAMESPACES);
        let lost: Vec<_> =
            values.clone().filter(|answer| answer.n > found.done[answer.writer]).collect();
        let Some(first) = lost.iter().map(|answer| answer.monotonic_ms.1).min() else { return };
        let found: HashSet<u64> = found
            .keys
            .iter()
            .flat_map(BTreeMap::values)
            .map(|entry| entry.head.version.as_u64())
            .collect();
        let mut survived =
            values.filter(|answer| answer.version.is_some_and(|version| found.contains(&version)));
        let later = survived.find(|answer| answer.monotonic_ms.0 > first);
        assert_eq!(later, None, "one that was answered before it began is lost");
        let last = answers.iter().flatten().map(|answer| answer.monotonic_ms.1).max();
        self.relaxed_lost += lost.len() as u64;
        self.relaxed_lost_ms_max = self.relaxed_lost_ms_max.max(last.unwrap_or(first) - first);
    }
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    // There is none before the process has come to make it.
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
