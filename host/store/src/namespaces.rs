//! Namespaces as such: what is kept of one, and what may be done with it.

use crate::key::NamespaceNumber;
use crate::limits::{ID_BYTES_MAX, TITLE_BYTES_MAX};
use crate::quota::Usage;
use crate::{Error, Quota, Result};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What is kept of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceRecord {
    /// The number in front of its rows, never reused.
    pub number: NamespaceNumber,
    /// What bindings hold; it stays when the namespace is renamed.
    pub id: Arc<str>,
    /// What people call it.
    pub title: Arc<str>,
    /// Its keys, with those that have expired and not been swept yet.
    pub keys: u64,
    /// Bytes of its keys, metadata and values, likewise.
    pub bytes: u64,
    /// How much of both it may have.
    pub quota: Quota,
}

impl NamespaceRecord {
    /// One that is new, and empty.
    pub(crate) fn new(number: NamespaceNumber, id: Arc<str>, title: Arc<str>) -> Self {
        Self { number, id, title, keys: 0, bytes: 0, quota: Quota::default() }
    }

    /// What it holds.
    pub fn usage(&self) -> Usage {
        Usage { keys: self.keys, bytes: self.bytes }
    }
}

/// What is asked of the namespaces.
#[derive(Clone, Debug)]
pub enum NamespaceRequest {
    /// A new one.
    Create {
        /// Its title, not taken yet.
        title: Arc<str>,
        /// Its id, not taken yet.
        id: Arc<str>,
    },
    /// Another title for the one of this number.
    Rename {
        /// Which one.
        number: NamespaceNumber,
        /// Its new title, not taken by another.
        title: Arc<str>,
    },
    /// How much the one of this number may hold from now on.
    SetQuota {
        /// Which one.
        number: NamespaceNumber,
        /// How much.
        quota: Quota,
    },
    /// The end of the one of this number.
    Delete {
        /// Which one.
        number: NamespaceNumber,
        /// Set by the engine as soon as the namespace is gone, whether the answer is awaited or
        /// not: what the handles on it look at.
        deleted: Arc<AtomicBool>,
    },
}

/// What an engine's transaction holds of namespaces, those being deleted left out.
pub trait Catalog {
    /// The namespace of that title.
    fn by_title(&self, title: &str) -> Result<Option<NamespaceRecord>>;
    /// The namespace of that id.
    fn by_id(&self, id: &str) -> Result<Option<NamespaceRecord>>;
    /// The namespace of that number.
    fn by_number(&self, number: NamespaceNumber) -> Result<Option<NamespaceRecord>>;
}

/// A change of the namespaces for an engine to make.
#[derive(Clone, Debug)]
pub enum CatalogChange {
    /// There is a new one; the engine gives it the next number.
    Insert {
        /// Its title.
        title: Arc<str>,
        /// Its id.
        id: Arc<str>,
    },
    /// It has another title.
    Retitle {
        /// The record before.
        from: NamespaceRecord,
        /// The new title.
        title: Arc<str>,
    },
    /// It is this from now on: all but title and id may differ.
    Replace {
        /// The record from now on.
        record: NamespaceRecord,
    },
    /// It is gone, title and id are free, and its rows are to be freed.
    Retire {
        /// The record before.
        from: NamespaceRecord,
        /// To be set once it is.
        deleted: Arc<AtomicBool>,
    },
}

impl NamespaceRequest {
    pub(crate) fn create(title: &str, id: Option<&str>) -> Result<Self> {
        let id = match id {
            Some(id) => validated_id(id)?,
            None => random_id()?,
        };
        Ok(Self::Create { title: validated_title(title)?, id })
    }

    pub(crate) fn rename(number: NamespaceNumber, title: &str) -> Result<Self> {
        Ok(Self::Rename { number, title: validated_title(title)? })
    }

    /// Decides what the request does, from what the engine's transaction holds now.
    pub fn evaluate(self, catalog: &dyn Catalog) -> Result<CatalogChange> {
        let known = |number| catalog.by_number(number)?.ok_or(Error::NamespaceDeleted);
        match self {
            Self::Create { title, id } => {
                if catalog.by_title(&title)?.is_some() {
                    return Err(Error::NamespaceExists { name: title });
                }
                if catalog.by_id(&id)?.is_some() {
                    return Err(Error::NamespaceExists { name: id });
                }
                Ok(CatalogChange::Insert { title, id })
            }
            Self::Rename { number, title } => {
                let from = known(number)?;
                if catalog.by_title(&title)?.is_some_and(|other| other.number != number) {
                    return Err(Error::NamespaceExists { name: title });
                }
                Ok(CatalogChange::Retitle { from, title })
            }
            Self::SetQuota { number, quota } => {
                Ok(CatalogChange::Replace { record: NamespaceRecord { quota, ..known(number)? } })
            }
            Self::Delete { number, deleted } => {
                Ok(CatalogChange::Retire { from: known(number)?, deleted })
            }
        }
    }
}

fn validated_title(title: &str) -> Result<Arc<str>> {
    if title.is_empty() || title.len() > TITLE_BYTES_MAX || title.chars().any(char::is_control) {
        return Err(Error::TitleInvalid { title: title.into(), max: TITLE_BYTES_MAX as u64 });
    }
    Ok(title.into())
}

/// Whether a namespace may have that id: 1 to 64 ASCII letters, digits, `-` and `_`.
pub fn is_namespace_id(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.chars().all(legal)
}

fn validated_id(id: &str) -> Result<Arc<str>> {
    if !is_namespace_id(id) {
        return Err(Error::IdInvalid { id: id.into(), max: ID_BYTES_MAX as u64 });
    }
    Ok(id.into())
}

/// 32 hexadecimal digits, as Workers KV gives them.
fn random_id() -> Result<Arc<str>> {
    let high = getrandom::u64().map_err(no_randomness)?;
    let low = getrandom::u64().map_err(no_randomness)?;
    Ok(format!("{high:016x}{low:016x}").into())
}

fn no_randomness(error: getrandom::Error) -> Error {
    Error::io("asking the system for random numbers", error.into())
}
