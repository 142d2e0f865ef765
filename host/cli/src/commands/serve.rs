//! `larder serve`: a component over HTTP.

use crate::args::{ProjectArgs, Serve};
use crate::config::ConfigFile;
use crate::engine;
use crate::guest::{self, Guest};
use crate::output;
use crate::reach::Sockets;
use crate::seed;
use crate::serve::{self, App, Handler, Pages, Server};
use crate::settings::{self, Binding, GuestSettings, ListenSettings, Place, StoreSettings};
use crate::shutdown::Shutdown;
use crate::store::Bound;
use anyhow::Result;
use larder_server::Bindings;
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
        let bindings = Bindings::default();
        let (ready, bound) = Guest::new(&guest, &larder, &bindings)?;
        let mut shutdown = Shutdown::listen()?;
        tokio::select! {
            planted = seed::plant(&larder, &guest, &bound) => planted?,
            _ = shutdown.requested() => return Ok(larder.close().await?),
        }
        let sockets = Sockets::listen(
            &larder,
            larder_server::Server::new(&larder).bindings(bindings),
            &store,
        )?;
        describe_store(&store);
        describe_bindings(&guest.bindings, &bound, &store, project).await?;
        describe_unavailable(project);
        let server = Server::new(Pages::RequestId, listen.trust_forwarded);
        server.replace(App::new(handler, ready, &listen)?);
        serve::announce(&listener)?;
        server.serve(listener, shutdown).await;
        close(&larder, sockets).await
    })
}

/// Says one line a request and whatever is worth a warning. `RUST_LOG` asks for more or less.
pub fn trace() {
    trace_from("warn,larder=info");
}

/// The same, where other words are worth saying by default.
pub fn trace_from(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| default.into());
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
    store: &StoreSettings,
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
        let list = list_command(binding, &info.title, store, project);
        let look = list.map(|list| format!("; list them with: {list}")).unwrap_or_default();
        output::note(format_args!(
            "binding {name}: namespace {title}{access}, {keys}{created}{look}"
        ));
    }
    if bindings.is_empty() {
        output::note("no bindings: name them in the config, or by --kv NAME");
    }
    Ok(())
}

/// Says what the component does not get although the config asks for it.
pub fn describe_unavailable(project: Option<&ConfigFile>) {
    for line in project.into_iter().flat_map(|project| &project.unavailable) {
        output::note(output::printable(line));
    }
}

/// The command that lists a binding's keys, to be run where we were; none where no command reaches
/// the store.
fn list_command(
    binding: &Binding,
    title: &str,
    store: &StoreSettings,
    project: Option<&ConfigFile>,
) -> Option<String> {
    let reach = match (&store.place, &store.socket) {
        (Place::Directory(directory), _) => {
            format!(" --store {}", quoted(&output::path(directory)))
        }
        (Place::Memory, Some(socket)) => format!(" --socket {}", quoted(&output::path(socket))),
        (Place::Memory, None) => return None,
    };
    let of_config = project.filter(|project| {
        let mut bindings = project.config.kv_namespaces.iter().map(Binding::from_config);
        let own_store = project.config.store.as_deref().unwrap_or(Path::new(".larder"));
        let own_store = Place::Directory(project.directory.join(own_store));
        bindings.any(|other| other == *binding)
            // Which only `dev` has in the place of the config's own.
            && !project.previews.contains_key(&binding.name)
            && (store.place == own_store || store.place == Place::Memory)
    });
    let Some(project) = of_config else {
        let prefix = match binding.prefix.as_str() {
            "" => String::new(),
            prefix => format!(" --prefix {}", quoted(prefix)),
        };
        return Some(format!("larder key list --namespace {}{prefix}{reach}", quoted(title)));
    };
    let reach = if store.place == Place::Memory { reach.as_str() } else { "" };
    let config = output::path(&project.path);
    let config = match crate::config::NAMES.contains(&config.as_str()) {
        true => String::new(),
        false => format!(" --config {}", quoted(&config)),
    };
    let env = project.env.as_ref().map(|env| format!(" --env {}", quoted(env)));
    let env = env.unwrap_or_default();
    Some(format!("larder key list --binding {}{config}{env}{reach}", quoted(&binding.name)))
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
pub async fn close(larder: &Larder, sockets: Sockets) -> Result<()> {
    sockets.close().await;
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
