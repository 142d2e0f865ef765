//! What every call has in common: from the handle to its grant, from the guest's memory to the
//! store's arguments, and past the hooks on the way there and back.

use super::namespace::Open;
use crate::bindings as wit;
use crate::ctx::Grant;
use crate::limits::{OnItsWay, Turn};
use crate::{Access, Call, KvCtxView, KvGrants, KvHooks, KvView, Operation};
use bytes::Bytes;
use larder_store::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use larder_store::{Error, Namespace};
use std::borrow::Cow;
use std::mem::take;
use std::pin::pin;
use std::slice::from_ref;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{Resource, ResourceTable, ResourceTableError, WasmList, WasmStr};
use wasmtime::{AsContext, StoreContextMut};

/// Why a call does not have the answer that was asked for.
pub(super) enum Failure {
    /// The guest is told.
    Guest(wit::Error),
    /// The guest broke the rules of the component model, or its table is full: it traps.
    Trap(wasmtime::Error),
}

pub(super) type Answer<T> = Result<T, Failure>;

impl From<wit::Error> for Failure {
    fn from(error: wit::Error) -> Self {
        Self::Guest(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Guest(wit::Error::from(&error))
    }
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

/// An answer in the form in which wasmtime lowers it.
pub(super) type Lowered<R> = wasmtime::Result<(Result<R, wit::Error>,)>;

pub(super) fn lowered<R>(answer: Answer<R>) -> Lowered<R> {
    match answer {
        Ok(answer) => Ok((Ok(answer),)),
        Err(Failure::Guest(error)) => Ok((Err(error),)),
        Err(Failure::Trap(error)) => Err(error),
    }
}

pub(super) async fn answer<R>(call: impl Future<Output = Answer<R>>) -> Lowered<R> {
    lowered(call.await)
}

/// What became of a call in the moment in which it was made.
pub(super) enum AtOnce<R> {
    /// It is over.
    Answered(Answer<R>),
    /// The hooks have admitted it, and it is to go on.
    Admitted,
}

/// The grant behind a handle, if it lets that happen.
pub(super) fn granted<T: KvView>(
    cx: &mut StoreContextMut<'_, T>,
    handle: &Resource<Open>,
    operation: Operation,
) -> Answer<Arc<Grant>> {
    grant_of(cx.data_mut().kv().table, handle, operation).cloned()
}

fn grant_of<'t>(
    table: &'t ResourceTable,
    handle: &Resource<Open>,
    operation: Operation,
) -> Answer<&'t Arc<Grant>> {
    let grant = table.get(handle)?;
    match grant.access {
        Access::ReadOnly if operation.writes() => Err(wit::Error::AccessDenied.into()),
        Access::ReadOnly | Access::ReadWrite => Ok(grant),
    }
}

/// Reads a key without an allocation, a future or a count of who uses the grant, where the store answers
/// at once, as ours does, and there is room for the answer on its way into the guest's memory, in
/// the form of which it is for `lower` to make.
pub(super) fn read_at_once<T: KvView, R, L>(
    cx: &mut StoreContextMut<'_, T>,
    (handle, name): &(Resource<Open>, WasmStr),
    operation: Operation,
    work: impl AsyncFnOnce(&Namespace, &str) -> larder_store::Result<R>,
    bytes: impl Fn(&R) -> usize,
    lower: impl FnOnce(R, &OnItsWay) -> L,
) -> AtOnce<L> {
    let begin = || {
        let mut key = take(&mut cx.data_mut().kv().ctx.key);
        let copied = copy_key(cx, name, &mut key);
        let KvCtxView { ctx, table, hooks } = cx.data_mut().kv();
        ctx.key = key;
        let grant = grant_of(table, handle, operation)?;
        copied?;
        let call = Call::new(grant, operation, from_ref(&ctx.key));
        admitted(hooks, &call)?;
        let work = pin!(work(&grant.namespace, &ctx.key));
        let Poll::Ready(result) = work.poll(&mut Context::from_waker(Waker::noop())) else {
            return Ok(None);
        };
        let Some(room) = room_at_once(&ctx.grants, result.as_ref().map_or(0, &bytes)) else {
            return Ok(None);
        };
        settled(hooks, &call, result, bytes).map(|answer| Some(lower(answer, &room)))
    };
    match begin() {
        Ok(Some(answer)) => AtOnce::Answered(Ok(answer)),
        Ok(None) => AtOnce::Admitted,
        Err(failure) => AtOnce::Answered(Err(failure)),
    }
}

fn room_at_once(grants: &KvGrants, bytes: usize) -> Option<OnItsWay> {
    let uncounted = OnItsWay::default();
    if uncounted.has_room_for(bytes) { Some(uncounted) } else { grants.room().on_its_way(bytes) }
}

impl<'a> Call<'a> {
    pub(super) fn new(grant: &'a Grant, operation: Operation, keys: &'a [String]) -> Self {
        Self { binding: &grant.name, operation, keys, prefix: None, bytes: 0 }
    }
}

/// A call for which nothing more is read from the guest's memory.
pub(super) async fn perform<T: KvView, R>(
    cx: &mut StoreContextMut<'_, T>,
    call: Call<'_>,
    work: impl Future<Output = larder_store::Result<R>>,
    bytes: impl FnOnce(&R) -> usize,
) -> Answer<R> {
    admit(cx, &call)?;
    perform_admitted(cx, call, work, bytes).await
}

/// The same once it is admitted.
pub(super) async fn perform_admitted<T: KvView, R>(
    cx: &mut StoreContextMut<'_, T>,
    call: Call<'_>,
    work: impl Future<Output = larder_store::Result<R>>,
    bytes: impl FnOnce(&R) -> usize,
) -> Answer<R> {
    let result = work.await;
    settle(cx, &call, result, bytes)
}

