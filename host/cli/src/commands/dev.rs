//! `larder dev`: a project's component, built, served, and both again when its sources change.

use super::serve::{
    close, describe_bindings, describe_store, describe_unavailable, load, runtime, trace,
};
use crate::args::{Dev, GuestArgs, ListenArgs, ProjectArgs};
use crate::config::{self, ConfigFile};
use crate::engine;
use crate::guest::{self, Guest};
use crate::output;
use crate::reach::Sockets;
use crate::seed;
use crate::serve::{self, App, Handler, Pages, Server};
use crate::settings::{
    self, Binding, BuildSettings, GuestSettings, ListenSettings, Place, StoreSettings,
};
use crate::shutdown::Shutdown;
use crate::watch::Watch;
use anyhow::{Result, bail};
use larder_build::javascript;
use larder_server::Bindings;
use larder_store::Larder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use wasmtime::Engine;

pub fn run(args: &ProjectArgs, dev: &Dev) -> Result<()> {
    let project = project(args, dev)?;
    let listen = ListenSettings::new(&dev.listen, &dev.guest, Some(&project))?;
    let store = StoreSettings::for_guest(&dev.guest, Some(&project))?;
    // What is wrong with the config shows before anything is done.
    GuestSettings::new(&dev.guest, Some(&project))?;
    let build = BuildSettings::new(&project)?;
    trace();
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let listener = serve::bind(&listen.addr).await?;
        let larder = store.open_or_create()?;
        describe_store(&store);
        let bindings = Bindings::default();
        let sockets = Sockets::listen(
            &larder,
            larder_server::Server::new(&larder).bindings(bindings.clone()),
            &store,
        )?;
        let server = Server::new(Pages::Detailed, listen.trust_forwarded);
        let mut session =
            Session::new(&dev.listen, &dev.guest, &store, &larder, bindings, server.clone())?;
        let mut shutdown = Shutdown::listen()?;
        let begin = async {
            if let Some(build) = &build {
                build.add_rust_target().await?;
            }
            session.renew(&project).await
        };
        // Whatever the build runs ends with it.
        let mut watch = tokio::select! {
            watch = begin => watch?,
            _ = shutdown.requested() => return close(&larder, sockets).await,
        };
        serve::announce(&listener)?;
        let renewals = async {
            loop {
                watch.changed().await;
                let renewed = match self::project(args, dev) {
                    Ok(project) => session.renew(&project).await,
                    Err(error) => Err(error),
                };
                match renewed {
                    Ok(renewed) => watch = renewed,
                    Err(error) => output::note(format_args!("error: {}", output::error(&error))),
                }
            }
        };
        tokio::select! {
            () = server.serve(listener, shutdown) => {}
            () = renewals => {}
        }
        close(&larder, sockets).await
    });
    // A thread of ours may be compiling, or waiting for another that installs the same.
    runtime.shutdown_background();
    result
}

fn project(args: &ProjectArgs, dev: &Dev) -> Result<ConfigFile> {
    if let Some(project) = settings::project(args, dev.directory.as_deref())? {
        return Ok(project.previewed());
    }
    let directory = dev.directory.as_deref().unwrap_or(Path::new("."));
    bail!(
        "there is no {} in {} or above, by which to build; a component that is built already is \
         served by `larder serve FILE`",
        config::SOUGHT,
        directory.display(),
    )
}

