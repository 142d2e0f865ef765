//! `larder run`: a component as a command.

use crate::args::{ProjectArgs, Run};
use crate::engine::{self, lift};
use crate::guest::{self, Guest};
use crate::output;
use crate::reach::Sockets;
use crate::seed;
use crate::settings::{self, GuestSettings, StoreSettings};
use crate::shutdown::Shutdown;
use anyhow::{Context as _, Result, anyhow};
use larder_server::Bindings;
use std::future::pending;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::{Command, CommandPre};

pub fn run(args: &ProjectArgs, run: &Run) -> Result<ExitCode> {
    let project = settings::project(args, None)?;
    let project = project.as_ref();
    let component = settings::built_component(run.component.as_deref(), project)?;
    let store = StoreSettings::for_guest(&run.guest, project)?;
    let guest = GuestSettings::new(&run.guest, project)?;
    super::serve::trace();
    let engine = engine::for_one()?;
    let pre = load(&engine, &component)?;
    let larder = store.open_or_create()?;
    let bindings = Bindings::default();
    let settings = guest;
    let (guest, bound) = Guest::new(&settings, &larder, &bindings)?;

    let mut instance = guest.store(&engine, |wasi| {
        let name = component.file_name().unwrap_or_default().to_string_lossy();
        wasi.inherit_stdio().arg(name).args(&run.args)
    });
    // The second thread answers on the socket while the component computes.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(async {
        let mut shutdown = Shutdown::listen()?;
        tokio::select! {
            planted = seed::plant(&larder, &settings, &bound) => planted?,
            code = shutdown.requested() => return Ok(Err(code)),
        }
        let sockets = Sockets::listen(
            &larder,
            larder_server::Server::new(&larder).bindings(bindings),
            &store,
        )?;
        let call = async {
            let command: Command = pre.instantiate_async(&mut instance).await?;
            command.wasi_cli_run().call_run(&mut instance).await
        };
        let result = tokio::select! {
            result = call => Ok(Ok(result)),
            code = shutdown.requested() => Ok(Err(code)),
            timeout = over(run.guest.timeout) => {
                let timeout = humantime::format_duration(timeout);
                Err(anyhow!("the component took longer than {timeout} (--timeout)"))
            }
        };
        sockets.close().await;
        result
    });
    // The component may have left a thread of ours waiting for its standard input.
    runtime.shutdown_background();
    larder.blocking().close()?;
    match result? {
        Ok(result) => exit_code(result, instance.data()),
        Err(code) => Ok(ExitCode::from(code)),
    }
}

fn load(engine: &Engine, file: &Path) -> Result<CommandPre<guest::State>> {
    const EXPORT: &str = "wasi:cli/run@0.2";
    let component = engine::load(engine, file)?;
    if !engine::exports(&component, engine).iter().any(|name| name.starts_with(EXPORT)) {
        return Err(engine::lacks(&component, engine, file, EXPORT));
    }
    let pre = guest::linker(engine)?.instantiate_pre(&component).and_then(CommandPre::new);
    pre.map_err(lift)
        .with_context(|| format!("{} imports what larder does not provide", output::path(file)))
}

async fn over(timeout: Option<Duration>) -> Duration {
    let Some(timeout) = timeout else { return pending().await };
    tokio::time::sleep(timeout).await;
    timeout
}

fn exit_code(result: wasmtime::Result<Result<(), ()>>, state: &guest::State) -> Result<ExitCode> {
    let error = match result {
        Ok(Ok(())) => return Ok(ExitCode::SUCCESS),
        Ok(Err(())) => return Ok(ExitCode::FAILURE),
        Err(error) => error,
    };
    match (error.downcast_ref::<I32Exit>(), state.memory.refused()) {
        // As the system cuts off what does not fit.
        (Some(I32Exit(code)), _) => Ok(ExitCode::from((code & 0xff) as u8)),
        (None, Some(refused)) => Err(lift(error)).context(refused.to_string()),
        (None, None) => Err(lift(error)).context("the component trapped"),
    }
}
