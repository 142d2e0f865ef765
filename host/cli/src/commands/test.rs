//! `larder test`: a project's tests, against a store of their own.

mod environment;
mod runner;

use super::dev::Session;
use super::serve::{describe_bindings, runtime, trace_from};
use crate::args::{GuestArgs, ListenArgs, ProjectArgs, Test};
use crate::config::{self, ConfigFile};
use crate::engine::LacksExport;
use crate::guest::Guest;
use crate::output;
use crate::reach::Sockets;
use crate::seed;
use crate::serve::{self, Pages, Server};
use crate::settings::{self, BuildSettings, GuestSettings, Place, StoreSettings};
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result};
use larder_server::{Bindings, ForTests, Seed};
use larder_store::{Clock as _, Larder, ManualClock, SystemClock};
use std::process::ExitCode;
use std::sync::Arc;

/// Where the component is served: any free port.
const ADDR: &str = "127.0.0.1:0";

pub fn run(args: &ProjectArgs, test: &Test) -> Result<ExitCode> {
    let project = settings::project(args, None)?
        .with_context(|| format!("there is no {} here or above", config::SOUGHT))?;
    let runner = runner::Runner::new(&test.command, &project)?;
    let (guest, listen) = (GuestArgs::default(), ListenArgs::default());
    let clock = Arc::new(ManualClock::new(SystemClock.now_ms()));
    let directory = tempfile::Builder::new().prefix("larder-test-").tempdir()?;
    let socket = directory.path().join("socket");
    let store = StoreSettings {
        place: Place::Memory,
        clock: clock.clone(),
        socket: Some(socket.clone()),
        ..StoreSettings::for_guest(&guest, Some(&project))?
    };
    trace_from("warn");
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let mut shutdown = Shutdown::listen()?;
        let larder = store.open_or_create()?;
        let bindings = Bindings::default();
        let tests = ForTests::new(clock, seeds(GuestSettings::new(&guest, Some(&project))?));
        let server = larder_server::Server::new(&larder).bindings(bindings.clone());
        let sockets = Sockets::listen(&larder, server.for_tests(tests), &store)?;
        let listener = serve::bind(ADDR).await?;
        let pages = Server::new(Pages::Detailed, false);
        let mut session =
            Session::new(&listen, &guest, &store, &larder, bindings.clone(), pages.clone())?;
        let served = tokio::select! {
            served = serve_component(&mut session, &project) => served?,
            code = shutdown.requested() => return Ok(code),
        };
        if !served {
            bind(&guest, &store, &larder, &bindings, &project).await?;
        }
        let url = format!("http://{}", listener.local_addr()?);
        let guest = GuestSettings::new(&guest, Some(&project))?;
        let environment = environment::environment(&project, &guest).await?;
        let run = runner.run(&socket, served.then_some(url.as_str()), environment, &mut shutdown);
        let code = tokio::select! {
            code = run => code?,
            () = pages.serve_on(listener) => 0,
        };
        sockets.close().await;
        Ok(code)
    });
    // A thread of ours may be compiling, or waiting for another that installs the same.
    runtime.shutdown_background();
    result.map(ExitCode::from)
}

/// What fills the namespaces anew.
fn seeds(settings: GuestSettings) -> Seed {
    let settings = Arc::new(settings);
    Arc::new(move |larder| {
        let settings = Arc::clone(&settings);
        Box::pin(async move {
            let planted = seed::plant_again(&larder, &settings).await;
            planted.map_err(|error| output::error(&error))
        })
    })
}

/// Builds and serves the project's component; whether it has one that answers HTTP.
async fn serve_component(session: &mut Session<'_>, project: &ConfigFile) -> Result<bool> {
    let config = &project.config;
    let build = BuildSettings::new(project)?;
    if config.world.as_deref() == Some("command") || (build.is_none() && config.component.is_none())
    {
        return Ok(false);
    }
    if let Some(build) = &build {
        build.add_rust_target().await?;
    }
    let component = settings::component(None, Some(project))?;
    match session.serve(project, build.as_ref(), &component).await {
        Err(error) if error.is::<LacksExport>() => {
            output::note(format_args!("not served: {error}"));
            Ok(false)
        }
        served => served.map(|()| true),
    }
}

/// Grants the bindings to the tests, where there is no component to grant them to.
async fn bind(
    args: &GuestArgs,
    store: &StoreSettings,
    larder: &Larder,
    bindings: &Bindings,
    project: &ConfigFile,
) -> Result<()> {
    let settings = GuestSettings::new(args, Some(project))?;
    let (_, bound) = Guest::new(&settings, larder, bindings)?;
    seed::plant(larder, &settings, &bound).await?;
    describe_bindings(&settings.bindings, &bound, store, Some(project)).await
}
