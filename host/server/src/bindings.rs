//! What a guest was granted, as far as the socket knows it.

use larder_store::Namespace;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Namespaces under the names that a guest knows them by. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct Bindings(Arc<RwLock<BTreeMap<String, Grant>>>);

#[derive(Clone, Debug)]
struct Grant {
    namespace: Namespace,
    read_only: bool,
}

impl Bindings {
    /// Replaces all bindings: name, namespace as the guest sees it, whether it is read-only.
    pub fn replace(&self, bindings: impl IntoIterator<Item = (String, Namespace, bool)>) {
        let bindings = bindings.into_iter();
        let bindings =
            bindings.map(|(name, namespace, read_only)| (name, Grant { namespace, read_only }));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = bindings.collect();
    }

    pub(crate) fn get(&self, name: &str) -> Option<(Namespace, bool)> {
        let bindings = self.0.read().unwrap_or_else(PoisonError::into_inner);
        bindings.get(name).map(|grant| (grant.namespace.clone(), grant.read_only))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
