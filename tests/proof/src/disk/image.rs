//! What a file holds, cheap to copy whole.

use std::ops::Range;
use std::sync::Arc;

const PAGE: usize = 4096;

/// The bytes of a file. Copies share their pages until one is written.
#[derive(Clone, Default)]
pub struct Image {
    bytes: u64,
    /// `None` is a hole: zeros that take no room.
    pages: Vec<Option<Arc<[u8; PAGE]>>>,
}

/// What of a page is meant, and what of the data that goes there.
struct Span {
    page: usize,
    within: Range<usize>,
    data: Range<usize>,
}

fn spans(offset: u64, bytes: usize) -> impl Iterator<Item = Span> {
    let (offset, mut done) = (offset as usize, 0);
    std::iter::from_fn(move || {
        let (page, start) = ((offset + done) / PAGE, (offset + done) % PAGE);
        let count = (PAGE - start).min(bytes - done);
        let data = done..done + count;
        done += count;
        (count > 0).then_some(Span { page, within: start..start + count, data })
    })
}

impl Image {
    /// Bytes of the file.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Cuts the file off, or adds zeros to it.
    pub fn set_len(&mut self, bytes: u64) {
        let pages = (bytes as usize).div_ceil(PAGE);
        self.pages.resize(pages, None);
        let used = bytes as usize % PAGE;
        if bytes < self.bytes
            && used > 0
            && let Some(Some(last)) = self.pages.last_mut()
        {
            Arc::make_mut(last).iter_mut().skip(used).for_each(|byte| *byte = 0);
        }
        self.bytes = bytes;
    }

    /// Reads what lies there; zeros beyond the end.
    pub fn read(&self, offset: u64, out: &mut [u8]) {
        for Span { page, within, data } in spans(offset, out.len()) {
            let page = self.pages.get(page).and_then(Option::as_ref);
            let from = page.and_then(|page| page.get(within));
            if let Some(out) = out.get_mut(data) {
                match from {
                    Some(from) => out.copy_from_slice(from),
                    None => out.fill(0),
                }
            }
        }
    }

    /// Writes there; a file that is too short grows.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        let end = offset + bytes.len() as u64;
        if end > self.bytes {
            self.set_len(end);
        }
        for Span { page, within, data } in spans(offset, bytes.len()) {
            let page = self
                .pages
                .get_mut(page)
                .map(|page| Arc::make_mut(page.get_or_insert_with(|| Arc::new([0; PAGE]))));
            let to = page.and_then(|page| page.get_mut(within));
            if let (Some(to), Some(from)) = (to, bytes.get(data)) {
                to.copy_from_slice(from);
            }
        }
    }

    /// Bytes of the pages that are no holes.
    pub fn bytes_taken(&self) -> u64 {
        (self.pages.iter().flatten().count() * PAGE) as u64
    }

    /// How much more that would be if so much were written there.
    pub fn bytes_new(&self, offset: u64, bytes: usize) -> u64 {
        let is_hole = |span: &Span| self.pages.get(span.page).is_none_or(Option::is_none);
        (spans(offset, bytes).filter(is_hole).count() * PAGE) as u64
    }
}
