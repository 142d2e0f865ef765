//! `larder key`: the keys of a namespace.

use crate::args::{DeletedKeys, Key, KeyPut, NewValue, ProjectArgs, TargetArgs};
use crate::output::{self, KeyJson};
use crate::settings::{self, Binding, StoreSettings};
use crate::store;
use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_store::{
    BlockingNamespace, BlockingWriter, Entry, Expiration, Larder, ListOptions, Operation,
    PutOptions, WriteOutcome,
};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Write as _};

/// How much of a value is read or written at a time.
const PIECE_BYTES: usize = 256 << 10;

pub fn run(project: &ProjectArgs, command: Key) -> Result<()> {
    match command {
        Key::Put(args) => put(project, args),
        Key::Get { key, json, target } => Target::open(project, &target)?.get(&key, json),
        Key::Head { key, json, target } => Target::open(project, &target)?.head(&key, json),
        Key::List { prefix, json, target } => {
            let options = ListOptions { prefix, ..ListOptions::default() };
            Target::open(project, &target)?.list(options, json)
        }
        Key::Expire { key, expiry, target } => {
            // Neither of both is `--never`.
            let expiration = expiry.ttl.or(expiry.expiration);
            Target::open(project, &target)?.expire(&key, expiration)
        }
        Key::Delete { keys: DeletedKeys { key, prefix }, yes, target } => {
            let target = Target::open(project, &target)?;
            match (key, prefix) {
                (_, Some(prefix)) => target.delete_prefix(&prefix, yes),
                (key, None) => target.delete(&key.unwrap_or_default()),
            }
        }
    }
}

/// The namespace that a command works on.
struct Target {
    larder: Larder,
    namespace: BlockingNamespace,
    /// What the user called it.
    name: String,
}

impl Target {
    /// Opens what exists.
    fn open(project: &ProjectArgs, args: &TargetArgs) -> Result<Self> {
        let project = settings::project(project, None)?;
        let larder = StoreSettings::new(&args.store, project.as_ref())?.open()?;
        let (namespace, name) = match (&args.namespace.namespace, configured(project, args)?) {
            (_, Some(binding)) => match binding.find(&larder)? {
                Some(namespace) => (namespace, binding.name),
                None => bail!(
                    "binding `{}` has no namespace yet: `larder dev`, `larder serve` and `larder \
                     key put` create it",
                    binding.name
                ),
            },
            (title, None) => {
                let title = title.clone().unwrap_or_default();
                (store::namespace(&larder, &title)?, title)
            }
        };
        Ok(Self { larder, namespace: namespace.blocking(), name })
    }

    /// Opens what exists, or creates what the config binds, so that a project can be given its
    /// first keys before it is first served.
    fn open_to_put(project: &ProjectArgs, args: &TargetArgs) -> Result<Self> {
        let found = settings::project(project, None)?;
        let settings = StoreSettings::new(&args.store, found.as_ref())?;
        let Some(binding) = configured(found, args)? else { return Self::open(project, args) };
        let larder = settings.open_or_create()?;
        let namespace = binding.open_or_create(&larder)?.namespace.blocking();
        Ok(Self { larder, namespace, name: binding.name })
    }

    fn missing(&self, key: &str) -> anyhow::Error {
        anyhow!("no key `{}` in `{}`", output::printable(key), output::printable(&self.name))
    }

    fn get(&self, key: &str, json: bool) -> Result<()> {
        if json {
            let entry = self.namespace.get_entry(key)?.ok_or_else(|| self.missing(key))?;
            return print_json(&EntryJson::new(key, &entry)?);
        }
        let reader = self.namespace.open_reader(key)?.ok_or_else(|| self.missing(key))?;
        let mut answer = io::stdout().lock();
        let mut offset = 0;
        loop {
            let piece = reader.read(offset, PIECE_BYTES)?;
            if piece.is_empty() {
                return Ok(answer.flush()?);
            }
            answer.write_all(&piece)?;
            offset += piece.len() as u64;
        }
    }

    fn head(&self, key: &str, json: bool) -> Result<()> {
        let info = self.namespace.head(key)?.ok_or_else(|| self.missing(key))?;
        if json {
            return print_json(&KeyJson::new(&info.name, &info.head)?);
        }
        let mut answer = output::answer();
        output::write_key(&mut answer, &info, self.larder.clock().now_ms())?;
        Ok(answer.flush()?)
    }

