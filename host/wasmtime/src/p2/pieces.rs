//! The functions of the resources `reader` and `writer`.

use super::call::{Answer, admit, granted, key, perform, settle, turn};
use super::namespace::Open;
use super::records::{KeyInfo, PutOptions};
use crate::bindings as wit;
use crate::ctx::Grant;
use crate::limits::PieceRoom;
use crate::{Call, KvCtxView, KvView, Operation as Op};
use bytes::Bytes;
use larder_store::limits::PIECE_BYTES;
use larder_store::{Error, Reader, Writer};
use std::slice::from_ref;
use std::sync::Arc;
use wasmtime::component::{Resource, WasmList, WasmStr};
use wasmtime::{AsContext, StoreContextMut};

type Cx<'a, T> = StoreContextMut<'a, T>;

/// A reader of a guest, for as long as a read of it goes on.
pub(super) type OpenReader = Arc<(Arc<Grant>, Reader, PieceRoom)>;

/// A writer of a guest.
pub(super) struct OpenWriter {
    grant: Arc<Grant>,
    key: String,
    /// None during a write and, if that was denied or broken off, for good: a value must not be
    /// finished without one of its pieces.
    writer: Option<Writer>,
    _room: PieceRoom,
}

pub(super) async fn open_reader<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name): (Resource<Open>, WasmStr),
) -> Answer<Option<Resource<OpenReader>>> {
    let grant = granted(&mut cx, &handle, Op::OpenReader)?;
    let room = room(&mut cx)?;
    let name = key(&cx, &name)?;
    let call = Call::new(&grant, Op::OpenReader, from_ref(&name));
    let reader = perform(&mut cx, call, grant.namespace.open_reader(&name), |_| 0).await?;
    let Some(reader) = reader else { return Ok(None) };
    Ok(Some(cx.data_mut().kv().keep(Arc::new((grant, reader, room)))?))
}

pub(super) fn info<T: KvView>(
    mut cx: Cx<'_, T>,
    (handle,): (Resource<OpenReader>,),
) -> wasmtime::Result<(KeyInfo,)> {
    let (_, reader, _) = &**cx.data_mut().kv().table.get(&handle)?;
    Ok((reader.info().clone().into(),))
}

pub(super) async fn read<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, offset, max): (Resource<OpenReader>, u64, u32),
) -> Answer<Bytes> {
    let open = cx.data_mut().kv().table.get(&handle)?.clone();
    let (grant, reader, _) = &*open;
    let call = Call::new(grant, Op::Read, from_ref(&reader.info().name));
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    perform(&mut cx, call, reader.read(offset, max), Bytes::len).await
}

pub(super) async fn open_writer<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, name, options): (Resource<Open>, WasmStr, PutOptions),
) -> Answer<Resource<OpenWriter>> {
    let grant = granted(&mut cx, &handle, Op::OpenWriter)?;
    let room = room(&mut cx)?;
    let key = key(&cx, &name)?;
    let options = options.copied(&cx)?;
    let call = Call::new(&grant, Op::OpenWriter, from_ref(&key));
    admit(&mut cx, &call)?;
    let opened = grant.namespace.open_writer(&key, options);
    let writer = Some(settle(&mut cx, &call, opened, |_| 0)?);
    Ok(cx.data_mut().kv().keep(OpenWriter { grant, key, writer, _room: room })?)
}

pub(super) async fn write<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle, chunk): (Resource<OpenWriter>, WasmList<u8>),
) -> Answer<()> {
    let _turn = turn(&mut cx, chunk.len().min(PIECE_BYTES)).await?;
    let open = cx.data_mut().kv().table.get_mut(&handle)?;
    let mut writer = open.writer.take().ok_or(BROKEN_OFF)?;
    let (grant, key) = (open.grant.clone(), open.key.clone());
    let call = Call { bytes: chunk.len() as u64, ..Call::new(&grant, Op::Write, from_ref(&key)) };
    admit(&mut cx, &call)?;
    // The writer sees the length before it copies, straight from the guest's memory.
    let result = writer.write(chunk.as_le_slice(cx.as_context())).await;
    cx.data_mut().kv().table.get_mut(&handle)?.writer = Some(writer);
    settle(&mut cx, &call, result, |()| 0)
}

pub(super) async fn finish<T: KvView + 'static>(
    mut cx: Cx<'_, T>,
    (handle,): (Resource<OpenWriter>,),
) -> Answer<wit::WriteOutcome> {
    let _turn = turn(&mut cx, 0).await?;
    let OpenWriter { grant, key, writer, _room } = cx.data_mut().kv().close(handle)?;
    let writer = writer.ok_or(BROKEN_OFF)?;
    let call = Call::new(&grant, Op::Finish, from_ref(&key));
    perform(&mut cx, call, writer.finish(), |_| 0).await.map(Into::into)
}

const BROKEN_OFF: Error = Error::Unsupported { what: "go on with a write that was broken off" };

/// Room for another reader or writer.
fn room<T: KvView>(cx: &mut Cx<'_, T>) -> Answer<PieceRoom> {
    let ctx = cx.data_mut().kv().ctx;
    Ok(ctx.grants.room().pieces(ctx.pieces_open)?)
}

impl KvCtxView<'_> {
    /// Keeps a reader or writer for the guest.
    fn keep<P: Send + 'static>(&mut self, pieces: P) -> wasmtime::Result<Resource<P>> {
        let handle = self.table.push(pieces)?;
        self.ctx.pieces_open += 1;
        Ok(handle)
    }

    /// Takes a reader or writer back.
    pub(super) fn close<P: 'static>(&mut self, handle: Resource<P>) -> wasmtime::Result<P> {
        let pieces = self.table.delete(handle)?;
        self.ctx.pieces_open = self.ctx.pieces_open.saturating_sub(1);
        Ok(pieces)
    }
}
