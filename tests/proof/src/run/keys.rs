//! The operations on keys.

use super::{Agreed, Disagreement, Handle, PLACES, Run, agree, expect, place};
use crate::model::{After, Listed, NOT_WRITTEN, Place};
use crate::operation::{
    self, Bulk, Change, Cursor, Key, Known, Limit, Page, Slot, Write, large_value,
};
use bytes::Bytes;
use futures_util::future::join_all;
use larder_store::{
    Check, CommitOutcome, Condition, Counter, DeleteOutcome, Expiration, ListOptions, Namespace,
    Operation, PutOptions, Result, Version, WriteOutcome,
};
use pollster::block_on;

/// A write as the store is asked for it.
#[derive(Clone)]
enum Call {
    Put { key: String, value: Bytes, options: PutOptions },
    Delete { key: String },
    DeleteIf { key: String, version: Version },
    Expire { key: String, expiration: Option<Expiration> },
    Increment { key: String, delta: i64, expiration: Option<Expiration> },
    Commit { checks: Vec<Check>, operations: Vec<Operation> },
}

/// What the store has answered.
enum Answer {
    Put(Result<WriteOutcome>),
    Deleted(Result<bool>),
    DeletedIf(Result<DeleteOutcome>),
    Expired(Result<Option<Version>>),
    Counted(Result<Counter>),
    Committed(Result<CommitOutcome>),
}

impl Call {
    async fn ask(self, namespace: &Namespace) -> Answer {
        match self {
            Self::Put { key, value, options } => {
                Answer::Put(namespace.put_with(&key, value, options).await)
            }
            Self::Delete { key } => Answer::Deleted(namespace.delete(&key).await),
            Self::DeleteIf { key, version } => {
                Answer::DeletedIf(namespace.delete_if(&key, version).await)
            }
            Self::Expire { key, expiration } => {
                Answer::Expired(namespace.expire(&key, expiration).await)
            }
            Self::Increment { key, delta, expiration } => {
                Answer::Counted(namespace.increment(&key, delta, expiration).await)
            }
            Self::Commit { checks, operations } => {
                Answer::Committed(namespace.commit(checks, operations).await)
            }
        }
    }
}

impl Answer {
    /// The version that it tells of a new write.
    fn version(&self) -> Option<Version> {
        match self {
            Self::Put(Ok(WriteOutcome::Written(version)))
            | Self::Expired(Ok(Some(version)))
            | Self::Counted(Ok(Counter { version, .. }))
            | Self::Committed(Ok(CommitOutcome::Committed { version, .. })) => Some(*version),
            _ => None,
        }
    }
}

impl Run {
    /// Writes that are asked for at once, in this order.
    pub(super) fn together<'w>(
        &mut self,
        writes: impl IntoIterator<Item = (Slot, &'w Write)>,
    ) -> Agreed {
        let calls: Vec<(Handle, Call)> = writes
            .into_iter()
            .filter_map(|(at, write)| {
                let handle = self.handle(at)?;
                let call = self.call(&handle.place, write);
                Some((handle, call))
            })
            .collect();
        let asked = calls.iter().map(|(handle, call)| call.clone().ask(&handle.namespace));
        let answers = block_on(join_all(asked));
        for ((handle, call), answer) in calls.into_iter().zip(answers) {
            self.judge(&handle.place, call, answer)?;
        }
        Ok(())
    }

