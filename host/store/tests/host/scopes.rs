//! Views of the keys under a prefix, as a host gives them to its plugins.

use crate::{Store, on_every_engine};
use larder_store::{Error, ListOptions};
use pollster::block_on;

on_every_engine! {
    the_host_reads_what_its_guest_sees,
    scopes_add_up,
    an_empty_scope_is_the_whole_namespace,
    the_prefixes_of_a_scope_have_128_bytes_at_most,
    a_scope_shows_no_name_that_is_no_key,
    keys_of_a_scope_that_are_longer_than_a_key_are_listed_and_deleted_page_by_page,
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

fn a_scope_shows_no_name_that_is_no_key(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    for key in ["p/", "p/.", "p/..", "p/k"] {
        namespace.blocking().put(key, "v").unwrap();
    }
    let scope = namespace.scoped("p/").unwrap();
    assert_eq!(names(&scope.blocking()), ["k"]);
    let page = ListOptions { limit: Some(1), ..ListOptions::default() };
    let deleted = block_on(scope.delete_page(&page)).unwrap();
    assert_eq!((deleted.deleted, deleted.cursor), (1, None));
    assert_eq!(names(&namespace.blocking()), ["p/", "p/.", "p/.."]);
}

fn keys_of_a_scope_that_are_longer_than_a_key_are_listed_and_deleted_page_by_page(store: &Store) {
    let namespace = store.blocking().create_namespace("a").unwrap();
    let (prefix, key) = ("p".repeat(128), "k".repeat(511));
    let scope = namespace.scoped(&prefix).unwrap().blocking();
    scope.put(&format!("{key}1"), "v").unwrap();
    scope.put(&format!("{key}2"), "v").unwrap();
    let mut page = ListOptions { limit: Some(1), ..ListOptions::default() };
    page.cursor = namespace.blocking().list(&page).unwrap().cursor;
    let second = namespace.blocking().list(&page).unwrap();
    assert_eq!(second.keys.first().unwrap().name, format!("{prefix}{key}2"));
    assert_eq!(block_on(namespace.delete_page(&ListOptions::default())).unwrap().deleted, 2);
    assert_eq!(namespace.blocking().info().unwrap().keys, 0);
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