/// What is served of a project, from one build to the next.
pub(super) struct Session<'a> {
    listen: &'a ListenArgs,
    guest: &'a GuestArgs,
    store: &'a StoreSettings,
    larder: &'a Larder,
    /// What is bound now, for those who come through the socket.
    bindings: Bindings,
    engine: Engine,
    server: Arc<Server>,
    /// The bindings that have been described, so that it is done again only when they change.
    described: Option<Vec<Binding>>,
    /// What has been said to be not available, likewise.
    unavailable: Vec<String>,
    /// What runs workers in JavaScript, from the first on, and whether its instances are reused.
    script_engine: Option<(bool, Handler)>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        listen: &'a ListenArgs,
        guest: &'a GuestArgs,
        store: &'a StoreSettings,
        larder: &'a Larder,
        bindings: Bindings,
        server: Arc<Server>,
    ) -> Result<Self> {
        let engine = engine::for_many()?;
        Ok(Self {
            listen,
            guest,
            store,
            larder,
            bindings,
            engine,
            server,
            described: None,
            unavailable: Vec::new(),
            script_engine: None,
        })
    }

    /// Builds and serves what the config says now. While that fails, what was served before is
    /// served on. The answer tells of changes since the build began.
    async fn renew(&mut self, project: &ConfigFile) -> Result<Watch> {
        let build = BuildSettings::new(project)?;
        let component = settings::component(None, Some(project))?;
        let watch = watch(project, build.as_ref(), &component, &self.store.place)?;
        if let Err(error) = self.serve(project, build.as_ref(), &component).await {
            output::note(format_args!("error: {}", output::error(&error)));
            output::note("waiting for changes");
        }
        Ok(watch)
    }

    /// Builds what the config says, and answers by that from now on.
    pub(super) async fn serve(
        &mut self,
        project: &ConfigFile,
        build: Option<&BuildSettings>,
        component: &Path,
    ) -> Result<()> {
        let listen = ListenSettings::new(self.listen, self.guest, Some(project))?;
        let (handler, script) = self.program(build, component, listen.reuse > 1).await?;
        let settings = GuestSettings::new(self.guest, Some(project))?;
        let (guest, bound) = Guest::new(&settings, self.larder, &self.bindings)?;
        seed::plant(self.larder, &settings, &bound).await?;
        let guest = guest.with_script(script);
        if self.described.as_ref() != Some(&settings.bindings) {
            describe_bindings(&settings.bindings, &bound, self.store, Some(project)).await?;
            self.described = Some(settings.bindings);
        }
        if self.unavailable != project.unavailable {
            describe_unavailable(Some(project));
            self.unavailable.clone_from(&project.unavailable);
        }
        self.server.replace(App::new(handler, guest, &listen)?);
        Ok(())
    }

    /// What answers: the component that was built, or, for a worker in JavaScript, an engine that is
    /// there already and the script for it.
    async fn program(
        &mut self,
        build: Option<&BuildSettings>,
        component: &Path,
        reused: bool,
    ) -> Result<(Handler, String)> {
        if let Some(build) = build {
            if let Some(script) = build.script().await? {
                return Ok((self.script_engine(reused).await?, script));
            }
            build.run().await?;
        }
        // Compiling takes a thread for as long as it lasts; others go on answering.
        let (engine, component) = (self.engine.clone(), component.to_owned());
        let handler = spawn_blocking(move || load(&engine, &component)).await??;
        Ok((handler, String::new()))
    }

    async fn script_engine(&mut self, reused: bool) -> Result<Handler> {
        if let Some((of_reused, handler)) = &self.script_engine
            && *of_reused == reused
        {
            return Ok(handler.clone());
        }
        let component = javascript::dev_engine(reused, &|text| output::note(text)).await?;
        let engine = self.engine.clone();
        let load = move || Handler::load(&engine, &component, &guest::linker_for_scripts(&engine)?);
        let handler = spawn_blocking(load).await??;
        self.script_engine = Some((reused, handler.clone()));
        Ok(handler)
    }
}

/// The sources, or the component itself when it is built elsewhere; and the config.
fn watch(
    project: &ConfigFile,
    build: Option<&BuildSettings>,
    component: &Path,
    store: &Place,
) -> Result<Watch> {
    let mut paths: Vec<PathBuf> = vec![project.path.clone()];
    paths.extend(project.besides.iter().cloned());
    let mut except = Vec::new();
    match build {
        Some(build) => {
            paths.extend(build.watch.iter().cloned());
            except.push(component.to_owned());
            except.extend(build.target_directory().map(Path::to_owned));
        }
        None => paths.push(component.to_owned()),
    }
    if let Place::Directory(store) = store {
        except.push(store.clone());
    }
    Watch::new(&paths, &except, build.and_then(BuildSettings::growing))
}
