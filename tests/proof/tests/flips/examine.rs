//! Reading all that a damaged store answers, and judging it.

use crate::small_store::{Contents, End, LAST, Small, open};
use larder_proof::Image;
use larder_store::{BlockingNamespace, Entry, Larder, ListOptions, Result};
use std::collections::BTreeMap;

/// A key that is written to a damaged store.
const NEW: &str = "new";

/// What a damaged store came to.
#[derive(Debug, Default)]
pub struct Findings {
    /// The store was not opened, with an error.
    pub refused: bool,
    /// Operations that answered an error.
    pub errors: usize,
    /// Answers that are not true, with what was asked.
    pub wrong: Vec<String>,
    /// What `check` says is damaged; an error in its place counts as one.
    pub damage: Vec<String>,
}

impl Findings {
    /// 0 when the store was refused, 1 when anything was answered with an error, 2 when all is right.
    pub fn kind(&self) -> usize {
        match self {
            Self { refused: true, .. } => 0,
            Self { errors, damage, .. } if *errors > 0 || !damage.is_empty() => 1,
            _ => 2,
        }
    }

    /// Notes an error, which is always an honest answer, and judges what else was answered.
    fn judge<T>(&mut self, answer: Result<T>, judge: impl FnOnce(T) -> Option<String>) {
        match answer {
            Err(_) => self.errors += 1,
            Ok(answer) => self.wrong.extend(judge(answer)),
        }
    }
}

/// Opens the store in `image`, reads everything, has it checked, and writes to it.
pub fn examine(image: &Image, small: &Small) -> Findings {
    let mut findings = Findings::default();
    let Ok(larder) = open(image) else {
        findings.refused = true;
        return findings;
    };
    // A commit whose pages are damaged before its process was killed cannot be told from one that
    // was cut off: the store is then as it was before.
    let mut contents = small.contents.clone();
    if small.end == End::Killed && last_is_absent(&larder) {
        contents.values_mut().for_each(|entries| drop(entries.remove(LAST)));
    }
    read(&larder, &contents, &mut findings);
    match larder.blocking().check() {
        Ok(report) => findings.damage = report.damage,
        Err(error) => findings.damage = vec![error.to_string()],
    }
    write(&larder, &mut findings);
    read(&larder, &contents, &mut findings);
    findings
}

fn last_is_absent(larder: &Larder) -> bool {
    let namespace = larder.blocking().namespace("b").ok().flatten();
    namespace.is_some_and(|namespace| namespace.blocking().get(LAST) == Ok(None))
}

fn read(larder: &Larder, contents: &Contents, findings: &mut Findings) {
    findings.judge(larder.blocking().namespaces(), |infos| {
        let titles: Vec<&str> = infos.iter().map(|info| &*info.title).collect();
        (titles != ["a", "b"]).then(|| format!("namespaces are {titles:?}"))
    });
    for (title, entries) in contents {
        let by_id = larder.blocking().namespace_by_id(&format!("id-{title}"));
        findings.judge(by_id, |found| found.is_none().then(|| format!("id-{title} is absent")));
        match larder.blocking().namespace(title) {
            Err(_) => findings.errors += 1,
            Ok(None) => findings.wrong.push(format!("there is no namespace {title}")),
            Ok(Some(namespace)) => entries_of(&namespace.blocking(), entries, findings),
        }
    }
    findings.judge(larder.blocking().namespace("gone"), |found| {
        found.is_some().then(|| "a deleted namespace is back".into())
    });
}

fn entries_of(
    namespace: &BlockingNamespace,
    entries: &BTreeMap<String, Entry>,
    findings: &mut Findings,
) {
    for (key, entry) in entries {
        findings.judge(namespace.get_entry(key), |found| match found {
            None => Some(format!("{key} is absent")),
            Some(found) => (found != *entry).then(|| format!("{key} is {found:?}")),
        });
    }
    for absent in ["expired", "key-00x", "zzz"] {
        findings.judge(namespace.get_entry(absent), |found| {
            found.map(|found| format!("{absent} is {found:?}"))
        });
    }
    findings.judge(namespace.list(&ListOptions::default()), |page| {
        let listed = page.keys.into_iter().map(|key| (key.name, key.head));
        let listed = listed.filter(|(key, _)| key != NEW);
        let expected = entries.iter().map(|(key, entry)| (key.clone(), entry.head.clone()));
        (!listed.eq(expected)).then(|| "a listing is another".into())
    });
}

/// Writes to a namespace, and frees what there is to free.
fn write(larder: &Larder, findings: &mut Findings) {
    let Ok(Some(namespace)) = larder.blocking().namespace("a") else { return };
    let namespace = namespace.blocking();
    let written = namespace.put(NEW, "new");
    match (written, namespace.get(NEW)) {
        (Ok(_), Ok(Some(read))) if read == "new" => {}
        (Ok(_), Ok(read)) => findings.wrong.push(format!("what was put is {read:?}")),
        _ => findings.errors += 1,
    }
    if larder.blocking().sweep().is_err() {
        findings.errors += 1;
    }
}