    /// A commit of many puts.
    pub(super) fn bulk(&mut self, at: Slot, bulk: Bulk) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let value = if bulk.large { large_value() } else { Bytes::from_static(b"7") };
        let put = |number| Operation::Put {
            key: format!("bulk-{}-{number:04}", bulk.stem.of(3)),
            value: value.clone(),
            expiration: bulk.time.map(|time| time.expiration()),
            metadata: None,
        };
        // What is large and yet legal would take its time.
        let count = if bulk.large { bulk.count.count().max(52) } else { bulk.count.count() };
        let call = Call::Commit { checks: vec![], operations: (0..count).map(put).collect() };
        let answer = block_on(call.clone().ask(&namespace));
        self.judge(&place, call, answer)
    }

    /// A commit that changes nothing, and yet has a version of its own.
    pub(super) fn write_nothing(&mut self) -> Agreed {
        let Some(space) = self.model.namespaces().first().copied() else { return Ok(()) };
        let Handle { namespace, place } = self.root(space)?;
        let operations = vec![Operation::Delete { key: "nothing".into() }];
        let call = Call::Commit { checks: vec![], operations };
        let answer = block_on(call.clone().ask(&namespace));
        self.judge(&place, call, answer)
    }

    fn call(&self, at: &Place, write: &Write) -> Call {
        match write {
            Write::Put { key, value, options } => Call::Put {
                key: key.text(),
                value: value.content(),
                options: self.options(at, *key, *options),
            },
            Write::Delete { key } => Call::Delete { key: key.text() },
            Write::DeleteIf { key, version } => {
                Call::DeleteIf { key: key.text(), version: self.known(at, *key, *version) }
            }
            Write::Expire { key, time } => {
                Call::Expire { key: key.text(), expiration: time.map(|time| time.expiration()) }
            }
            Write::Increment { key, delta, time } => Call::Increment {
                key: key.text(),
                delta: delta.number(),
                expiration: time.map(|time| time.expiration()),
            },
            Write::Commit { checks, changes } => {
                let check = |(key, condition): &(Key, operation::Condition)| Check {
                    key: key.text(),
                    condition: self.condition(at, *key, *condition),
                };
                let operations = changes.iter().map(operation).collect();
                Call::Commit { checks: checks.iter().map(check).collect(), operations }
            }
        }
    }

    pub(super) fn options(&self, at: &Place, key: Key, options: operation::Options) -> PutOptions {
        PutOptions {
            expiration: options.time.map(|time| time.expiration()),
            metadata: options.metadata.map(|metadata| metadata.text()),
            condition: options.condition.map(|condition| self.condition(at, key, condition)),
        }
    }

    fn condition(&self, at: &Place, key: Key, condition: operation::Condition) -> Condition {
        match condition {
            operation::Condition::Absent => Condition::Absent,
            operation::Condition::Present => Condition::Present,
            operation::Condition::Version(known) => Condition::Version(self.known(at, key, known)),
        }
    }

    fn known(&self, at: &Place, key: Key, known: Known) -> Version {
        let past = |number: u8| self.told.iter().rev().nth(number.into()).copied();
        let version = match known {
            Known::Current => self.model.version(at, &key.text()).or(past(0)),
            Known::Past(number) => past(number),
        };
        version.unwrap_or(Version::from_u64(0))
    }

    fn judge(&mut self, at: &Place, call: Call, answer: Answer) -> Agreed {
        let version = answer.version().unwrap_or(NOT_WRITTEN);
        let model = &mut self.model;
        match (call, &answer) {
            (Call::Put { key, value, options }, Answer::Put(found)) => {
                agree(model.put(at, &key, &value, &options, version), found.clone()).map(drop)
            }
            (Call::Delete { key }, Answer::Deleted(found)) => {
                agree(model.delete(at, &key), found.clone()).map(drop)
            }
            (Call::DeleteIf { key, version }, Answer::DeletedIf(found)) => {
                agree(model.delete_if(at, &key, version), found.clone()).map(drop)
            }
            (Call::Expire { key, expiration }, Answer::Expired(found)) => {
                agree(model.expire(at, &key, expiration, version), found.clone()).map(drop)
            }
            (Call::Increment { key, delta, expiration }, Answer::Counted(found)) => {
                agree(model.increment(at, &key, delta, expiration, version), found.clone())
                    .map(drop)
            }
            (Call::Commit { checks, operations }, Answer::Committed(found)) => {
                agree(model.commit(at, &checks, &operations, version), found.clone()).map(drop)
            }
            _ => Err(Disagreement::new("an answer to what was asked", "another")),
        }?;
        answer.version().map_or(Ok(()), |version| self.tell(version))
    }

    pub(super) fn get(&mut self, at: Slot, key: Key) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let (namespace, key) = (namespace.blocking(), key.text());
        let expected = self.model.get(&place, &key);
        let heads = expected.clone().map(|entry| entry.map(|entry| entry.head));
        let info = namespace.head(&key);
        if let Ok(Some(info)) = &info {
            expect(&key, &info.name)?;
        }
        agree(heads, info.map(|info| info.map(|info| info.head)))?;
        let values = expected.clone().map(|entry| entry.map(|entry| entry.value));
        agree(values, namespace.get(&key))?;
        agree(expected, namespace.get_entry(&key)).map(drop)
    }

    pub(super) fn get_many(&mut self, at: Slot, keys: &[Key], count: Limit) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let keys: Vec<String> =
            keys.iter().map(|key| key.text()).cycle().take(count.count()).collect();
        let found = namespace.blocking().get_many(&keys);
        agree(self.model.get_many(&place, &keys), found).map(drop)
    }

    pub(super) fn list(&mut self, at: Slot, page: Page) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let (options, after) = self.page(page);
        let found = namespace.blocking().list(&options);
        let cursor = found.as_ref().ok().and_then(|page| page.cursor.clone());
        let found = found.map(|page| Listed { keys: page.keys, more: page.cursor.is_some() });
        let listed = agree(self.model.list(&place, &options, &after), found)?;
        self.keep_cursor(cursor, options.reverse, listed);
        Ok(())
    }

    pub(super) fn delete_page(&mut self, at: Slot, page: Page) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let (options, after) = self.page(page);
        let found = block_on(namespace.delete_page(&options));
        let cursor = found.as_ref().ok().and_then(|page| page.cursor.clone());
        let listed = self.model.delete_page(&place, &options, &after);
        let expected = listed.clone().map(|page| (page.keys.len() as u64, page.more));
        agree(expected, found.map(|page| (page.deleted, page.cursor.is_some())))?;
        self.keep_cursor(cursor, options.reverse, listed.ok());
        Ok(())
    }

    fn keep_cursor(&mut self, cursor: Option<String>, reverse: bool, listed: Option<Listed>) {
        let last = listed.and_then(|mut page| page.keys.pop());
        if let (Some(cursor), Some(last)) = (cursor, last) {
            let at = self.told.len() % PLACES;
            place(&mut self.cursors, at, (cursor, After::Key { key: last.name, reverse }));
        }
    }

    fn page(&self, page: Page) -> (ListOptions, After) {
        let past = |slot: Slot| self.cursors.get(slot.of(self.cursors.len())).cloned();
        let nothing = (String::new(), After::Nothing);
        let (cursor, after) = match page.cursor {
            Cursor::None => (None, After::Nothing),
            Cursor::Empty => (Some(String::new()), After::Nothing),
            Cursor::Garbage(key) if key.text().is_empty() => (Some(key.text()), After::Nothing),
            Cursor::Garbage(key) => (Some(key.text()), After::Garbage),
            Cursor::Past(slot) => {
                let (cursor, after) = past(slot).unwrap_or(nothing);
                (Some(cursor), after)
            }
            Cursor::Changed(slot, at) => match past(slot) {
                Some((cursor, _)) => (Some(changed(cursor, at.into())), After::Garbage),
                None => (None, After::Nothing),
            },
        };
        let options = ListOptions {
            prefix: page.prefix.map(|prefix| prefix.text()),
            start: page.start.map(|start| start.text()),
            end: page.end.map(|end| end.text()),
            reverse: page.reverse,
            limit: page.limit.map(|limit| limit.number()),
            cursor,
        };
        (options, after)
    }

    pub(super) fn validate(&mut self, at: Slot, change: &Change) -> Agreed {
        let Some(Handle { namespace, place }) = self.handle(at) else { return Ok(()) };
        let operation = operation(change);
        agree(self.model.validate(&place, &operation), namespace.validate(&operation)).map(drop)
    }
}

/// The text with another character at one place.
fn changed(text: String, at: usize) -> String {
    let at = at % text.len().max(1);
    let other = |c: char| if c == 'A' { 'B' } else { 'A' };
    text.chars().enumerate().map(|(n, c)| if n == at { other(c) } else { c }).collect()
}

fn operation(change: &Change) -> Operation {
    match change {
        Change::Put { key, value, time, metadata } => Operation::Put {
            key: key.text(),
            value: value.content(),
            expiration: time.map(|time| time.expiration()),
            metadata: metadata.map(|metadata| metadata.text()),
        },
        Change::Delete { key } => Operation::Delete { key: key.text() },
        Change::Increment { key, delta, time } => Operation::Increment {
            key: key.text(),
            delta: delta.number(),
            expiration: time.map(|time| time.expiration()),
        },
        Change::Expire { key, time } => {
            let expiration = time.map(|time| time.expiration());
            Operation::Expire { key: key.text(), expiration }
        }
    }
}
