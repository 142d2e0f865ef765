//! Reading everything and saying what is not as it was written.

use super::format::{
    CHUNK, COUNTER_BITS, EPOCH, IDS, IDX, META, NAMESPACES, NEXT_BLOB, NEXT_NAMESPACE, PENDING,
    Place, RETIRED, TITLES, TRASH, TTL, VAL, decode_namespace, decode_record, split_ttl_key,
    ttl_key, unseal,
};
use super::guard::{Failed, Result, guarded};
use super::patience::Patience;
use super::snapshot::Snapshot;
use crate::engine::{CheckReport, NamespaceNumber, NamespaceRecord, Row};
use crate::limits::{KEY_BYTES_MAX, PIECE_BYTES, SCOPE_BYTES_MAX};
use crate::quota::bytes_of;
use crate::{Error, Head};
use ::redb::ReadableTable;
use std::collections::{BTreeMap, BTreeSet};

/// At most so many lines of damage: a file that is broken as a whole needs no million of them.
const DAMAGE_LINES_MAX: usize = 1000;

/// Checks one committed state of the store.
pub(super) fn check(snapshot: &Snapshot) -> CheckReport {
    let mut check = Check::new(snapshot);
    check.step("the namespaces", Check::namespaces);
    check.step("the entries", Check::entries);
    check.step("the values", Check::values);
    check.step("the expirations", Check::expirations);
    check.step("the pieces", Check::pieces);
    check.step("the counters", Check::counters);
    check.step("the counts", Check::counts);
    check.report
}

struct Check<'s> {
    snapshot: &'s Snapshot,
    report: CheckReport,
    namespaces: BTreeMap<NamespaceNumber, (NamespaceRecord, bool)>,
    /// Keys and bytes as they are found, by namespace.
    found: BTreeMap<NamespaceNumber, (u64, u64)>,
    /// Pieces that each blob of a row must have.
    blobs: BTreeMap<u64, u32>,
    values: u64,
    expirations: u64,
    /// The last epoch that a version is of.
    last_epoch: u64,
}

impl<'s> Check<'s> {
    fn new(snapshot: &'s Snapshot) -> Self {
        Self {
            snapshot,
            report: CheckReport::default(),
            namespaces: BTreeMap::new(),
            found: BTreeMap::new(),
            blobs: BTreeMap::new(),
            values: 0,
            expirations: 0,
            last_epoch: 0,
        }
    }

    /// One part of the check. Where pages cannot be read, that is damage like any other, and the
    /// other parts are checked all the same.
    fn step(&mut self, what: &str, step: fn(&mut Self) -> Result<()>) {
        if let Err(failed) = guarded(|| step(self)) {
            self.damage(format!("{what} cannot be read: {}", Error::from(failed)));
        }
    }

    fn damage(&mut self, line: impl Into<String>) {
        if self.report.damage.len() < DAMAGE_LINES_MAX {
            self.report.damage.push(line.into());
        }
    }

    fn namespaces(&mut self) -> Result<()> {
        let reading = self.snapshot.transaction();
        let (titles, ids) = (reading.open_table(TITLES)?, reading.open_table(IDS)?);
        let retired = reading.open_table(RETIRED)?;
        for entry in reading.open_table(NAMESPACES)?.iter()? {
            let (number, record) = entry?;
            let number = number.value();
            let (record, being_deleted) = match decode_namespace(number, record.value()) {
                Ok(decoded) => decoded,
                Err(error) => {
                    self.damage(format!("namespace number {number}: {error}"));
                    continue;
                }
            };
            let title = titles.get(&*record.title)?.is_some_and(|found| found.value() == number);
            let id = ids.get(&*record.id)?.is_some_and(|found| found.value() == number);
            let is_found = title && id;
            if !being_deleted && !is_found {
                self.damage(format!("namespace {:?} is not found by title and id", record.title));
            }
            if being_deleted && retired.get(number)?.is_none() {
                self.damage(format!("namespace {:?} is deleted but not freed", record.title));
            }
            self.namespaces.insert(number, (record, being_deleted));
        }
        let live = self.namespaces.values().filter(|(_, being_deleted)| !being_deleted).count();
        if titles.iter()?.count() != live || ids.iter()?.count() != live {
            self.damage("there are titles or ids of namespaces that are not");
        }
        Ok(())
    }

