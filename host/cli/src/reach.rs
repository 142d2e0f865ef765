//! The way to a store that a command works on: opened here when it is free, or else through the
//! socket of whoever has it open. Both answer the same.

use crate::args::ReachArgs;
use crate::config::ConfigFile;
use crate::output;
use crate::seed;
use crate::settings::{Binding, NamespaceName, Place, StoreSettings};
use crate::store::InUse;
use anyhow::{Context as _, Result, anyhow};
use larder_server::client::{Client, ClientError, Connect, Connection};
use larder_server::wire::Namespace;
use larder_server::{Listening, Server, socket};
use larder_store::Larder;
use std::env;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

/// The socket of the store that tests run against.
pub const SOCKET_VARIABLE: &str = "LARDER_SOCKET";
/// How long to wait for whoever has the store, who may be opening it, or closing it.
const WAIT: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(10);

/// A store, wherever it is open.
pub struct Store {
    pub client: Client,
    opened: Arc<Mutex<Option<Opened>>>,
}

/// A store that is open here, and answers others meanwhile.
struct Opened {
    larder: Larder,
    socket: Option<Listening>,
}

/// The sockets of a store that guests work on, on which its owner's tools are answered.
pub struct Sockets(Vec<Listening>);

impl Sockets {
    /// Answers in the store's directory, if it has one, and where the flag says.
    pub fn listen(larder: &Larder, server: Server, settings: &StoreSettings) -> Result<Self> {
        let mut sockets = Vec::new();
        if larder.directory().is_some() {
            match server.clone().listen() {
                Ok(socket) => sockets.push(socket),
                // Not every file system has sockets.
                Err(error) => output::note(format_args!(
                    "the store has no socket, so that no other command reaches it: {error}"
                )),
            }
        }
        if let Some(path) = &settings.socket {
            let socket = server.listen_at(path);
            sockets.push(socket.with_context(|| {
                format!("cannot answer for the store on the socket {}", output::path(path))
            })?);
        }
        Ok(Self(sockets))
    }

    /// Lets those finish who are being answered.
    pub async fn close(self) {
        for socket in self.0 {
            socket.close().await;
        }
    }
}

/// Where the store is to be found.
pub enum Reach {
    /// What answers on a socket, whatever store that is.
    Socket(PathBuf),
    /// The store of these settings.
    Store {
        settings: StoreSettings,
        /// Whether to create it when there is none.
        create: bool,
    },
}

struct Way {
    reach: Reach,
    opened: Arc<Mutex<Option<Opened>>>,
}

impl Reach {
    /// The store that the flags and the config say, which must be there if not `create`.
    pub fn new(args: &ReachArgs, project: Option<&ConfigFile>, create: bool) -> Result<Self> {
        let said = args.socket.clone();
        let by_environment = || match args.store.store {
            None => env::var_os(SOCKET_VARIABLE).map(PathBuf::from),
            Some(_) => None,
        };
        match said.or_else(by_environment) {
            Some(path) => Ok(Self::Socket(path)),
            None => {
                let settings = StoreSettings::new(&args.store, project)?;
                Ok(Self::Store { settings, create })
            }
        }
    }
}

impl Store {
    /// The store is looked for when it is first asked for something.
    pub fn new(reach: Reach) -> Self {
        let opened = Arc::default();
        let client = Client::new(Way { reach, opened: Arc::clone(&opened) });
        Self { client, opened }
    }

    /// The namespace of that title; else an error that says which there are.
    pub async fn namespace(&self, title: &str) -> Result<Namespace> {
        match self.client.namespace(title).await? {
            Some(namespace) => Ok(namespace),
            None => Err(self.no_namespace(title).await?),
        }
    }

    async fn no_namespace(&self, name: &str) -> Result<anyhow::Error> {
        let namespaces = self.client.namespaces().await?;
        let name = output::printable(name);
        if namespaces.is_empty() {
            return Ok(anyhow!(
                "no namespace `{name}`; there are none yet: `larder namespace create`"
            ));
        }
        let titles = output::names(namespaces.iter().map(|namespace| namespace.title.as_str()));
        Ok(anyhow!("no namespace `{name}`; there are: {titles}"))
    }

    /// The namespace that a binding names, if there is one.
    pub async fn bound(&self, binding: &Binding) -> Result<Option<Namespace>> {
        let client = &self.client;
        Ok(match &binding.namespace {
            NamespaceName::Title(title) => client.namespace(title).await?,
            NamespaceName::Id { id, .. } => client.namespace_by_id(id).await?,
        })
    }

