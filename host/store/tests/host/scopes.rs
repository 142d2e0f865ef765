//! Views of the keys under a prefix, as a host gives them to its plugins.

use crate::{Store, on_every_engine};
use larder_store::{Error, ListOptions};

on_every_engine! {
    the_host_reads_what_its_guest_sees,
    scopes_add_up,
    an_empty_scope_is_the_whole_namespace,
    the_prefixes_of_a_scope_have_128_bytes_at_most,
    a_scope_knows_the_whole_namespace_by_its_id_and_counts,
}

fn names(namespace: &larder_store::BlockingNamespace) -> Vec<String> {
    let page = namespace.list(&ListOptions::default()).unwrap();
    page.keys.into_iter().map(|key| key.name).collect()
}

fn the_host_reads_what_its_guest_sees(store: &Store) {
    let plugins = store.blocking().create_namespace("plugins").unwrap();
    let guest = plugins.scoped("plugin-7/").unwrap().blocking();
    guest.put("k", "v").unwrap();
    assert_eq!(names(&plugins.blocking()), ["plugin-7/k"]);
    plugins.blocking().put("plugin-7/from-the-host", "v").unwrap();
    assert_eq!(names(&guest), ["from-the-host", "k"]);
    let again = plugins.scoped("plugin-7/").unwrap().blocking();
    assert_eq!(again.get("k").unwrap().unwrap(), "v");
}

fn scopes_add_up(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    let inner = namespace.scoped("outer/").unwrap().scoped("inner/").unwrap().blocking();
    inner.put("k", "v").unwrap();
    assert_eq!(names(&namespace.blocking()), ["outer/inner/k"]);
    assert_eq!(names(&inner), ["k"]);
}

fn an_empty_scope_is_the_whole_namespace(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    namespace.blocking().put("k", "v").unwrap();
    assert_eq!(names(&namespace.scoped("").unwrap().blocking()), ["k"]);
}

fn the_prefixes_of_a_scope_have_128_bytes_at_most(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    let longest = namespace.scoped(&"p".repeat(128)).unwrap();
    longest.blocking().put(&"k".repeat(512), "v").unwrap();
    let refused = Error::ScopeTooLong { bytes: 129, max: 128 };
    assert_eq!(namespace.scoped(&"p".repeat(129)).unwrap_err(), refused);
    assert_eq!(longest.scoped("p").unwrap_err(), refused);
    let refused = Error::ScopeTooLong { bytes: 130, max: 128 };
    assert_eq!(namespace.scoped(&"é".repeat(65)).unwrap_err(), refused);
}

fn a_scope_knows_the_whole_namespace_by_its_id_and_counts(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    namespace.blocking().put("outside", "v").unwrap();
    let scope = namespace.scoped("p/").unwrap();
    scope.blocking().put("inside", "v").unwrap();
    assert_eq!(scope.id(), namespace.id());
    assert_eq!(scope.blocking().info(), namespace.blocking().info());
    assert_eq!(scope.blocking().info().unwrap().keys, 2);
}
