//! Config and flags together, checked before any work. A flag wins over the config's word.

mod build;

pub use build::{BuildSettings, How, is_source, javascript};

use crate::args::{GuestArgs, LimitArgs, ListenArgs, ProjectArgs, StoreArgs};
use crate::clock::FileClock;
use crate::config::{self, Access, Config, ConfigFile, Durability, Limits, Size};
use crate::guest::AllowedHost;
use crate::output;
use anyhow::{Context as _, Result, bail};
use bytesize::ByteSize;
use larder_store::{Clock, SystemClock};
use larder_wasmtime::KvLimits;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const STORE_DIRECTORY: &str = ".larder";
const ADDR: &str = "127.0.0.1:8787";
const MEMORY_MAX: ByteSize = ByteSize::mib(256);
/// Where the machine does not say what it has.
const MEMORY_TOTAL_MAX: ByteSize = ByteSize::gib(4);
const TIMEOUT: Duration = Duration::from_secs(30);
/// As good as none; a longer time could not be added to the time that it is.
const TIMEOUT_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A store and how to open it.
pub struct StoreSettings {
    pub place: Place,
    pub durability: Durability,
    pub cache: Option<ByteSize>,
    pub clock: Arc<dyn Clock>,
    /// Whether the time is not the system's.
    pub has_own_clock: bool,
    /// Where to answer for the store besides in its directory.
    pub socket: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Directory(PathBuf),
    Memory,
}

/// What every instance of a component is given.
pub struct GuestSettings {
    pub vars: Vec<(String, String)>,
    pub bindings: Vec<Binding>,
    /// The hosts that it may send HTTP requests to.
    pub outbound: Vec<AllowedHost>,
    pub memory: MemoryLimits,
    pub kv: KvLimits,
    /// The config by which it is given more.
    pub config: Option<PathBuf>,
}

/// Most memory of a component.
#[derive(Clone, Copy)]
pub struct MemoryLimits {
    /// Of one instance.
    pub each: ByteSize,
    /// Of all together.
    pub total: ByteSize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub name: String,
    pub namespace: NamespaceName,
    pub access: Access,
    pub prefix: String,
    /// A file of keys that its namespace begins with, relative to the config.
    pub seed: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceName {
    Title(String),
    /// The title is for one that is created.
    Id {
        id: String,
        title: String,
    },
}

/// Where to listen, and how requests are answered.
pub struct ListenSettings {
    pub addr: String,
    pub trust_forwarded: bool,
    /// Longest time for one.
    pub timeout: Duration,
    /// Most requests that an instance answers, one after another; 1 if none has anything of another.
    pub reuse: u32,
}

/// The config of the project that the command works on, found from `directory` upwards.
pub fn project(args: &ProjectArgs, directory: Option<&Path>) -> Result<Option<ConfigFile>> {
    let directory = directory.unwrap_or(Path::new("."));
    // Without `..` in it, so that its ancestors are those of the file system.
    let directory = fs::canonicalize(directory)
        .with_context(|| format!("cannot work in {}", directory.display()))?;
    ConfigFile::find(args.config.as_deref(), &directory, args.env.as_deref())
}

fn working_directory() -> Result<PathBuf> {
    env::current_dir().context("cannot tell the working directory")
}

/// Where the store is that the flag and the config say.
pub fn store_directory(flag: Option<&Path>, project: Option<&ConfigFile>) -> Result<PathBuf> {
    Ok(match (flag, project) {
        (Some(store), _) => working_directory()?.join(store),
        (None, Some(ConfigFile { directory, config, .. })) => {
            directory.join(config.store.as_deref().unwrap_or(Path::new(STORE_DIRECTORY)))
        }
        (None, None) => working_directory()?.join(STORE_DIRECTORY),
    })
}

impl StoreSettings {
    pub fn new(args: &StoreArgs, project: Option<&ConfigFile>) -> Result<Self> {
        let directory = store_directory(args.store.as_deref(), project)?;
        let clock: Arc<dyn Clock> = match &args.clock {
            Some(file) => Arc::new(FileClock::open(file)?),
            None => Arc::new(SystemClock),
        };
        let config = project.map(|project| &project.config);
        Ok(Self {
            place: Place::Directory(directory),
            durability: config.map(|config| config.durability).unwrap_or_default(),
            cache: config.and_then(|config| config.cache).map(|size| size.0),
            clock,
            has_own_clock: args.clock.is_some(),
            socket: None,
        })
    }

