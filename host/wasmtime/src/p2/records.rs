//! The records of the contract that must not be copied more than once. `bindgen!` has them with
//! `Vec` and `String`: those for a guest share the store's bytes here, and those from a guest stay
//! in its memory until their lengths have been seen.

use super::call::{Answer, key, text};
use crate::bindings as wit;
use crate::limits::OnItsWay;
use bytes::Bytes;
use larder_store::limits::{CURSOR_BYTES_MAX, METADATA_BYTES_MAX};
use larder_store::{Error, Head};
use std::sync::Arc;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList, WasmStr};
use wasmtime::{AsContext, StoreContextMut};

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Entry {
    value: Bytes,
    expiration: Option<u64>,
    metadata: Option<Arc<str>>,
    version: u64,
}

impl Entry {
    pub(super) fn of(entry: larder_store::Entry, room: &OnItsWay) -> Self {
        let larder_store::Entry { value, head } = entry;
        let Head { version, expiration, metadata, size: _ } = head;
        let expiration = expiration.map(|point| point.as_secs_ceil());
        Self { value: room.counted(value), expiration, metadata, version: version.as_u64() }
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct KeyInfo {
    name: String,
    expiration: Option<u64>,
    metadata: Option<Arc<str>>,
    version: u64,
    size: u64,
}

impl From<larder_store::KeyInfo> for KeyInfo {
    fn from(larder_store::KeyInfo { name, head }: larder_store::KeyInfo) -> Self {
        let Head { version, expiration, metadata, size } = head;
        let expiration = expiration.map(|point| point.as_secs_ceil());
        Self { name, expiration, metadata, version: version.as_u64(), size }
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct ListPage {
    keys: Vec<KeyInfo>,
    cursor: Option<String>,
}

impl From<larder_store::ListPage> for ListPage {
    fn from(page: larder_store::ListPage) -> Self {
        Self { keys: page.keys.into_iter().map(KeyInfo::from).collect(), cursor: page.cursor }
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct PutOptions {
    expiration: Option<wit::Expiration>,
    metadata: Option<WasmStr>,
    condition: Option<wit::Condition>,
}

impl PutOptions {
    pub(super) fn copied<T>(self, cx: &StoreContextMut<'_, T>) -> Answer<larder_store::PutOptions> {
        Ok(larder_store::PutOptions {
            expiration: self.expiration.map(Into::into),
            metadata: metadata(cx, self.metadata)?,
            condition: self.condition.map(Into::into),
        })
    }
}

fn metadata<T>(cx: &StoreContextMut<'_, T>, metadata: Option<WasmStr>) -> Answer<Option<String>> {
    let too_large = |bytes, max| Error::MetadataTooLarge { bytes, max };
    metadata.map(|metadata| text(cx, &metadata, METADATA_BYTES_MAX, too_large)).transpose()
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct ListOptions {
    prefix: Option<WasmStr>,
    start: Option<WasmStr>,
    end: Option<WasmStr>,
    reverse: bool,
    limit: Option<u32>,
    cursor: Option<WasmStr>,
}

impl ListOptions {
    pub(super) fn copied<T>(
        self,
        cx: &StoreContextMut<'_, T>,
    ) -> Answer<larder_store::ListOptions> {
        let bound = |bound: Option<WasmStr>| bound.map(|bound| key(cx, &bound)).transpose();
        let too_long = |_, _| Error::CursorInvalid { reason: "it is too long" };
        let cursor = |cursor| text(cx, &cursor, CURSOR_BYTES_MAX, too_long);
        Ok(larder_store::ListOptions {
            prefix: bound(self.prefix)?,
            start: bound(self.start)?,
            end: bound(self.end)?,
            reverse: self.reverse,
            limit: self.limit,
            cursor: self.cursor.map(cursor).transpose()?,
        })
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Check {
    key: WasmStr,
    condition: wit::Condition,
}

impl Check {
    pub(super) fn copied<T>(self, cx: &StoreContextMut<'_, T>) -> Answer<larder_store::Check> {
        Ok(larder_store::Check { key: key(cx, &self.key)?, condition: self.condition.into() })
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct PutOperation {
    key: WasmStr,
    value: WasmList<u8>,
    expiration: Option<wit::Expiration>,
    metadata: Option<WasmStr>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct IncrementOperation {
    key: WasmStr,
    delta: i64,
    expiration: Option<wit::Expiration>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct ExpireOperation {
    key: WasmStr,
    expiration: Option<wit::Expiration>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum Operation {
    #[component(name = "put")]
    Put(PutOperation),
    #[component(name = "delete")]
    Delete(WasmStr),
    #[component(name = "increment")]
    Increment(IncrementOperation),
    #[component(name = "expire")]
    Expire(ExpireOperation),
}

impl Operation {
    /// The value that it brings, still in the guest's memory.
    pub(super) fn value(&self) -> Option<&WasmList<u8>> {
        match self {
            Self::Put(put) => Some(&put.value),
            Self::Delete(_) | Self::Increment(_) | Self::Expire(_) => None,
        }
    }

    /// Bytes of key, value and metadata.
    pub(super) fn bytes<T>(&self, cx: &StoreContextMut<'_, T>) -> wasmtime::Result<usize> {
        let (key, metadata) = match self {
            Self::Put(put) => (&put.key, put.metadata.as_ref()),
            Self::Delete(key) => (key, None),
            Self::Increment(increment) => (&increment.key, None),
            Self::Expire(expire) => (&expire.key, None),
        };
        let mut bytes = self.value().map_or(0, WasmList::len);
        for text in std::iter::once(key).chain(metadata) {
            bytes += text.to_str(cx.as_context())?.len();
        }
        Ok(bytes)
    }

    pub(super) fn copied<T>(self, cx: &StoreContextMut<'_, T>) -> Answer<larder_store::Operation> {
        use larder_store::Operation as Copied;
        Ok(match self {
            Self::Put(put) => Copied::Put {
                key: key(cx, &put.key)?,
                metadata: metadata(cx, put.metadata)?,
                value: super::call::value(cx, &put.value),
                expiration: put.expiration.map(Into::into),
            },
            Self::Delete(name) => Copied::Delete { key: key(cx, &name)? },
            Self::Increment(increment) => Copied::Increment {
                key: key(cx, &increment.key)?,
                delta: increment.delta,
                expiration: increment.expiration.map(Into::into),
            },
            Self::Expire(expire) => Copied::Expire {
                key: key(cx, &expire.key)?,
                expiration: expire.expiration.map(Into::into),
            },
        })
    }
}
