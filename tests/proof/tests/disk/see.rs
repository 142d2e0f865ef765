//! Everything that a store shows, by every way to read it.

use super::expected::Seen;
use larder_proof::stepped::SteppedClock;
use larder_store::{Error, Larder, ListOptions};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a store shows.
pub fn see(clock: &Arc<SteppedClock>, larder: &Larder) -> Result<Seen, Error> {
    clock.wait(async {
        let mut seen = Seen::new();
        for info in larder.namespaces().await? {
            let Some(namespace) = larder.namespace_by_id(&info.id).await? else { continue };
            let mut keys = BTreeMap::new();
            let mut options = ListOptions { limit: Some(10), ..ListOptions::default() };
            loop {
                let page = namespace.list(&options).await?;
                let names: Vec<_> = page.keys.iter().map(|key| key.name.clone()).collect();
                for key in page.keys {
                    let entry = namespace.get_entry(&key.name).await?.expect("a key is listed");
                    assert_eq!(entry.head, key.head, "{} as it is listed", key.name);
                    keys.insert(key.name, entry);
                }
                if let Some(first) = names.first() {
                    let again = namespace.get_many(std::slice::from_ref(first)).await?;
                    assert_eq!(again, [keys.get(first).cloned()]);
                }
                options.cursor = page.cursor;
                if options.cursor.is_none() {
                    break;
                }
            }
            seen.insert(info.id.to_string(), (info.title.to_string(), keys));
        }
        Ok(seen)
    })
}