    pub fn for_guest(args: &GuestArgs, project: Option<&ConfigFile>) -> Result<Self> {
        let mut settings = Self::new(&args.store, project)?;
        if args.in_memory {
            settings.place = Place::Memory;
        }
        settings.socket = args.socket.as_deref().map(std::path::absolute).transpose()?;
        Ok(settings)
    }
}

impl GuestSettings {
    pub fn new(args: &GuestArgs, project: Option<&ConfigFile>) -> Result<Self> {
        let config = project.map(|project| &project.config);
        let configured = config.into_iter().flat_map(|config| &config.vars);
        let mut vars: BTreeMap<_, _> =
            configured.map(|(name, value)| (name.clone(), text_of(value))).collect();
        vars.extend(args.var.iter().cloned());
        let mut outbound = args.allow_outbound.clone();
        outbound
            .extend(config.into_iter().flat_map(|config| config.allowed_outbound_hosts.clone()));
        Ok(Self {
            vars: vars.into_iter().collect(),
            bindings: bindings(args, project)?,
            outbound,
            memory: memory_limits(&args.limits, config)?,
            kv: kv_limits(&args.limits, config)?,
            config: project.map(|project| project.path.clone()),
        })
    }
}

fn memory_limits(args: &LimitArgs, config: Option<&Config>) -> Result<MemoryLimits> {
    let limits = config.map(|config| &config.limits);
    let configured = |limit: fn(&Limits) -> Option<Size>| limits.and_then(limit).map(|size| size.0);
    let each = args.memory_max.or_else(|| configured(|limits| limits.memory));
    let total = args.memory_total_max.or_else(|| configured(|limits| limits.memory_total));
    Ok(MemoryLimits {
        each: more_than_nothing("memory", each)?.unwrap_or(MEMORY_MAX),
        total: more_than_nothing("memory_total", total)?.unwrap_or_else(half_of_memory),
    })
}

/// Refuses a limit by which nothing could be done.
fn more_than_nothing<T: Default + PartialEq>(name: &str, limit: Option<T>) -> Result<Option<T>> {
    if limit == Some(T::default()) {
        bail!("limits.{name} is 0, which lets nothing happen; leave it out for its default");
    }
    Ok(limit)
}

/// Half of what the machine has, or of what its container lets us have, where Linux says.
fn half_of_memory() -> ByteSize {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
    });
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse::<u64>().ok());
    let memory = machine.into_iter().chain(container).min();
    memory.map_or(MEMORY_TOTAL_MAX, |memory| ByteSize(memory / 2))
}

fn kv_limits(args: &LimitArgs, config: Option<&Config>) -> Result<KvLimits> {
    let defaults = KvLimits::default();
    let limits = config.map(|config| &config.limits);
    let size = |flag: Option<ByteSize>, name, configured: fn(&Limits) -> Option<Size>| {
        let size = flag.or_else(|| limits.and_then(configured).map(|size| size.0));
        more_than_nothing(name, size.map(|ByteSize(bytes)| bytes))
    };
    let count = |flag: Option<u32>, name, configured: fn(&Limits) -> Option<u32>| {
        more_than_nothing(name, flag.or_else(|| limits.and_then(configured)))
    };
    let writes = count(args.kv_writes_max, "kv_writes", |limits| limits.kv_writes)?;
    let pieces = count(args.kv_handles_max, "kv_handles", |limits| limits.kv_handles)?;
    let write_bytes =
        size(args.kv_write_memory_max, "kv_write_memory", |limits| limits.kv_write_memory)?;
    let read_bytes =
        size(args.kv_read_memory_max, "kv_read_memory", |limits| limits.kv_read_memory)?;
    Ok(KvLimits {
        writes: writes.unwrap_or(defaults.writes),
        write_bytes: write_bytes.unwrap_or(defaults.write_bytes),
        read_bytes: read_bytes.unwrap_or(defaults.read_bytes),
        pieces: pieces.unwrap_or(defaults.pieces),
        ..defaults
    })
}

