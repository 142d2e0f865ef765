//! The functions of the resource `namespace`, each the same operation of the store.

use super::call::{
    Answer, AtOnce, admit, check_value, granted, key, perform, perform_admitted, read,
    read_admitted, read_at_once, settle, turn, value,
};
use super::records::{Check, Entry, KeyInfo, ListOptions, ListPage, Operation, PutOptions};
use crate::bindings as wit;
use crate::ctx::Grant;
use crate::{BINDING_BYTES_MAX, Call, KvCtxView, KvView, Operation as Op};
use bytes::Bytes;
use larder_store::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX, GET_MANY_KEYS_MAX};
use larder_store::{Error, Namespace, Version};
use std::slice::from_ref;
use std::sync::Arc;
use wasmtime::component::{Lift, Resource, WasmList, WasmStr};
use wasmtime::{AsContext, StoreContextMut};

/// What a guest's handle stands for.
pub(super) type Open = Arc<Grant>;

type Cx<'a, T> = StoreContextMut<'a, T>;

pub(super) fn bindings<T: KvView>(mut cx: Cx<'_, T>, (): ()) -> wasmtime::Result<(Vec<Arc<str>>,)> {
    Ok((cx.data_mut().kv().ctx.grants.names(),))
}

pub(super) async fn open<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (name,): (WasmStr,),
) -> Answer<Resource<Open>> {
    let name = name.to_str(cx.as_context())?;
    let whole = name.len() <= BINDING_BYTES_MAX;
    let name = name.get(..name.floor_char_boundary(BINDING_BYTES_MAX)).unwrap_or_default();
    let name = name.to_owned();

    let KvCtxView { ctx, table, hooks } = cx.data_mut().kv();
    if let Some(grant) = ctx.grants.get(&name).filter(|_| whole) {
        if grant.namespace.is_deleted() {
            return Err(wit::Error::NoSuchBinding.into());
        }
        ctx.grants.room().expect_namespace(ctx.namespaces_open)?;
        let handle = table.push(grant.clone())?;
        ctx.namespaces_open += 1;
        return Ok(handle);
    }
    if ctx.first_asked_for(&name) {
        hooks.unbound(&name, &ctx.grants);
    }
    Err(wit::Error::NoSuchBinding.into())
}

impl KvCtxView<'_> {
    /// Takes a handle back.
    pub(super) fn close_namespace(&mut self, handle: Resource<Open>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.ctx.namespaces_open = self.ctx.namespaces_open.saturating_sub(1);
        Ok(())
    }
}

/// The parameters of a read of one key.
type Key = (Resource<Open>, WasmStr);

pub(super) fn get_at_once<T: KvView>(cx: &mut Cx<'_, T>, key: &Key) -> AtOnce<Option<Bytes>> {
    let get = async |namespace: &Namespace, key: &str| namespace.get(key).await;
    read_at_once(cx, key, Op::Get, get, bytes_of, |value, room| {
        value.map(|value| room.counted(value))
    })
}

pub(super) async fn get_admitted<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name): Key,
) -> Answer<Option<Bytes>> {
    let grant = granted(&mut cx, &handle, Op::Get)?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::Get, from_ref(&name));
    let work = || grant.namespace.get(&name);
    let (value, room) = read_admitted(&mut cx, call, work, bytes_of).await?;
    Ok(value.map(|value| room.counted(value)))
}

pub(super) fn get_entry_at_once<T: KvView>(cx: &mut Cx<'_, T>, key: &Key) -> AtOnce<Option<Entry>> {
    let get = async |namespace: &Namespace, key: &str| namespace.get_entry(key).await;
    read_at_once(cx, key, Op::GetEntry, get, value_bytes, |entry, room| {
        entry.map(|entry| Entry::of(entry, room))
    })
}

pub(super) async fn get_entry_admitted<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name): Key,
) -> Answer<Option<Entry>> {
    let grant = granted(&mut cx, &handle, Op::GetEntry)?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::GetEntry, from_ref(&name));
    let work = || grant.namespace.get_entry(&name);
    let (entry, room) = read_admitted(&mut cx, call, work, value_bytes).await?;
    Ok(entry.map(|entry| Entry::of(entry, &room)))
}