    fn entries(&mut self) -> Result<()> {
        let reading = self.snapshot.transaction();
        let (idx, ttl) = (reading.open_table(IDX)?, reading.open_table(TTL)?);
        for entry in idx.iter()? {
            let (row, record) = entry?;
            let row = Row::from(row.value().to_vec());
            // Pages above the entries can lead a listing to it, and a get elsewhere.
            if idx.get(row.as_bytes())?.is_none() {
                self.damage(format!("{}: it is listed and not found", self.name(&row)));
            }
            if let Err(failed) = self.entry(&row, record.value(), &ttl) {
                self.damage(format!("{}: {}", self.name(&row), Error::from(failed)));
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        row: &Row,
        record: &[u8],
        ttl: &impl ReadableTable<&'static [u8], ()>,
    ) -> Result<()> {
        let found = self.found.entry(row.namespace()).or_default();
        found.0 += 1;
        let (head, place) = decode_record(row.as_bytes(), record)?;
        found.1 += bytes_of(row, &head);
        self.last_epoch = self.last_epoch.max(head.version.as_u64() >> COUNTER_BITS);
        if !self.namespaces.contains_key(&row.namespace()) {
            self.damage(format!("{row:?}: there is no such namespace"));
        }
        let key = row.key_bytes();
        if std::str::from_utf8(key).is_err() || key.len() > KEY_BYTES_MAX + SCOPE_BYTES_MAX {
            self.damage(format!("{}: it is no key", self.name(row)));
        }
        if let Some(expiration) = head.expiration {
            self.expirations += 1;
            if ttl.get(ttl_key(expiration, row.as_bytes()).as_slice())?.is_none() {
                self.damage(format!("{}: its expiration is not indexed", self.name(row)));
            }
        }
        self.value_of(row, &head, place)?;
        self.report.keys += 1;
        self.report.bytes += head.size;
        Ok(())
    }

    fn value_of(&mut self, row: &Row, head: &Head, place: Place<'_>) -> Result<()> {
        match place {
            Place::Inline(_) => {}
            Place::Val => self.values += 1,
            Place::Chunks(blob) => {
                let pieces = head.size.div_ceil(PIECE_BYTES as u64) as u32;
                if self.blobs.insert(blob, pieces).is_some() {
                    self.damage(format!("{}: its value is another's too", self.name(row)));
                }
            }
        }
        self.snapshot.value(row, head, place, &Patience::endless()).map(drop)
    }

    fn values(&mut self) -> Result<()> {
        let reading = self.snapshot.transaction();
        let idx = reading.open_table(IDX)?;
        let mut values = 0;
        for entry in reading.open_table(VAL)?.iter()? {
            let (row, value) = entry?;
            values += 1;
            if let Err(error) = unseal(value.value(), row.value()) {
                self.damage(error.to_string());
            }
            if idx.get(row.value())?.is_none() {
                let row = Row::from(row.value().to_vec());
                self.damage(format!("{}: there is a value and no entry", self.name(&row)));
            }
        }
        if values != self.values {
            self.damage(format!("there are {values} values beside {} entries", self.values));
        }
        Ok(())
    }

    fn expirations(&mut self) -> Result<()> {
        let reading = self.snapshot.transaction();
        let idx = reading.open_table(IDX)?;
        let mut expirations = 0;
        for entry in reading.open_table(TTL)?.iter()? {
            let (key, _) = entry?;
            let (expiration, row) = split_ttl_key(key.value())?;
            expirations += 1;
            let record = idx.get(row)?;
            let has = |record: &[u8]| {
                decode_record(row, record)
                    .is_ok_and(|(head, _)| head.expiration == Some(expiration))
            };
            if !record.is_some_and(|record| has(record.value())) {
                let row = Row::from(row.to_vec());
                self.damage(format!(
                    "{}: an expiration is indexed that it has not",
                    self.name(&row)
                ));
            }
        }
        if expirations != self.expirations {
            let expected = self.expirations;
            self.damage(format!(
                "{expirations} expirations are indexed and {expected} entries have one"
            ));
        }
        Ok(())
    }

    /// Every piece belongs to a row, to a writer or to the trash.
    fn pieces(&mut self) -> Result<()> {
        let reading = self.snapshot.transaction();
        let mut left_over = BTreeSet::new();
        for table in [PENDING, TRASH] {
            for entry in reading.open_table(table)?.iter()? {
                left_over.insert(entry?.0.value());
            }
        }
        for blob in
            self.blobs.keys().filter(|blob| left_over.contains(blob)).copied().collect::<Vec<_>>()
        {
            self.damage(format!("blob {blob} is a key's value and to be freed"));
        }
        let mut pieces: BTreeMap<u64, u32> = BTreeMap::new();
        for entry in reading.open_table(CHUNK)?.iter()? {
            let (key, piece) = entry?;
            if let Err(error) = unseal(piece.value(), key.value()) {
                self.damage(error.to_string());
            }
            let blob = key.value().first_chunk().map_or(0, |blob| u64::from_be_bytes(*blob));
            *pieces.entry(blob).or_default() += 1;
        }
        for (blob, found) in &pieces {
            let expected = self.blobs.get(blob);
            if expected != Some(found) && !left_over.contains(blob) {
                self.damage(format!("blob {blob} has {found} pieces and should have {expected:?}"));
            }
        }
        Ok(())
    }

    /// A counter that is not above all that was counted with it would give a number again.
    fn counters(&mut self) -> Result<()> {
        let meta = self.snapshot.transaction().open_table(META)?;
        let number = |name| Ok::<_, Failed>(meta.get(name)?.map_or(0, |number| number.value()));
        let last_number = self.namespaces.keys().next_back().copied().unwrap_or_default();
        let last_blob = self.blobs.keys().next_back().map_or(0, |blob| blob + 1);
        for (name, least) in [
            (EPOCH, self.last_epoch),
            (NEXT_NAMESPACE, u64::from(last_number) + u64::from(last_number > 0)),
            (NEXT_BLOB, last_blob),
        ] {
            let found = number(name)?;
            if found < least {
                self.damage(format!(
                    "the counter {name:?} is {found} and should be {least} at least"
                ));
            }
        }
        Ok(())
    }

    fn counts(&mut self) -> Result<()> {
        for (number, (record, _)) in std::mem::take(&mut self.namespaces) {
            let (keys, bytes) = self.found.get(&number).copied().unwrap_or_default();
            if (record.keys, record.bytes) != (keys, bytes) {
                self.damage(format!(
                    "namespace {:?} counts {} keys and {} bytes; there are {keys} and {bytes}",
                    record.title, record.keys, record.bytes,
                ));
            }
        }
        Ok(())
    }

    fn name(&self, row: &Row) -> String {
        let key = String::from_utf8_lossy(row.key_bytes());
        match self.namespaces.get(&row.namespace()) {
            Some((record, _)) => format!("{key:?} in {:?}", record.title),
            None => format!("{key:?} in namespace number {}", row.namespace()),
        }
    }
}
