//! Readers and writers, which are handles on the server.

use super::ask::{Ask, Effect};
use super::namespace::written;
use super::refusal::Refusal;
use super::store::Store;
use super::wire::{Condition, Expiration, Key};
use crate::bindings::store::{self as wit, Error};
use serde::{Deserialize, Serialize};
use ureq_proto::http::Method;

/// Most bytes that are sent at once: a server takes no body of any length.
const PIECE_BYTES_MAX: usize = 16 << 20;

/// What was opened, which the server keeps until it is dropped.
#[derive(Debug)]
struct Handle {
    store: &'static Store,
    path: String,
    /// Whether the server still has it.
    kept: bool,
}

impl Handle {
    fn new(store: &'static Store, path: String) -> Self {
        Self { store, path, kept: true }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.kept {
            // Where it fails, the server lets go of what is not used for a minute.
            let _ = self.store.ask(&Ask::new(Method::DELETE, &*self.path, Effect::None));
        }
    }
}

/// `larder:kv/store.reader`.
#[derive(Debug)]
pub(crate) struct Reader {
    handle: Handle,
    info: wit::KeyInfo,
}

impl Reader {
    pub(super) fn open(
        store: &'static Store,
        target: String,
        key: &str,
    ) -> Result<Option<Self>, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            key: &'a str,
        }
        #[derive(Deserialize)]
        struct Opened {
            reader: u64,
            info: Key,
        }
        match store.post(target, &Asked { key }, Effect::None) {
            Ok(Opened { reader, info }) => {
                let handle = Handle::new(store, format!("/larder/v1/readers/{reader}"));
                Ok(Some(Self { handle, info: info.into() }))
            }
            Err(Refusal::NoSuchKey) => Ok(None),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    pub(crate) fn info(&self) -> wit::KeyInfo {
        self.info.clone()
    }

    pub(crate) fn read(&self, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        let target = format!("{}?offset={offset}&max={max}", self.handle.path);
        let answer = self.handle.store.ask(&Ask::new(Method::GET, target, Effect::None));
        Ok(answer.map_err(Refusal::into_error)?.body)
    }
}

/// `larder:kv/store.writer`.
#[derive(Debug)]
pub(crate) struct Writer(Handle);

impl Writer {
    pub(super) fn open(
        store: &'static Store,
        target: String,
        key: &str,
        options: wit::PutOptions<'_>,
    ) -> Result<Self, Error> {
        #[derive(Serialize)]
        struct Asked<'a> {
            key: &'a str,
            expiration: Option<Expiration>,
            metadata: Option<&'a str>,
            r#if: Option<Condition>,
        }
        #[derive(Deserialize)]
        struct Opened {
            writer: u64,
        }
        let asked = Asked {
            key,
            expiration: options.expiration.map(Expiration::from),
            metadata: options.metadata,
            r#if: options.condition.map(Condition),
        };
        let opened = store.post(target, &asked, Effect::None);
        let Opened { writer } = opened.map_err(Refusal::into_error)?;
        Ok(Self(Handle::new(store, format!("/larder/v1/writers/{writer}"))))
    }

    pub(crate) fn write(&self, chunk: &[u8]) -> Result<(), Error> {
        // Nothing is sent as well: a writer that has failed says so again.
        for piece in chunk.chunks(PIECE_BYTES_MAX).chain(chunk.is_empty().then_some(chunk)) {
            let ask = Ask::new(Method::POST, &*self.0.path, Effect::None).raw(piece);
            self.0.store.ask(&ask).map_err(Refusal::into_error)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut writer: Self) -> Result<wit::WriteOutcome, Error> {
        let store = writer.0.store;
        let target = format!("{}/finish", writer.0.path);
        let answer = store.ask(&Ask::new(Method::POST, target, Effect::Write));
        writer.0.kept = answer.is_err();
        written(answer.and_then(|answer| Ok(store.read(&answer)?)))
    }
}