pub(super) async fn get_many<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, names): (Resource<Open>, WasmList<WasmStr>),
) -> Answer<Vec<Option<Entry>>> {
    let grant = granted(&mut cx, &handle, Op::GetMany)?;
    if names.len() > GET_MANY_KEYS_MAX {
        let (count, max) = (names.len() as u64, GET_MANY_KEYS_MAX as u64);
        return Err(Error::KeyCount { count, max }.into());
    }
    let names = lifted(&mut cx, &names)?.into_iter().map(|name| key(&cx, &name));
    let names = names.collect::<Answer<Vec<_>>>()?;
    let call = Call::new(&grant, Op::GetMany, &names);
    let bytes = |entries: &Vec<_>| entries.iter().map(value_bytes).sum();
    let work = || grant.namespace.get_many(&names);
    let (entries, room) = read(&mut cx, call, work, bytes).await?;
    Ok(entries.into_iter().map(|entry| entry.map(|entry| Entry::of(entry, &room))).collect())
}

pub(super) fn head_at_once<T: KvView>(cx: &mut Cx<'_, T>, key: &Key) -> AtOnce<Option<KeyInfo>> {
    let head = async |namespace: &Namespace, key: &str| namespace.head(key).await;
    read_at_once(cx, key, Op::Head, head, no_bytes, |info, _| info.map(KeyInfo::from))
}

pub(super) async fn head_admitted<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name): Key,
) -> Answer<Option<KeyInfo>> {
    let grant = granted(&mut cx, &handle, Op::Head)?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::Head, from_ref(&name));
    let info = perform_admitted(&mut cx, call, grant.namespace.head(&name), no_bytes).await?;
    Ok(info.map(KeyInfo::from))
}

pub(super) async fn put<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, bytes): (Resource<Open>, WasmStr, WasmList<u8>),
) -> Answer<u64> {
    let grant = granted(&mut cx, &handle, Op::Put)?;
    check_value(&bytes)?;
    let _turn = turn(&mut cx, bytes.len()).await?;
    let name = key(&cx, &name)?;
    let call = Call { bytes: bytes.len() as u64, ..Call::new(&grant, Op::Put, from_ref(&name)) };
    admit(&mut cx, &call)?;
    let result = grant.namespace.put(&name, value(&cx, &bytes)).await;
    settle(&mut cx, &call, result, no_bytes).map(Version::as_u64)
}

pub(super) async fn put_with<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, bytes, options): (Resource<Open>, WasmStr, WasmList<u8>, PutOptions),
) -> Answer<wit::WriteOutcome> {
    let grant = granted(&mut cx, &handle, Op::PutWith)?;
    check_value(&bytes)?;
    let _turn = turn(&mut cx, bytes.len()).await?;
    let name = key(&cx, &name)?;
    let options = options.copied(&cx)?;
    let call =
        Call { bytes: bytes.len() as u64, ..Call::new(&grant, Op::PutWith, from_ref(&name)) };
    admit(&mut cx, &call)?;
    let result = grant.namespace.put_with(&name, value(&cx, &bytes), options).await;
    settle(&mut cx, &call, result, no_bytes).map(Into::into)
}

pub(super) async fn delete<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name): (Resource<Open>, WasmStr),
) -> Answer<bool> {
    let grant = granted(&mut cx, &handle, Op::Delete)?;
    let _turn = turn(&mut cx, 0).await?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::Delete, from_ref(&name));
    perform(&mut cx, call, grant.namespace.delete(&name), no_bytes).await
}

pub(super) async fn delete_if<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, version): (Resource<Open>, WasmStr, u64),
) -> Answer<wit::DeleteOutcome> {
    let grant = granted(&mut cx, &handle, Op::DeleteIf)?;
    let _turn = turn(&mut cx, 0).await?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::DeleteIf, from_ref(&name));
    let work = grant.namespace.delete_if(&name, Version::from_u64(version));
    perform(&mut cx, call, work, no_bytes).await.map(Into::into)
}

