//! `larder serve`: a component over HTTP.

use crate::args::{ProjectArgs, Serve};
use crate::config::ConfigFile;
use crate::engine;
use crate::guest::{self, Guest};
use crate::output;
use crate::serve::{self, App, Handler, Pages, Server};
use crate::settings::{self, Binding, GuestSettings, ListenSettings, Place, StoreSettings};
use crate::shutdown::Shutdown;
use crate::store::Bound;
use anyhow::Result;
use larder_store::Larder;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Instant;
use tracing_subscriber::EnvFilter;

pub fn run(args: &ProjectArgs, serve: &Serve) -> Result<()> {
    let project = settings::project(args, None)?;
    let project = project.as_ref();
    let component = settings::built_component(serve.component.as_deref(), project)?;
    let listen = ListenSettings::new(&serve.listen, &serve.guest, project)?;
    let store = StoreSettings::for_guest(&serve.guest, project)?;
    let guest = GuestSettings::new(&serve.guest, project)?;
    trace();
    runtime()?.block_on(async {
        let listener = serve::bind(&listen.addr).await?;
        let engine = engine::for_many()?;
        let handler = load(&engine, &component)?;
        let larder = store.open_or_create()?;
        let (ready, bound) = Guest::new(&guest, &larder)?;
        describe_store(&store);
        describe_bindings(&guest.bindings, &bound, &store.place, project).await?;
        let server = Server::new(Pages::RequestId, listen.trust_forwarded);
        server.replace(App::new(handler, ready, listen.timeout));
        let shutdown = Shutdown::listen()?;
        serve::announce(&listener)?;
        server.serve(listener, shutdown).await;
        close(&larder).await
    })
}

/// Says one line a request and whatever is worth a warning. `RUST_LOG` asks for more or less.
pub fn trace() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,larder=info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}

pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Loads the component and says how large it is and how long that took.
pub fn load(engine: &wasmtime::Engine, component: &Path) -> Result<Handler> {
    let started = Instant::now();
    let handler = Handler::load(engine, component, &guest::linker(engine)?)?;
    let size = std::fs::metadata(component).map_or(0, |metadata| metadata.len());
    let (name, size) = (output::path(component), output::size(size));
    let time = output::time(started.elapsed());
    output::note(format_args!("component {name}, {size}, loaded in {time}"));
    Ok(handler)
}

pub fn describe_store(store: &StoreSettings) {
    match &store.place {
        Place::Directory(directory) => {
            output::note(format_args!("store {}", output::path(directory)));
        }
        Place::Memory => output::note("store in memory, gone at exit"),
    }
}

/// Says of each binding what it is bound to, what is there, and how to look at it.
pub async fn describe_bindings(
    bindings: &[Binding],
    bound: &[Bound],
    place: &Place,
    project: Option<&ConfigFile>,
) -> Result<()> {
    for (binding, bound) in bindings.iter().zip(bound) {
        let info = bound.namespace.info().await?;
        let (name, title) = (output::printable(&binding.name), output::printable(&info.title));
        let access = match binding.access {
            crate::config::Access::ReadOnly => ", read-only",
            crate::config::Access::ReadWrite => "",
        };
        let keys = output::count(info.keys, "key");
        let created = if bound.created { ", just created" } else { "" };
        let look = match place {
            Place::Directory(directory) => {
                let list = list_command(binding, &info.title, directory, project);
                // While we have the store, no other process can open it.
                format!("; when stopped, list them with: {list}")
            }
            Place::Memory => String::new(),
        };
        output::note(format_args!(
            "binding {name}: namespace {title}{access}, {keys}{created}{look}"
        ));
    }
    if bindings.is_empty() {
        output::note("no bindings: name them in larder.toml, or by --kv NAME");
    }
    Ok(())
}

/// The command that lists a binding's keys, to be run where we were.
fn list_command(
    binding: &Binding,
    title: &str,
    store: &Path,
    project: Option<&ConfigFile>,
) -> String {
    let configured = project.is_some_and(|project| {
        let mut configured = project.config.kv_namespaces.iter().map(Binding::from_config);
        let own_store = project.config.store.as_deref().unwrap_or(Path::new(".larder"));
        configured.any(|configured| configured == *binding)
            && project.directory.join(own_store) == store
    });
    match (configured, project) {
        (true, Some(project)) => {
            let config = output::path(&project.path);
            let config = match config == crate::config::FILE_NAME {
                true => String::new(),
                false => format!(" --config {}", quoted(&config)),
            };
            format!("larder key list --binding {}{config}", quoted(&binding.name))
        }
        _ => {
            let prefix = match binding.prefix.as_str() {
                "" => String::new(),
                prefix => format!(" --prefix {}", quoted(prefix)),
            };
            let store = output::path(store);
            format!(
                "larder key list --namespace {}{prefix} --store {}",
                quoted(title),
                quoted(&store)
            )
        }
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Makes sure of everything that was answered.
pub async fn close(larder: &Larder) -> Result<()> {
    larder.close().await?;
    output::note("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_survives_the_shell() {
        assert_eq!(quoted("a/b-c.d"), "a/b-c.d");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