    fn list(&self, mut options: ListOptions, json: bool) -> Result<()> {
        let mut answer = output::answer();
        let mut opening = "[";
        loop {
            let page = self.namespace.list(&options)?;
            for key in &page.keys {
                if json {
                    write!(answer, "{opening}\n  ")?;
                    opening = ",";
                    serde_json::to_writer(&mut answer, &KeyJson::new(&key.name, &key.head)?)
                        .map_err(io::Error::from)?;
                } else {
                    writeln!(answer, "{}", output::printable(&key.name))?;
                }
            }
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        match (json, opening) {
            (true, "[") => writeln!(answer, "[]")?,
            (true, _) => writeln!(answer, "\n]")?,
            (false, _) => {}
        }
        Ok(answer.flush()?)
    }

    fn expire(&self, key: &str, expiration: Option<Expiration>) -> Result<()> {
        self.namespace.expire(key, expiration)?.ok_or_else(|| self.missing(key))?;
        Ok(self.larder.blocking().close()?)
    }

    fn delete(&self, key: &str) -> Result<()> {
        if !self.namespace.delete(key)? {
            return Err(self.missing(key));
        }
        Ok(self.larder.blocking().close()?)
    }

    fn delete_prefix(&self, prefix: &str, yes: bool) -> Result<()> {
        let mut options = ListOptions::prefix(prefix);
        let mut keys = 0;
        loop {
            let page = self.namespace.list(&options)?;
            keys += page.keys.len() as u64;
            let deletes = page.keys.into_iter().map(|key| Operation::Delete { key: key.name });
            let deletes: Vec<_> = deletes.collect();
            if yes && !deletes.is_empty() {
                let _ = self.namespace.commit(Vec::new(), deletes)?;
            }
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        let (name, prefix) = (output::printable(&self.name), output::printable(prefix));
        let keys = output::count(keys, "key");
        if !yes {
            bail!("{keys} of `{name}` with the prefix `{prefix}`: to delete them, say --yes");
        }
        self.larder.blocking().close()?;
        let mut answer = output::answer();
        writeln!(answer, "deleted {keys}")?;
        Ok(answer.flush()?)
    }
}

/// What the config binds under the name that was asked for, if a binding was.
fn configured(
    project: Option<crate::config::ConfigFile>,
    args: &TargetArgs,
) -> Result<Option<Binding>> {
    let Some(name) = &args.namespace.binding else { return Ok(None) };
    let project = project
        .context("--binding is by larder.toml, and none was found: say --namespace TITLE")?;
    let bindings: Vec<_> = project.config.kv_namespaces.iter().map(Binding::from_config).collect();
    store::binding(&bindings, name).cloned().map(Some)
}

fn put(project: &ProjectArgs, args: KeyPut) -> Result<()> {
    let KeyPut { key, value, expiry, metadata, target } = args;
    let options =
        PutOptions { expiration: expiry.ttl.or(expiry.expiration), metadata, condition: None };
    // A file that cannot be read is told before anything is created.
    let source: Box<dyn Read> = match value {
        NewValue { path: Some(path), .. } => {
            let file =
                File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(file)
        }
        NewValue { value: Some(value), .. } if value != "-" => {
            Box::new(io::Cursor::new(value.into_encoded_bytes()))
        }
        NewValue { .. } => Box::new(io::stdin().lock()),
    };
    let target = Target::open_to_put(project, &target)?;
    let writer = target.namespace.open_writer(&key, options)?;
    match copy(source, writer)? {
        WriteOutcome::Written(_) => Ok(target.larder.blocking().close()?),
        WriteOutcome::Conflict(_) => bail!("`{key}` was not written"),
    }
}

/// Writes as it reads, so that a source without end fails at the limit of a value.
fn copy(mut source: impl Read, mut writer: BlockingWriter) -> Result<WriteOutcome> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = match source.read(&mut piece) {
            Ok(0) => return Ok(writer.finish()?),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("cannot read the value"),
        };
        writer.write(piece.get(..read).unwrap_or_default())?;
    }
}

#[derive(Serialize)]
struct EntryJson<'a> {
    #[serde(flatten)]
    key: KeyJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

impl<'a> EntryJson<'a> {
    fn new(name: &'a str, entry: &'a Entry) -> Result<Self> {
        let value = std::str::from_utf8(&entry.value).ok();
        let value_base64 = value.is_none().then(|| STANDARD.encode(&entry.value));
        Ok(Self { key: KeyJson::new(name, &entry.head)?, value, value_base64 })
    }
}

fn print_json(value: &impl Serialize) -> Result<()> {
    let mut answer = output::answer();
    serde_json::to_writer(&mut answer, value).map_err(io::Error::from)?;
    writeln!(answer)?;
    Ok(answer.flush()?)
}
