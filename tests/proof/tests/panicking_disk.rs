//! What makes redb panic is an error to whoever asked, and the store comes back by itself.

#![expect(clippy::panic, reason = "tests fail by panicking")]

use larder_proof::Image;
use larder_store::Options;
use redb::StorageBackend;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A disk that panics when the file is to grow, as redb does over pages that it cannot believe, in
/// the midst of its own work and with its locks held.
#[derive(Debug)]
struct Panicking(Image, Arc<AtomicBool>);

impl StorageBackend for Panicking {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.1.load(Ordering::SeqCst) {
            panic!("the file grows");
        }
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

#[test]
fn a_panic_within_redb_neither_ends_the_store_nor_loses_anything() {
    let (image, panics) = (Image::default(), Arc::new(AtomicBool::new(false)));
    let disk = (image, panics.clone());
    let larder = Options::new().open_on(move || Ok(Panicking(disk.0.clone(), disk.1.clone())));
    let larder = larder.unwrap();
    let namespace = larder.blocking().open_or_create("a").unwrap().blocking();
    namespace.put("before", "v").unwrap();
    panics.store(true, Ordering::SeqCst);
    assert!(namespace.put("large", vec![1; 5_000_000]).is_err());
    panics.store(false, Ordering::SeqCst);
    let back = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        namespace.put("after", "v").is_ok()
    });
    assert!(back, "the store does not come back");
    assert_eq!(namespace.get("before").unwrap().unwrap(), "v");
    assert_eq!(namespace.get("large"), Ok(None));
    assert!(larder.blocking().check().unwrap().damage.is_empty());
}