/// A variable as it stands in the environment: a text as it is, any other value as its JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The config's bindings in their order, those that a flag names anew replaced, then the flags'.
fn bindings(args: &GuestArgs, project: Option<&ConfigFile>) -> Result<Vec<Binding>> {
    let configured = project.map(|project| project.config.kv_namespaces.as_slice());
    let mut bindings: Vec<_> =
        configured.unwrap_or_default().iter().map(Binding::from_config).collect();
    for (index, binding) in bindings.iter().enumerate() {
        if bindings.iter().take(index).any(|other| other.name == binding.name) {
            let file = project.map_or_else(String::new, |project| output::path(&project.path));
            bail!("the binding `{}` stands twice in {file}", binding.name);
        }
    }
    for kv in &args.kv {
        let binding = Binding {
            name: kv.binding.clone(),
            namespace: NamespaceName::Title(
                kv.namespace.clone().unwrap_or_else(|| kv.binding.clone()),
            ),
            access: if kv.read_only { Access::ReadOnly } else { Access::ReadWrite },
            prefix: String::new(),
            seed: None,
        };
        match bindings.iter_mut().find(|other| other.name == binding.name) {
            Some(other) => *other = binding,
            None => bindings.push(binding),
        }
    }
    Ok(bindings)
}

impl Binding {
    /// The id of its namespace, where the config names it so.
    pub fn id(&self) -> Option<&str> {
        match &self.namespace {
            NamespaceName::Id { id, .. } => Some(id),
            NamespaceName::Title(_) => None,
        }
    }

    pub fn from_config(configured: &config::KvNamespace) -> Self {
        let config::KvNamespace { binding, namespace, id, access, prefix, api: _, seed } =
            configured;
        let namespace = match (id, namespace) {
            (Some(id), title) => NamespaceName::Id {
                id: id.clone(),
                title: title.as_ref().unwrap_or(binding).clone(),
            },
            (None, Some(title)) => NamespaceName::Title(title.clone()),
            (None, None) => NamespaceName::Title(binding.clone()),
        };
        Self {
            name: binding.clone(),
            namespace,
            access: *access,
            prefix: prefix.clone(),
            seed: seed.clone(),
        }
    }
}

impl ListenSettings {
    pub fn new(
        listen: &ListenArgs,
        guest: &GuestArgs,
        project: Option<&ConfigFile>,
    ) -> Result<Self> {
        let config = project.map(|project| &project.config);
        let addr = listen.addr.as_ref().or_else(|| config?.addr.as_ref());
        let addr = addr.map_or(ADDR, String::as_str);
        let port = addr.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) {
            bail!("`{addr}` is no address to listen on: it is HOST:PORT, such as {ADDR}");
        }
        let configured = config.and_then(|config| config.limits.timeout).map(|time| time.0);
        let timeout = guest.timeout.or(configured).unwrap_or(TIMEOUT);
        if timeout.is_zero() {
            bail!("a timeout of 0 leaves no time for any request");
        }
        let timeout = timeout.min(TIMEOUT_MAX);
        let reuse = listen.instance_reuse.or_else(|| config?.instance_reuse).unwrap_or(1);
        if reuse == 0 {
            bail!("instance_reuse is 0, by which nothing could be answered; 1 is the default");
        }
        Ok(Self { addr: addr.to_owned(), trust_forwarded: listen.trust_forwarded, timeout, reuse })
    }
}

/// The file of the component: the one given, or else the config's, or where its `main` is built.
pub fn component(given: Option<&Path>, project: Option<&ConfigFile>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(working_directory()?.join(given));
    }
    let Some(project) = project else {
        bail!("no component: name its file, or write a {} that does", config::FILE_NAME);
    };
    if let Some(component) = &project.config.component {
        return Ok(project.directory.join(component));
    }
    if project.config.main.is_some() {
        let name = project.directory.file_name().unwrap_or_else(|| "component".as_ref());
        return Ok(project.directory.join("dist").join(name).with_added_extension("wasm"));
    }
    let key = if project.is_wrangler() { "main" } else { "component" };
    bail!("no component: name its file, or set `{key}` in {}", output::path(&project.path))
}

/// The same, which must be there already.
pub fn built_component(given: Option<&Path>, project: Option<&ConfigFile>) -> Result<PathBuf> {
    let file = component(given, project)?;
    if given.is_none() && !file.exists() {
        bail!("{} is not built yet: build it with `larder build`", output::path(&file));
    }
    Ok(file)
}
