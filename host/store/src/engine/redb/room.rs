//! Room on the disk: a full one is told before redb meets it, and what is left then is for deletes.

use super::worker::Request;
use super::writer::Writer;
use crate::engine::NamespaceRequest;

/// What there must be room for on the disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// So many bytes that were not there.
    ToBring(u64),
    /// What is copied on write to free something.
    ToFree,
}

/// A page of each table and more, besides what is brought.
const MARGIN_BYTES: u64 = 1 << 20;
/// What is left of that when nothing more can be brought is for deletes.
const MARGIN_TO_FREE_BYTES: u64 = MARGIN_BYTES / 4;

impl Wanted {
    /// What must be free on the disk.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::ToBring(bytes) => bytes * 2 + MARGIN_BYTES,
            Self::ToFree => MARGIN_TO_FREE_BYTES,
        }
    }

    fn of(request: &Request) -> Self {
        match request {
            Request::Write { write, .. } if write.brings_values() => Self::ToBring(write.bytes()),
            Request::Stage { piece, .. } => Self::ToBring(piece.len() as u64),
            Request::Namespaces { request: NamespaceRequest::Delete { .. }, .. }
            | Request::Write { .. }
            | Request::Discard { .. } => Self::ToFree,
            Request::Namespaces { .. } => Self::ToBring(0),
        }
    }
}

impl Writer {
    /// Refuses requests that bring something when it does not fit on the disk, those that free
    /// something when there is not even room for that, and all when the file has been taken away.
    pub(super) fn refuse_what_cannot_be_kept(&self, requests: &mut Vec<Request>) {
        let brought = |request: &Request| match Wanted::of(request) {
            Wanted::ToBring(bytes) => Some(bytes),
            Wanted::ToFree => None,
        };
        if let Err(error) = self.opening.expect_in_place() {
            requests.drain(..).for_each(|request| request.refuse(&error));
            return;
        }
        let sum = requests.iter().filter_map(brought).sum();
        let Err(error) = self.opening.expect_room(Wanted::ToBring(sum)) else { return };
        for request in requests.extract_if(.., |request| brought(request).is_some()) {
            request.refuse(&error);
        }
        if let Err(error) = self.opening.expect_room(Wanted::ToFree) {
            requests.drain(..).for_each(|request| request.refuse(&error));
        }
    }

    /// Whether there is room to free something.
    pub(super) fn expect_room_to_free(&self) -> crate::Result<()> {
        self.opening.expect_room(Wanted::ToFree)
    }
}