    /// The namespace that a binding names, created if there is none, with its seed.
    pub async fn bound_or_created(
        &self,
        binding: &Binding,
        config: Option<&Path>,
    ) -> Result<Namespace> {
        let mut title_is_taken = false;
        loop {
            if let Some(namespace) = self.bound(binding).await? {
                return Ok(namespace);
            }
            let (title, id) = binding.new_namespace(title_is_taken);
            match self.client.create_namespace(title, id).await {
                // Somebody else was quicker; or another namespace has the title.
                Err(error) if error.code() == Some("namespace-exists") => {
                    if self.bound(binding).await?.is_none() {
                        if title_is_taken {
                            return Err(error)
                                .with_context(|| format!("binding `{}`", binding.name));
                        }
                        title_is_taken = true;
                    }
                }
                created => {
                    let created = created.with_context(|| format!("binding `{}`", binding.name))?;
                    let planted = seed::plant_one(&self.client, config, binding, &created.id);
                    if let Err(error) = planted.await {
                        self.client.delete_namespace(&created.id).await?;
                        return Err(error);
                    }
                    return Ok(self.bound(binding).await?.unwrap_or(created));
                }
            }
        }
    }

    /// Makes sure of everything that was answered.
    pub async fn close(self) -> Result<()> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Opened { larder, socket }) = opened else { return Ok(()) };
        if let Some(socket) = socket {
            socket.close().await;
        }
        Ok(larder.close().await?)
    }
}

/// The way to a store that is open here, for what is done by requests.
pub fn inside(larder: &Larder) -> Client {
    Client::new(Inside(larder.clone()))
}

struct Inside(Larder);

impl Drop for Store {
    /// A command that fails, too, lets those finish whom it was answering.
    fn drop(&mut self) {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(opened), Ok(runtime)) = (opened, Handle::try_current()) else { return };
        let Opened { larder, socket } = opened;
        let close = async {
            if let Some(socket) = socket {
                socket.close().await;
            }
            // What it has answered is on disk, unless the store is a relaxed one.
            if let Err(error) = larder.close().await {
                tracing::warn!(%error, "the store was not closed");
            }
        };
        tokio::task::block_in_place(|| runtime.block_on(close));
    }
}

impl Connect for Inside {
    fn connect(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, ClientError>> + Send + '_>> {
        Box::pin(async { Ok(Connection::Here(Server::new(&self.0).router())) })
    }
}

impl Connect for Way {
    fn connect(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, ClientError>> + Send + '_>> {
        Box::pin(async {
            let connection = match &self.reach {
                Reach::Socket(path) => to_socket(path).await,
                Reach::Store { settings, create } => self.to_store(settings, *create).await,
            };
            connection.map_err(|error| {
                ClientError::Unreachable(error.reallocate_into_boxed_dyn_error_without_backtrace())
            })
        })
    }
}

impl Way {
    async fn to_store(&self, settings: &StoreSettings, create: bool) -> Result<Connection> {
        let until = Instant::now() + WAIT;
        loop {
            let opened = if create { settings.open_or_create() } else { settings.open() };
            let error = match opened {
                Ok(larder) => return Ok(self.here(larder)),
                Err(error) => error,
            };
            let Place::Directory(directory) = &settings.place else { return Err(error) };
            if !error.is::<InUse>() {
                return Err(error);
            }
            if let Some(connection) = to_owner(directory).await? {
                if settings.has_own_clock {
                    return Err(error.context("--clock is for a store that nobody else has open"));
                }
                return Ok(connection);
            }
            if Instant::now() >= until {
                return Err(error.context("the store's owner does not answer on its socket"));
            }
            sleep(PAUSE).await;
        }
    }

    /// A command that takes long keeps nobody else from the store.
    fn here(&self, larder: Larder) -> Connection {
        let server = Server::new(&larder);
        let socket = larder.directory().and_then(|_| match server.clone().listen() {
            Ok(socket) => Some(socket),
            Err(error) => {
                tracing::debug!(%error, "nobody else reaches the store meanwhile");
                None
            }
        });
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Opened { larder, socket });
        Connection::Here(server.router())
    }
}

/// A connection to whoever has the store open; none when nobody answers, now.
async fn to_owner(directory: &Path) -> Result<Option<Connection>> {
    let Some(path) = socket::of_store(directory)? else { return Ok(None) };
    match Connection::to_socket(&path).await {
        Ok(connection) => Ok(Some(connection)),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let (store, path) = (output::path(directory), path.display());
            Err(anyhow!(
                "the store {store} is open by another user, who alone may reach it: {path}: {error}"
            ))
        }
        Err(error) => {
            tracing::debug!(%error, path = %path.display(), "the store's owner does not answer");
            Ok(None)
        }
    }
}

async fn to_socket(path: &Path) -> Result<Connection> {
    Connection::to_socket(path)
        .await
        .with_context(|| format!("cannot reach a store at the socket {}", output::path(path)))
}