/// A call that answers with values: for which there is room while they are on their way into the
/// guest's memory. What there is no room for is let go of, and read again when there is some.
pub(super) async fn read<T: KvView, R, W>(
    cx: &mut StoreContextMut<'_, T>,
    call: Call<'_>,
    work: impl Fn() -> W,
    bytes: impl Fn(&R) -> usize,
) -> Answer<(R, OnItsWay)>
where
    W: Future<Output = larder_store::Result<R>>,
{
    admit(cx, &call)?;
    read_admitted(cx, call, work, bytes).await
}

/// The same once it is admitted.
pub(super) async fn read_admitted<T: KvView, R, W>(
    cx: &mut StoreContextMut<'_, T>,
    call: Call<'_>,
    work: impl Fn() -> W,
    bytes: impl Fn(&R) -> usize,
) -> Answer<(R, OnItsWay)>
where
    W: Future<Output = larder_store::Result<R>>,
{
    let room = cx.data_mut().kv().ctx.grants.room().clone();
    let mut on_its_way = OnItsWay::default();
    let result = loop {
        let result = work().await;
        let size = result.as_ref().map_or(0, &bytes);
        if on_its_way.has_room_for(size) {
            break result;
        }
        // Nobody waits for more with some in hand.
        drop(on_its_way);
        if let Some(taken) = room.on_its_way(size) {
            on_its_way = taken;
            break result;
        }
        drop(result);
        on_its_way = room.wait_to_read(size).await?;
    };
    Ok((settle(cx, &call, result, bytes)?, on_its_way))
}

/// Waits for the guest's turn to write so many bytes, which are not copied out of its memory before.
pub(super) async fn turn<T: KvView>(cx: &mut StoreContextMut<'_, T>, bytes: usize) -> Answer<Turn> {
    let room = cx.data_mut().kv().ctx.grants.room().clone();
    Ok(room.turn(bytes).await?)
}

/// Asks the hooks whether the call may happen.
pub(super) fn admit<T: KvView>(cx: &mut StoreContextMut<'_, T>, call: &Call<'_>) -> Answer<()> {
    admitted(cx.data_mut().kv().hooks, call)
}

fn admitted(hooks: &mut dyn KvHooks, call: &Call<'_>) -> Answer<()> {
    hooks.before(call).map_err(|denied| wit::Error::from(denied).into())
}

/// Tells the hooks what became of the call, and the log what a guest must not know of it.
pub(super) fn settle<T: KvView, R>(
    cx: &mut StoreContextMut<'_, T>,
    call: &Call<'_>,
    result: larder_store::Result<R>,
    bytes: impl FnOnce(&R) -> usize,
) -> Answer<R> {
    settled(cx.data_mut().kv().hooks, call, result, bytes)
}

fn settled<R>(
    hooks: &mut dyn KvHooks,
    call: &Call<'_>,
    result: larder_store::Result<R>,
    bytes: impl FnOnce(&R) -> usize,
) -> Answer<R> {
    let told = result.as_ref().map(|answer| bytes(answer) as u64);
    hooks.after(call, told);
    let error = match result {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let for_guest = wit::Error::from(&error);
    if let wit::Error::Other(_)
    | wit::Error::OutcomeUnknown
    | wit::Error::Unavailable
    | wit::Error::QuotaExceeded(wit::Quota::Store) = for_guest
    {
        let (binding, operation) = (call.binding, call.operation);
        tracing::error!(binding, ?operation, %error, "an operation of a guest failed");
    }
    Err(for_guest.into())
}

/// Text of the guest's, copied unless it is longer than `max` bytes.
pub(super) fn text<T>(
    cx: &StoreContextMut<'_, T>,
    text: &WasmStr,
    max: usize,
    too_long: impl FnOnce(u64, u64) -> Error,
) -> Answer<String> {
    borrowed(cx, text, max, too_long).map(Cow::into_owned)
}

fn borrowed<'a, T>(
    cx: &'a StoreContextMut<'_, T>,
    text: &'a WasmStr,
    max: usize,
    too_long: impl FnOnce(u64, u64) -> Error,
) -> Answer<Cow<'a, str>> {
    let text = text.to_str(cx.as_context())?;
    match text.len() {
        bytes if bytes > max => Err(too_long(bytes as u64, max as u64).into()),
        _ => Ok(text),
    }
}

/// A key, or a bound or prefix of a listing.
pub(super) fn key<T>(cx: &StoreContextMut<'_, T>, key: &WasmStr) -> Answer<String> {
    text(cx, key, KEY_BYTES_MAX, key_too_long)
}

/// The same in the place of what `copy` held.
fn copy_key<T>(cx: &StoreContextMut<'_, T>, key: &WasmStr, copy: &mut String) -> Answer<()> {
    copy.clear();
    copy.push_str(&borrowed(cx, key, KEY_BYTES_MAX, key_too_long)?);
    Ok(())
}

fn key_too_long(bytes: u64, max: u64) -> Error {
    Error::KeyTooLong { bytes, max }
}

/// Refuses a value by its length, which costs nothing, before it is copied.
pub(super) fn check_value(value: &WasmList<u8>) -> Answer<()> {
    match value.len() {
        bytes if bytes > VALUE_BYTES_MAX => {
            let (bytes, max) = (bytes as u64, VALUE_BYTES_MAX as u64);
            Err(Error::ValueTooLarge { bytes, max }.into())
        }
        _ => Ok(()),
    }
}

/// A copy of a value.
pub(super) fn value<T>(cx: &StoreContextMut<'_, T>, value: &WasmList<u8>) -> Bytes {
    Bytes::copy_from_slice(value.as_le_slice(cx.as_context()))
}
