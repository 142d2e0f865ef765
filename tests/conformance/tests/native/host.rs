//! A store of its own behind the socket of this process.

use larder_conformance::START_MS;
use larder_server::{Bindings, ForTests, Listening, Server};
use larder_store::{Larder, ManualClock, Namespace, Options};
use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A store on disk, which answers on the socket until the last of these is dropped. Then connections
/// are cut: to close the socket waits for clients that may be about to ask, as the one here always is.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    larder: Larder,
    clock: Arc<ManualClock>,
    granted: Mutex<BTreeMap<String, Namespace>>,
    bindings: Bindings,
    listening: Listening,
    runtime: Runtime,
    _directory: TempDir,
}

impl Host {
    pub fn fresh() -> Self {
        Self::with(|_, server| server)
    }

    /// A store of which tests may set the time, and which they may empty.
    pub fn for_tests() -> Self {
        Self::with(|clock, server| {
            let nothing = Arc::new(|_| Box::pin(async { Ok(()) }) as _);
            server.for_tests(ForTests::new(clock, nothing))
        })
    }

    fn with(serving: impl FnOnce(Arc<ManualClock>, Server) -> Server) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START_MS));
        let larder = Options::new().clock(clock.clone()).open(directory.path()).unwrap();
        let runtime = Runtime::new().unwrap();
        let bindings = Bindings::default();
        let server = serving(clock.clone(), Server::new(&larder).bindings(bindings.clone()));
        let socket = env::var_os("LARDER_SOCKET").unwrap();
        let listening = runtime.block_on(async { server.listen_at(socket) }).unwrap();
        let granted = Mutex::default();
        let inner =
            Inner { larder, clock, granted, bindings, listening, runtime, _directory: directory };
        Self(Arc::new(inner))
    }

    /// Closes the socket, as an owner of a store does that ends.
    pub fn close(self) {
        let inner = Arc::into_inner(self.0).unwrap();
        inner.runtime.block_on(inner.listening.close());
    }

    /// Grants what lies under a prefix of a namespace, which is created if need be: the binding.
    pub fn bind(&self, title: &str, prefix: &str) -> String {
        let mut binding = format!("{title}/{prefix}");
        let namespace = self.0.larder.blocking().open_or_create(title).unwrap();
        let mut granted = self.0.granted.lock().unwrap();
        // What was granted before stays, also when its namespace was deleted and made anew.
        while granted.contains_key(&binding) {
            binding.push('+');
        }
        granted.insert(binding.clone(), namespace.scoped(prefix).unwrap());
        let all = granted.iter().map(|(name, namespace)| (name.clone(), namespace.clone(), false));
        self.0.bindings.replace(all);
        binding
    }

    pub fn larder(&self) -> &Larder {
        &self.0.larder
    }

    pub fn clock(&self) -> &ManualClock {
        &self.0.clock
    }
}