pub(super) async fn expire<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, expiration): (Resource<Open>, WasmStr, Option<wit::Expiration>),
) -> Answer<Option<u64>> {
    let grant = granted(&mut cx, &handle, Op::Expire)?;
    let _turn = turn(&mut cx, 0).await?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::Expire, from_ref(&name));
    let work = grant.namespace.expire(&name, expiration.map(Into::into));
    let version = perform(&mut cx, call, work, no_bytes).await?;
    Ok(version.map(Version::as_u64))
}

pub(super) async fn increment<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, delta, expiration): (Resource<Open>, WasmStr, i64, Option<wit::Expiration>),
) -> Answer<wit::Counter> {
    let grant = granted(&mut cx, &handle, Op::Increment)?;
    let _turn = turn(&mut cx, 0).await?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::Increment, from_ref(&name));
    let work = grant.namespace.increment(&name, delta, expiration.map(Into::into));
    perform(&mut cx, call, work, no_bytes).await.map(Into::into)
}

pub(super) async fn list<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, options): (Resource<Open>, ListOptions),
) -> Answer<ListPage> {
    let grant = granted(&mut cx, &handle, Op::List)?;
    let options = options.copied(&cx)?;
    let call = Call { prefix: options.prefix.as_deref(), ..Call::new(&grant, Op::List, &[]) };
    perform(&mut cx, call, grant.namespace.list(&options), no_bytes).await.map(Into::into)
}

pub(super) async fn commit<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, checks, operations): (Resource<Open>, WasmList<Check>, WasmList<Operation>),
) -> Answer<wit::CommitOutcome> {
    let grant = granted(&mut cx, &handle, Op::Commit)?;
    let count = checks.len() + operations.len();
    if count > COMMIT_OPERATIONS_MAX {
        let (count, max) = (count as u64, COMMIT_OPERATIONS_MAX as u64);
        return Err(Error::OperationCount { count, max }.into());
    }
    let checks = lifted(&mut cx, &checks)?.into_iter().map(|check| check.copied(&cx));
    let checks = checks.collect::<Answer<Vec<_>>>()?;
    let operations = lifted(&mut cx, &operations)?;
    let mut values = 0;
    for value in operations.iter().filter_map(Operation::value) {
        check_value(value)?;
        values += value.len();
    }
    if values > COMMIT_BYTES_MAX {
        let mut bytes = checks.iter().map(|check| check.key.len()).sum::<usize>();
        for operation in &operations {
            bytes += operation.bytes(&cx)?;
        }
        let (bytes, max) = (bytes as u64, COMMIT_BYTES_MAX as u64);
        return Err(Error::BatchTooLarge { bytes, max }.into());
    }
    let _turn = turn(&mut cx, values).await?;
    let operations = operations.into_iter().map(|operation| operation.copied(&cx));
    let operations = operations.collect::<Answer<Vec<_>>>()?;
    let keys = checks.iter().map(|check| &check.key);
    let keys: Vec<String> = keys.chain(operations.iter().map(key_of)).cloned().collect();
    let call = Call { bytes: values as u64, ..Call::new(&grant, Op::Commit, &keys) };
    let work = grant.namespace.commit(checks, operations);
    perform(&mut cx, call, work, no_bytes).await.map(Into::into)
}

/// The items of a list, of which the strings and lists stay in the guest's memory.
fn lifted<T: 'static, I: Lift>(cx: &mut Cx<'_, T>, items: &WasmList<I>) -> Answer<Vec<I>> {
    let items = (0..items.len()).map_while(|index| items.get(&mut *cx, index));
    Ok(items.collect::<wasmtime::Result<_>>()?)
}

fn key_of(operation: &larder_store::Operation) -> &String {
    use larder_store::Operation as Copied;
    match operation {
        Copied::Put { key, .. }
        | Copied::Delete { key }
        | Copied::Increment { key, .. }
        | Copied::Expire { key, .. } => key,
    }
}

fn bytes_of(value: &Option<Bytes>) -> usize {
    value.as_ref().map_or(0, Bytes::len)
}

fn value_bytes(entry: &Option<larder_store::Entry>) -> usize {
    entry.as_ref().map_or(0, |entry| entry.value.len())
}

fn no_bytes<R>(_: &R) -> usize {
    0
}
