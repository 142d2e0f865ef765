//! What was found, as a page of tables and as plots.

use crate::measure::Measured;
use anyhow::Result;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

mod plot;

/// A table of the report.
pub struct Section {
    title: String,
    /// What is to be known to read it: what was run, how large, and how.
    about: String,
    rows: Vec<Row>,
    lines: Vec<Lines>,
}

/// One comparison.
pub struct Row {
    what: String,
    ours: String,
    against: String,
    theirs: String,
    ratio: f64,
    goal: Option<f64>,
}

/// Lines over a growing number, for a plot of their own.
pub struct Lines {
    pub name: String,
    pub x: String,
    pub y: String,
    /// Each line with its name.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Section {
    pub fn new(title: &str, about: &str) -> Self {
        let (title, about) = (title.to_owned(), about.to_owned());
        Self { title, about, rows: Vec::new(), lines: Vec::new() }
    }

    /// How our time compares with theirs; with a goal, by how much it may be more.
    pub fn time(&mut self, what: &str, ours: &Measured, theirs: &Measured, goal: Option<f64>) {
        let ratio = ours.against(theirs);
        self.row(what, time(ours.seconds), &theirs.name, time(theirs.seconds), ratio, goal);
    }

    /// How our time compares with the sum of several.
    pub fn time_of_all(
        &mut self,
        what: &str,
        ours: &Measured,
        all: &[&Measured],
        goal: Option<f64>,
    ) {
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        let sum = all.iter().map(|one| one.seconds).sum();
        let ratio = ours.against_sum(all);
        self.row(what, time(ours.seconds), &names.join(" + "), time(sum), ratio, goal);
    }

    /// Anything else that is compared, already in words; the ratio is ours through theirs.
    pub fn row(
        &mut self,
        what: &str,
        ours: String,
        against: &str,
        theirs: String,
        ratio: f64,
        goal: Option<f64>,
    ) {
        let (what, against) = (what.to_owned(), against.to_owned());
        eprintln!("{what}: {ours} / {against} {theirs} = {ratio:.3} (goal {goal:?})");
        self.rows.push(Row { what, ours, against, theirs, ratio, goal });
    }

    /// A figure with an absolute goal in the same unit.
    pub fn figure(&mut self, what: &str, ours: f64, unit: &str, goal: Option<f64>) {
        let ratio = goal.map_or(f64::NAN, |goal| ours / goal);
        let against = goal.map_or(String::new(), |goal| format!("{goal} {unit}"));
        let against_what = if goal.is_some() { "the goal" } else { "" };
        let goal = goal.map(|_| 1.0);
        self.row(what, format!("{ours:.1} {unit}"), against_what, against, ratio, goal);
    }

    pub fn plot(&mut self, lines: Lines) {
        self.lines.push(lines);
    }

    fn missed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.goal.is_some_and(|goal| row.ratio > goal))
    }

    fn write(&self, page: &mut String) -> Result<()> {
        writeln!(page, "\n## {}\n\n{}\n", self.title, self.about.trim())?;
        writeln!(page, "| what | Larder | beside | takes | ratio | at most | |")?;
        writeln!(page, "|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let ratio = if row.ratio.is_nan() { String::new() } else { short(row.ratio) };
            let goal = row.goal.map_or(String::new(), short);
            let met = match row.goal {
                None => "",
                Some(goal) if row.ratio <= goal => "met",
                Some(_) => "**missed**",
            };
            let Row { what, ours, against, theirs, .. } = row;
            writeln!(
                page,
                "| {what} | {ours} | {against} | {theirs} | {ratio} | {goal} | {met} |"
            )?;
        }
        Ok(())
    }
}

/// Why goals are missed, as far as that is known. Written by people.
const MISSED: &str = include_str!("../missed.md");

/// Writes the page and the plots into the folder, and tells how many goals were missed.
pub fn write(sections: &[Section], about: &str, folder: &Path) -> Result<usize> {
    fs::create_dir_all(folder)?;
    let mut page = format!("# Larder beside its peers\n\n{}\n", about.trim());
    for (number, section) in sections.iter().enumerate() {
        section.write(&mut page)?;
        for name in plot::draw(section, number + 1, folder)? {
            writeln!(page, "\n![{}]({name})", section.title)?;
        }
    }
    writeln!(page, "\n{}", MISSED.trim())?;
    fs::write(folder.join("README.md"), page)?;
    Ok(sections.iter().map(|section| section.missed().count()).sum())
}

/// A time in the unit in which it reads best.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{} µs", short(s * 1e6)),
        s if s < 1.0 => format!("{} ms", short(s * 1e3)),
        s => format!("{} s", short(s)),
    }
}

/// A number with about three digits that mean something.
fn short(number: f64) -> String {
    match number.abs() {
        n if n < 0.01 => format!("{number:.4}"),
        n if n < 10.0 => format!("{number:.2}"),
        n if n < 100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}
