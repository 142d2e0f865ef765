//! What a guest is given, and the way from an embedder's state to it.

use crate::limits::Room;
use crate::{KvHooks, KvLimits};
use larder_store::Namespace;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use wasmtime::component::ResourceTable;

/// Longest name of a binding, in bytes of UTF-8.
pub const BINDING_BYTES_MAX: usize = 512;

/// Most names that the hooks are told of as not bound, for one [`KvCtx`].
const UNBOUND_MAX: usize = 16;

/// What a guest may do with a namespace that it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading and listing; a write is refused with `access-denied`.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

/// Why a grant cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// A binding without a name.
    #[error("the name of a binding cannot be empty")]
    NameEmpty,
    /// A name above [`BINDING_BYTES_MAX`].
    #[error("the name of a binding has {bytes} bytes; at most {max} are allowed")]
    NameTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// There is a grant under that name already.
    #[error("the binding {name:?} is granted twice")]
    NameTaken {
        /// The name.
        name: String,
    },
}

/// A namespace under the name by which a guest opens it.
pub(crate) struct Grant {
    pub(crate) name: Arc<str>,
    pub(crate) namespace: Namespace,
    pub(crate) access: Access,
}

/// The namespaces that a guest was granted: all that it can reach, each under the name by which it
/// opens it; and what it may take of its host at a time.
///
/// Built once for each plugin, tenant or component, and shared by all its contexts, which share its
/// limits; cheap to clone. The default grants nothing.
#[derive(Clone)]
pub struct KvGrants {
    grants: Arc<BTreeMap<Arc<str>, Arc<Grant>>>,
    room: Arc<Room>,
}

impl Default for KvGrants {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl KvGrants {
    /// Begins with no grant.
    pub fn builder() -> KvGrantsBuilder {
        KvGrantsBuilder::default()
    }

    /// The names that the guest can open, in byte order.
    pub fn bindings(&self) -> impl Iterator<Item = &str> {
        self.grants.keys().map(|name| &**name)
    }

    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.grants.keys().cloned().collect()
    }

    pub(crate) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Grant>> {
        self.grants.get(name)
    }
}

impl fmt::Debug for KvGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grants = self.grants.values();
        f.debug_map().entries(grants.map(|grant| (&grant.name, &grant.access))).finish()
    }
}

/// Makes [`KvGrants`].
#[derive(Default)]
pub struct KvGrantsBuilder {
    grants: BTreeMap<Arc<str>, Arc<Grant>>,
    limits: KvLimits,
}

impl KvGrantsBuilder {
    /// Grants `namespace` under `name`, the text that the guest passes to `open`.
    ///
    /// To grant only the keys under a prefix, give [`Namespace::scoped`]: the guest neither sees
    /// the prefix nor leaves it.
    ///
    /// # Errors
    ///
    /// When the name is empty, longer than [`BINDING_BYTES_MAX`] or granted already.
    pub fn grant(
        &mut self,
        name: &str,
        namespace: Namespace,
        access: Access,
    ) -> Result<&mut Self, GrantError> {
        match name.len() {
            0 => return Err(GrantError::NameEmpty),
            bytes if bytes > BINDING_BYTES_MAX => {
                return Err(GrantError::NameTooLong { bytes, max: BINDING_BYTES_MAX });
            }
            _ if self.grants.contains_key(name) => {
                return Err(GrantError::NameTaken { name: name.to_owned() });
            }
            _ => {}
        }
        let name: Arc<str> = name.into();
        self.grants.insert(name.clone(), Arc::new(Grant { name, namespace, access }));
        Ok(self)
    }

    /// Says what the guest may take of its host at a time; [`KvLimits::default`] otherwise.
    pub fn limits(&mut self, limits: KvLimits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// The grants made so far. What is built twice has its limits twice.
    pub fn build(&self) -> KvGrants {
        KvGrants { grants: Arc::new(self.grants.clone()), room: Arc::new(Room::new(self.limits)) }
    }
}

impl fmt::Debug for KvGrantsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.build().fmt(f)
    }
}

/// The state of one guest: made for each wasmtime [`Store`](wasmtime::Store) and gone with it.
#[derive(Debug, Default)]
pub struct KvCtx {
    pub(crate) grants: KvGrants,
    /// Handles on namespaces that are open.
    pub(crate) namespaces_open: u32,
    /// Readers and writers that are open.
    pub(crate) pieces_open: u32,
    /// Names that the guest asked for in vain and that the hooks have been told.
    pub(crate) unbound: Vec<Box<str>>,
    /// The key that was read last, in whose place the next is copied.
    pub(crate) key: String,
}

impl KvCtx {
    /// The state of a guest that has these grants and nothing open yet.
    pub fn new(grants: &KvGrants) -> Self {
        Self { grants: grants.clone(), ..Self::default() }
    }

    /// Whether the guest has at most half of the namespaces, readers and writers open that each
    /// instance may have, for an embedder that has the same instance go on with other work: one that
    /// lets go of nothing would at last be refused what another instance would get.
    pub fn is_ample(&self) -> bool {
        let limits = self.grants.room().limits;
        self.namespaces_open <= limits.namespaces_each / 2
            && self.pieces_open <= limits.pieces_each / 2
    }

    /// Whether the hooks are to be told of a name that is not bound: once each, and not of every
    /// name that a guest can think of.
    pub(crate) fn first_asked_for(&mut self, name: &str) -> bool {
        let first =
            self.unbound.len() < UNBOUND_MAX && !self.unbound.iter().any(|known| **known == *name);
        if first {
            self.unbound.push(name.into());
        }
        first
    }
}

/// How the functions of `larder:kv` find their state in an embedder's `T` of
/// [`Store<T>`](wasmtime::Store).
///
/// ```
/// use larder_wasmtime::{KvCtx, KvCtxView, KvView};
/// use wasmtime::component::ResourceTable;
///
/// struct State {
///     kv: KvCtx,
///     table: ResourceTable,
/// }
///
/// impl KvView for State {
///     fn kv(&mut self) -> KvCtxView<'_> {
///         KvCtxView { ctx: &mut self.kv, table: &mut self.table, hooks: Default::default() }
///     }
/// }
/// ```
pub trait KvView: Send {
    /// The state of `larder:kv` within this one.
    fn kv(&mut self) -> KvCtxView<'_>;
}

/// The state of `larder:kv`, borrowed for a moment; see [`KvView::kv`].
pub struct KvCtxView<'a> {
    /// The guest's grants and what is counted of it.
    pub ctx: &'a mut KvCtx,
    /// Where the guest's open namespaces, readers and writers are kept. It may be the table of
    /// wasmtime-wasi and others, and limits their number by
    /// [`set_max_capacity`](ResourceTable::set_max_capacity); a guest that fills it traps.
    pub table: &'a mut ResourceTable,
    /// What is told of each operation; `Default::default()` for nobody.
    pub hooks: &'a mut dyn KvHooks,
}
