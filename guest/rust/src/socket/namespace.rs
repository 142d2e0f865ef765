//! The operations on keys, each a request.

use super::ask::{Ask, Effect};
use super::connection::Answer;
use super::pieces::{Reader, Writer};
use super::refusal::{Refusal, unexpected};
use super::store::{Store, store};
use super::wire::{
    Check, Condition, Decimal, Entry, Expiration, Key, Listing, Operation, encoded, from_base64,
    to_base64,
};
use crate::bindings::store::{self as wit, Error};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use ureq_proto::http::Method;

/// Most bytes of a key or of metadata in the head of a request, as they are encoded there. A
/// server takes no head of any length; what is longer goes in a body, and is refused by the store.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// `larder:kv/store.namespace`.
#[derive(Debug)]
pub(crate) struct Namespace {
    store: &'static Store,
    path: String,
}

impl Namespace {
    pub(crate) fn open(binding: &str) -> Result<Self, Error> {
        let store = store()?;
        match store.bindings()?.iter().any(|name| name == binding) {
            true => Ok(Self { store, path: format!("/larder/v1/bindings/{}", encoded(binding)) }),
            false => Err(Error::NoSuchBinding),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let found = self.value_of(key)?;
        Ok(found.map(|answer| answer.body))
    }

    pub(crate) fn get_entry(&self, key: &str) -> Result<Option<wit::Entry>, Error> {
        let Some(answer) = self.value_of(key)? else { return Ok(None) };
        let wit::KeyInfo { version, expiration, metadata, .. } = self.info_in(key, &answer)?;
        Ok(Some(wit::Entry { value: answer.body, expiration, metadata, version }))
    }

    pub(crate) fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<wit::Entry>>, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            keys: &'a [&'a str],
        }
        #[derive(Deserialize)]
        struct Read {
            entries: Vec<Option<Entry>>,
        }
        let read = self.store.post(self.at("get-many"), &Asked { keys }, Effect::None);
        let Read { entries } = read.map_err(Refusal::into_error)?;
        let entries = entries.into_iter().map(|entry| entry.map(wit::Entry::try_from).transpose());
        entries.collect::<Result<_, _>>().map_err(|error| self.store.is_no_larder(error))
    }

    pub(crate) fn head(&self, key: &str) -> Result<Option<wit::KeyInfo>, Error> {
        let Some(target) = self.value(key) else { return Err(self.refusal_of(key)) };
        match self.store.ask(&Ask::new(Method::HEAD, target, Effect::None)) {
            Ok(answer) => self.info_in(key, &answer).map(Some),
            // An answer to HEAD has no body to say why not.
            Err(_) => match self.value_of(key)? {
                Some(answer) => self.info_in(key, &answer).map(Some),
                None => Ok(None),
            },
        }
    }

    pub(crate) fn put(&self, key: &str, value: &[u8]) -> Result<u64, Error> {
        let options = wit::PutOptions { expiration: None, metadata: None, condition: None };
        match self.put_with(key, value, options)? {
            wit::WriteOutcome::Written(version) => Ok(version),
            wit::WriteOutcome::Conflict(_) => Err(unexpected("a conflict")),
        }
    }

    pub(crate) fn put_with(
        &self,
        key: &str,
        value: &[u8],
        options: wit::PutOptions<'_>,
    ) -> Result<wit::WriteOutcome, Error> {
        let metadata = options.metadata.map(to_base64);
        let fits = metadata.as_ref().is_none_or(|metadata| metadata.len() <= HEAD_BYTES_MAX);
        let Some(mut target) = self.value(key).filter(|_| fits) else {
            let writer = self.open_writer(key, options)?;
            writer.write(value)?;
            return Writer::finish(writer);
        };
        let expiration = options.expiration.map(|it| Expiration::from(it).to_string());
        let condition = options.condition.map(|it| format!("if={}", Condition(it)));
        target.push_str(&query(expiration.into_iter().chain(condition)));
        let ask = Ask::new(Method::PUT, target, Effect::Write).metadata(metadata).raw(value);
        let answer = self.store.ask(&ask);
        written(answer.and_then(|answer| Ok(self.store.read(&answer)?)))
    }

    pub(crate) fn delete(&self, key: &str) -> Result<bool, Error> {
        self.deleted(key, "").map_err(Refusal::into_error)
    }

    pub(crate) fn delete_if(&self, key: &str, version: u64) -> Result<wit::DeleteOutcome, Error> {
        match self.deleted(key, &format!("?if={version}")) {
            Ok(true) => Ok(wit::DeleteOutcome::Deleted),
            Ok(false) => Ok(wit::DeleteOutcome::Conflict(None)),
            Err(Refusal::Conflict(conflict)) => Ok(wit::DeleteOutcome::Conflict(conflict.found)),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    pub(crate) fn expire(
        &self,
        key: &str,
        expiration: Option<wit::Expiration>,
    ) -> Result<Option<u64>, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            key: &'a str,
            expiration: Option<Expiration>,
        }
        #[derive(Deserialize)]
        struct Expired {
            version: Option<Decimal<u64>>,
        }
        let asked = Asked { key, expiration: expiration.map(Expiration::from) };
        let expired = self.store.post(self.at("expire"), &asked, Effect::Write);
        let Expired { version } = expired.map_err(Refusal::into_error)?;
        Ok(version.map(|Decimal(version)| version))
    }

    pub(crate) fn increment(
        &self,
        key: &str,
        delta: i64,
        expiration: Option<wit::Expiration>,
    ) -> Result<wit::Counter, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            key: &'a str,
            delta: Decimal<i64>,
            expiration: Option<Expiration>,
        }
        #[derive(Deserialize)]
        struct Counter {
            value: Decimal<i64>,
            version: Decimal<u64>,
            expiration: Option<u64>,
        }
        let expiration = expiration.map(Expiration::from);
        let asked = Asked { key, delta: Decimal(delta), expiration };
        let counter = self.store.post(self.at("increment"), &asked, Effect::Write);
        let Counter { value: Decimal(value), version: Decimal(version), expiration } =
            counter.map_err(Refusal::into_error)?;
        Ok(wit::Counter { value, expiration, version })
    }

    pub(crate) fn list(&self, options: wit::ListOptions<'_>) -> Result<wit::ListPage, Error> {
        #[derive(Deserialize)]
        struct Page {
            keys: Vec<Key>,
            cursor: Option<String>,
        }
        let query = query_of(&options);
        let page = match query.len() <= HEAD_BYTES_MAX {
            true => self.store.get(self.at("keys") + &query),
            false => self.store.post(self.at("keys"), &Listing::from(options), Effect::None),
        };
        let Page { keys, cursor } = page.map_err(Refusal::into_error)?;
        Ok(wit::ListPage { keys: keys.into_iter().map(wit::KeyInfo::from).collect(), cursor })
    }

    pub(crate) fn commit(
        &self,
        checks: &[wit::Check<'_>],
        operations: &[wit::Operation<'_>],
    ) -> Result<wit::CommitOutcome, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            checks: Vec<Check<'a>>,
            operations: Vec<Operation<'a>>,
        }
        #[derive(Deserialize)]
        struct Committed {
            version: Decimal<u64>,
            counters: Vec<Decimal<i64>>,
        }
        let asked = Asked {
            checks: checks.iter().map(Check::from).collect(),
            operations: operations.iter().map(Operation::from).collect(),
        };
        match self.store.post(self.at("commit"), &asked, Effect::Write) {
            Ok(Committed { version: Decimal(version), counters }) => {
                let counters = counters.into_iter().map(|Decimal(counter)| counter).collect();
                Ok(wit::CommitOutcome::Committed(wit::Committed { version, counters }))
            }
            Err(Refusal::Conflict(conflict)) => match conflict.check {
                Some(check) => Ok(wit::CommitOutcome::Conflict(check)),
                None => Err(unexpected("a conflict with no check")),
            },
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    pub(crate) fn open_reader(&self, key: &str) -> Result<Option<Reader>, Error> {
        Reader::open(self.store, self.at("readers"), key)
    }

    pub(crate) fn open_writer(
        &self,
        key: &str,
        options: wit::PutOptions<'_>,
    ) -> Result<Writer, Error> {
        Writer::open(self.store, self.at("writers"), key, options)
    }

    fn at(&self, operation: &str) -> String {
        format!("{}/{operation}", self.path)
    }

    /// The path of a value; `None` for a key that is longer than any path.
    fn value(&self, key: &str) -> Option<String> {
        let path = format!("{}/values/{}", self.path, encoded(key));
        (path.len() <= HEAD_BYTES_MAX).then_some(path)
    }

    fn value_of(&self, key: &str) -> Result<Option<Answer>, Error> {
        let Some(target) = self.value(key) else { return Err(self.refusal_of(key)) };
        match self.store.ask(&Ask::new(Method::GET, target, Effect::None)) {
            Ok(answer) => Ok(Some(answer)),
            Err(Refusal::NoSuchKey) => Ok(None),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    fn deleted(&self, key: &str, query: &str) -> Result<bool, Refusal> {
        #[derive(Deserialize)]
        struct Deleted {
            deleted: bool,
        }
        let Some(target) = self.value(key) else {
            // What refuses a key for this write refuses it for any.
            return Err(self.expire(key, None).err().unwrap_or_else(|| unexpected("a key")).into());
        };
        let ask = Ask::new(Method::DELETE, target + query, Effect::Write);
        let Deleted { deleted } = self.store.read(&self.store.ask(&ask)?)?;
        Ok(deleted)
    }

    /// What the store says to a key that is longer than any path.
    fn refusal_of(&self, key: &str) -> Error {
        self.get_many(&[key]).err().unwrap_or_else(|| unexpected("an entry"))
    }

    /// The key as the headers of an answer have it.
    fn info_in(&self, key: &str, answer: &Answer) -> Result<wit::KeyInfo, Error> {
        let wrong =
            |name: &str| self.store.is_no_larder(format_args!("its {name} is missing or wrong"));
        let metadata = match answer.headers.get("larder-metadata") {
            None => None,
            Some(base64) => {
                let json = from_base64(base64).ok().and_then(|json| String::from_utf8(json).ok());
                Some(json.ok_or_else(|| wrong("larder-metadata"))?)
            }
        };
        Ok(wit::KeyInfo {
            name: key.to_owned(),
            expiration: match answer.headers.contains_key("larder-expiration") {
                true => {
                    let seconds = number(answer, "larder-expiration");
                    Some(seconds.ok_or_else(|| wrong("larder-expiration"))?)
                }
                false => None,
            },
            metadata,
            version: number(answer, "larder-version").ok_or_else(|| wrong("larder-version"))?,
            // The answer to HEAD says how long the value is that it leaves out.
            size: number(answer, "content-length").unwrap_or(answer.body.len() as u64),
        })
    }
}

fn number<N: FromStr>(answer: &Answer, header: &str) -> Option<N> {
    answer.headers.get(header)?.to_str().ok()?.parse().ok()
}

fn query(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("?{}", parts.join("&")),
    }
}

/// A listing as a query.
fn query_of(options: &wit::ListOptions<'_>) -> String {
    let wit::ListOptions { prefix, start, end, reverse, limit, cursor } = *options;
    let texts = [("prefix", prefix), ("start", start), ("end", end), ("cursor", cursor)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
    query(
        texts
            .map(|(name, text)| format!("{name}={}", encoded(text)))
            .chain(reverse.then(|| "reverse=true".to_owned()))
            .chain(limit.map(|limit| format!("limit={limit}"))),
    )
}

/// What a put came to.
#[derive(Deserialize)]
pub(super) struct Written {
    version: Decimal<u64>,
}

pub(super) fn written(answer: Result<Written, Refusal>) -> Result<wit::WriteOutcome, Error> {
    match answer {
        Ok(Written { version: Decimal(version) }) => Ok(wit::WriteOutcome::Written(version)),
        Err(Refusal::Conflict(conflict)) => Ok(wit::WriteOutcome::Conflict(conflict.found)),
        Err(refusal) => Err(refusal.into_error()),
    }
}
