//! Values in pieces.

use super::namespaces::failed;
use super::{Agreed, Disagreement, Handle, PLACES, Run, agree, expect, place};
use crate::model::{After, Model, NOT_WRITTEN, Place};
use crate::operation::{ByteCount, Key, Options, Slot};
use bytes::{Bytes, BytesMut};
use larder_store::{
    BlockingReader, BlockingWriter, Entry, ErrorKind, KeyInfo, ListOptions, PutOptions,
    WriteOutcome,
};

/// A reader, and the value that it must keep.
pub(super) struct OpenReader {
    reader: BlockingReader,
    place: Place,
    value: Bytes,
    info: KeyInfo,
}

/// A writer, and what was written.
pub(super) struct OpenWriter {
    writer: BlockingWriter,
    place: Place,
    key: String,
    options: PutOptions,
    written: BytesMut,
    has_failed: bool,
}

impl Run {
    pub(super) fn open_reader(&mut self, at: Slot, handle: Slot, key: Key) -> Agreed {
        let Some(handle) = self.handle(handle) else { return Ok(()) };
        self.keep_reader(at.of(PLACES), &handle, key.text())
    }

    fn keep_reader(&mut self, at: usize, handle: &Handle, key: String) -> Agreed {
        let entry = self.model.get(&handle.place, &key);
        let opened = handle.namespace.blocking().open_reader(&key);
        let (opened, found) = match opened {
            Ok(Some(reader)) => (Some(reader.clone()), Ok(Some(reader.info().clone()))),
            Ok(None) => (None, Ok(None)),
            Err(error)
                if error.kind() == ErrorKind::QuotaBytes && self.keep_too_much(&handle.place) =>
            {
                return Ok(());
            }
            Err(error) => (None, Err(error)),
        };
        let info = |entry: Entry| KeyInfo { name: key.clone(), head: entry.head };
        let info = agree(entry.clone().map(|entry| entry.map(info)), found)?.flatten();
        if let (Some(reader), Some(info), Ok(Some(entry))) = (opened, info, entry) {
            let reader =
                OpenReader { reader, place: handle.place.clone(), value: entry.value, info };
            place(&mut self.readers, at, reader);
        }
        Ok(())
    }

    /// Whether the readers of a namespace, and one of any value that may be in it, might keep more
    /// than has room there.
    fn keep_too_much(&self, on: &Place) -> bool {
        let readers = self.readers.iter().filter(|open| open.place.space == on.space);
        let kept = readers.map(|open| open.value.len()).sum::<usize>();
        let largest = larder_store::limits::VALUE_BYTES_MAX;
        self.model
            .quota(on.space)
            .bytes
            .is_some_and(|max| kept > 0 && (kept + largest) as u64 > max)
    }

    /// A read gives one byte at least, unless it is at the end, and no more than was asked for.
    pub(super) fn read(&mut self, at: Slot, offset: ByteCount, max: ByteCount) -> Agreed {
        let (offset, max) = (offset.number(), max.number());
        let Some(open) = self.readers.get(at.of(self.readers.len())) else { return Ok(()) };
        expect(&open.info, open.reader.info())?;
        let found = open.reader.read(offset as u64, max);
        if max == 0 {
            return agree(Err(vec![ErrorKind::InvalidArgument]), found).map(drop);
        }
        let rest = open.value.slice(offset.min(open.value.len())..);
        match found {
            Ok(piece) if piece.len() <= max && piece.is_empty() == rest.is_empty() => {
                expect(rest.slice(..piece.len().min(rest.len())), piece)
            }
            found => Err(Disagreement::new(rest, found)),
        }
    }

