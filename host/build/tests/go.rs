//! The contract as Go sees it: that the bindings of `wit-bindgen go` have all of it, for every world.
//! Whether they compile takes Go and its module proxy, which are not here.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Function, FunctionKind, Resolve};
use wit_bindgen_go::Format;

/// The Go that is generated for a world, all files together.
fn generated(world: &str) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit()).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut files = Files::default();
    let options = wit_bindgen_go::Opts { format: Format::False, ..Default::default() };
    options.build().generate(&mut resolve, world, &mut files).unwrap();
    files.iter().map(|(_, content)| String::from_utf8_lossy(content)).collect()
}

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")
}

/// `get-entry` as `GetEntry`.
fn exported(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}

/// The functions of the store as Go declares them.
fn declarations() -> Vec<String> {
    let mut resolve = Resolve::default();
    resolve.push_path(wit()).unwrap();
    let (_, store) = resolve
        .interfaces
        .iter()
        .find(|(_, interface)| interface.functions.contains_key("bindings"))
        .unwrap();
    let resource = |id| exported(resolve.types[id].name.as_deref().unwrap());
    let of = |function: &Function| {
        let name = exported(function.item_name());
        match function.kind {
            FunctionKind::Freestanding => format!("func {name}("),
            FunctionKind::Static(id) => format!("func {}{name}(", resource(id)),
            FunctionKind::Method(id) => format!("func (self *{}) {name}(", resource(id)),
            ref other => panic!("{other:?} is new"),
        }
    };
    store.functions.values().map(of).collect()
}

#[test]
fn the_bindings_have_every_function_of_the_store() {
    let declarations = declarations();
    assert!(declarations.len() > 15, "{declarations:?}");
    for world in ["command", "http"] {
        let go = generated(world);
        for declaration in &declarations {
            assert!(go.contains(declaration), "{world}: there is no `{declaration}`");
        }
    }
}
