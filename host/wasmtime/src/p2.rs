//! `larder:kv` for components of WASI 0.2: the functions of the contract in a [`Linker`].

mod call;
mod namespace;
mod pieces;
mod records;

use crate::KvView;
use call::AtOnce;
use pollster::block_on;
use std::future::ready;
use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};

/// The functions that are mostly answered at once, each linked by `$link!(name, at_once, admitted)`:
/// the one begins, and the other goes on where it must.
macro_rules! link_each_at_once {
    ($link:ident) => {
        $link!("[method]namespace.get", namespace::get_at_once, namespace::get_admitted);
        $link!(
            "[method]namespace.get-entry",
            namespace::get_entry_at_once,
            namespace::get_entry_admitted
        );
        $link!("[method]namespace.head", namespace::head_at_once, namespace::head_admitted);
    };
}

/// The others that can fail, each linked by `$link!(name, function)`: with those above the whole
/// contract but what [`interface`] defines.
macro_rules! link_each {
    ($link:ident) => {
        $link!("[static]namespace.open", namespace::open);
        $link!("[method]namespace.get-many", namespace::get_many);
        $link!("[method]namespace.put", namespace::put);
        $link!("[method]namespace.put-with", namespace::put_with);
        $link!("[method]namespace.delete", namespace::delete);
        $link!("[method]namespace.delete-if", namespace::delete_if);
        $link!("[method]namespace.expire", namespace::expire);
        $link!("[method]namespace.increment", namespace::increment);
        $link!("[method]namespace.list", namespace::list);
        $link!("[method]namespace.commit", namespace::commit);
        $link!("[method]namespace.open-reader", pieces::open_reader);
        $link!("[method]namespace.open-writer", pieces::open_writer);
        $link!("[method]reader.read", pieces::read);
        $link!("[method]writer.write", pieces::write);
        $link!("[static]writer.finish", pieces::finish);
    };
}

/// Adds `larder:kv` to a linker whose components are instantiated and called with the `_async`
/// functions of wasmtime, on any executor. While the store is at work the guest is suspended and
/// its thread is free.
///
/// # Errors
///
/// When the linker has an instance of that name already.
pub fn add_to_linker_async<T: KvView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut store = interface(linker)?;
    macro_rules! link {
        ($name:literal, $function:path) => {
            store.func_wrap_async($name, |cx, params| {
                Box::new(call::answer($function(cx, params)))
            })?;
        };
    }
    link_each!(link);
    macro_rules! link_at_once {
        ($name:literal, $at_once:path, $admitted:path) => {
            store.func_wrap_async($name, |mut cx, params| match $at_once(&mut cx, &params) {
                AtOnce::Answered(answer) => Box::new(ready(call::lowered(answer))),
                AtOnce::Admitted => Box::new(call::answer($admitted(cx, params))),
            })?;
        };
    }
    link_each_at_once!(link_at_once);
    Ok(())
}

/// Adds `larder:kv` to a linker whose components are instantiated and called without `_async`. It
/// may be used anywhere, also within a tokio runtime, but holds up its thread while the store is
/// at work.
///
/// # Errors
///
/// When the linker has an instance of that name already.
pub fn add_to_linker_sync<T: KvView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut store = interface(linker)?;
    macro_rules! link {
        ($name:literal, $function:path) => {
            store.func_wrap($name, |cx, params| block_on(call::answer($function(cx, params))))?;
        };
    }
    link_each!(link);
    macro_rules! link_at_once {
        ($name:literal, $at_once:path, $admitted:path) => {
            store.func_wrap($name, |mut cx, params| match $at_once(&mut cx, &params) {
                AtOnce::Answered(answer) => call::lowered(answer),
                AtOnce::Admitted => block_on(call::answer($admitted(cx, params))),
            })?;
        };
    }
    link_each_at_once!(link_at_once);
    Ok(())
}

/// The instance with what never waits: the resources, and the functions that cannot fail.
fn interface<T: KvView + 'static>(
    linker: &mut Linker<T>,
) -> wasmtime::Result<LinkerInstance<'_, T>> {
    let mut store = linker.instance("larder:kv/store@0.1.0")?;
    store.resource("namespace", ResourceType::host::<namespace::Open>(), |mut cx, rep| {
        cx.data_mut().kv().close_namespace(Resource::new_own(rep))
    })?;
    store.resource("reader", ResourceType::host::<pieces::OpenReader>(), |mut cx, rep| {
        cx.data_mut().kv().close(Resource::<pieces::OpenReader>::new_own(rep)).map(drop)
    })?;
    store.resource("writer", ResourceType::host::<pieces::OpenWriter>(), |mut cx, rep| {
        cx.data_mut().kv().close(Resource::<pieces::OpenWriter>::new_own(rep)).map(drop)
    })?;
    store.func_wrap("bindings", namespace::bindings)?;
    store.func_wrap("[method]reader.info", pieces::info)?;
    Ok(store)
}