    /// Readers keep their values when all namespaces are deleted and everything is freed.
    pub(super) fn read_to_the_last(&mut self) -> Agreed {
        const READERS_MAX: usize = 16;
        self.readers.clear();
        for space in self.model.namespaces() {
            let root = self.root(space)?;
            let page = self.model.list(&root.place, &ListOptions::default(), &After::Nothing);
            for key in page.unwrap_or_default().keys.into_iter().take(READERS_MAX) {
                self.keep_reader(self.readers.len(), &root, key.name)?;
            }
            let title = self.model.names(space).0.to_owned();
            self.delete_namespace(&title)?;
        }
        self.sweep()?;
        self.compact()?;
        for open in &self.readers {
            let found = open.reader.read(0, usize::MAX).map_err(failed)?;
            let mut value = BytesMut::from(&*found);
            while value.len() < open.value.len() {
                let piece = open.reader.read(value.len() as u64, usize::MAX).map_err(failed)?;
                expect(false, piece.is_empty())?;
                value.extend_from_slice(&piece);
            }
            expect(&open.value, &value.freeze())?;
        }
        self.readers.clear();
        self.sweep()
    }

    pub(super) fn drop_reader(&mut self, at: Slot) -> Agreed {
        let at = at.of(self.readers.len());
        if at < self.readers.len() {
            self.readers.remove(at);
        }
        Ok(())
    }

    pub(super) fn open_writer(
        &mut self,
        at: Slot,
        handle: Slot,
        key: Key,
        options: Options,
    ) -> Agreed {
        let Some(Handle { namespace, place: on }) = self.handle(handle) else { return Ok(()) };
        let (options, key) = (self.options(&on, key, options), key.text());
        let mut opened = None;
        let found = namespace.blocking().open_writer(&key, options.clone());
        let found = found.map(|writer| opened = Some(writer));
        agree(self.model.open_writer(&on, &key, &options), found)?;
        if let Some(writer) = opened {
            let written = BytesMut::new();
            let writer = OpenWriter { writer, place: on, key, options, written, has_failed: false };
            place(&mut self.writers, at.of(PLACES), writer);
        }
        Ok(())
    }

    pub(super) fn write_piece(&mut self, at: Slot, piece: Bytes) -> Agreed {
        let at = at.of(self.writers.len());
        let Some(open) = self.writers.get(at) else { return Ok(()) };
        let space = open.place.space;
        let siblings = self.writers.iter().filter(|open| open.place.space == space);
        let unfinished = siblings.map(|open| open.written.len()).sum::<usize>() + piece.len();
        let is_above = self.model.quota(space).bytes.is_some_and(|max| unfinished as u64 > max);
        let may_fail = open.has_failed || is_above || self.model.is_deleted(space);
        let size = Model::size(open.written.len() + piece.len());
        let Some(open) = self.writers.get_mut(at) else { return Ok(()) };
        let found = open.writer.write(&piece);
        if may_fail && found.is_err() {
            open.has_failed = true;
            // What was refused for the quota's sake is counted until the writer goes.
            open.written.extend_from_slice(&piece);
            return Ok(());
        }
        if open.has_failed {
            return Err(Disagreement::new("the error of before", found));
        }
        open.has_failed = size.is_err();
        open.written.extend_from_slice(if size.is_ok() { &piece } else { &[] });
        agree(size, found).map(drop)
    }

    pub(super) fn finish(&mut self, at: Slot) -> Agreed {
        let at = at.of(self.writers.len());
        if at >= self.writers.len() {
            return Ok(());
        }
        let OpenWriter { writer, place, key, options, written, has_failed } =
            self.writers.remove(at);
        let found = writer.finish();
        if has_failed {
            return match found {
                Err(_) => Ok(()),
                found => Err(Disagreement::new("the error of before", found)),
            };
        }
        let version = match &found {
            Ok(WriteOutcome::Written(version)) => Some(*version),
            _ => None,
        };
        let (value, told) = (written.freeze(), version.unwrap_or(NOT_WRITTEN));
        agree(self.model.put(&place, &key, &value, &options, told), found)?;
        version.map_or(Ok(()), |version| self.tell(version))
    }
}
