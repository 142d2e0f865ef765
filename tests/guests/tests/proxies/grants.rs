//! What a guest may open, and what it may do with that.

use crate::convert::operations::{Condition, Error, ListOptions, Operation, PutOptions};
use crate::guest::{Guest, Host};
use larder_store::Namespace;
use larder_test_guests::Proxy;
use larder_wasmtime::Access;

/// A test by its name.
pub type Test = (&'static str, fn(&'static Proxy));

macro_rules! tests {
    ($($test:ident,)*) => {
        pub const TESTS: &[Test] = &[$((stringify!($test), $test),)*];
    };
}

tests! {
    bindings_are_named_in_order,
    a_guest_without_grants_has_no_bindings,
    an_unknown_name_and_that_of_anothers_namespace_answer_alike,
    each_binding_is_a_namespace_of_its_own,
    what_is_read_only_can_be_read,
    every_write_through_a_read_only_binding_is_denied,
    a_binding_outlives_the_renaming_of_its_namespace,
    a_namespace_that_is_deleted_is_bound_no_more,
}

const NO_OPTIONS: PutOptions = PutOptions { expiration: None, metadata: None, condition: None };
const NO_BOUNDS: ListOptions =
    ListOptions { prefix: None, start: None, end: None, reverse: false, limit: None, cursor: None };

fn namespace(host: &Host, title: &str) -> Namespace {
    host.larder.blocking().open_or_create(title).unwrap()
}

/// A guest to which the namespaces of these titles are granted, each under its title.
fn guest(host: &Host, proxy: &'static Proxy, titles: &[&str], access: Access) -> Guest {
    let granted = titles.iter().map(|title| (*title, namespace(host, title), access));
    host.run(proxy, &granted.collect::<Vec<_>>())
}

fn bindings_are_named_in_order(proxy: &'static Proxy) {
    let guest = guest(&Host::fresh(), proxy, &["b", "é", "A", "a"], Access::ReadOnly);
    assert_eq!(guest.bindings(), ["A", "a", "b", "é"]);
}

fn a_guest_without_grants_has_no_bindings(proxy: &'static Proxy) {
    let guest = guest(&Host::fresh(), proxy, &[], Access::ReadWrite);
    assert_eq!(guest.bindings(), [""; 0]);
    assert!(matches!(guest.open("SESSIONS"), Err(Error::NoSuchBinding)));
}

fn an_unknown_name_and_that_of_anothers_namespace_answer_alike(proxy: &'static Proxy) {
    let host = Host::fresh();
    namespace(&host, "others");
    let guest = guest(&host, proxy, &["mine"], Access::ReadWrite);
    for name in ["others", "unknown", "MINE", "mine ", "", ".", &"n".repeat(100_000)] {
        assert!(matches!(guest.open(name), Err(Error::NoSuchBinding)), "{name:.20?}");
    }
    guest.open("mine").unwrap();
}

fn each_binding_is_a_namespace_of_its_own(proxy: &'static Proxy) {
    let host = Host::fresh();
    let guest = guest(&host, proxy, &["a", "b"], Access::ReadWrite);
    guest.open("a").unwrap();
    guest.put("k", b"of a").unwrap();
    guest.open("b").unwrap();
    assert_eq!(guest.get("k").unwrap(), None);
    guest.open("a").unwrap();
    assert_eq!(guest.get("k").unwrap().unwrap(), b"of a");
}

fn what_is_read_only_can_be_read(proxy: &'static Proxy) {
    let host = Host::fresh();
    namespace(&host, "settings").blocking().put("motd", "hello").unwrap();
    let guest = guest(&host, proxy, &["settings"], Access::ReadOnly);
    guest.open("settings").unwrap();
    assert_eq!(guest.get("motd").unwrap().unwrap(), b"hello");
    assert_eq!(guest.get_entry("motd").unwrap().unwrap().value, b"hello");
    assert!(guest.get_many(&["motd".into()]).unwrap()[0].is_some());
    assert_eq!(guest.head("motd").unwrap().unwrap().size, 5);
    assert_eq!(guest.list(&NO_BOUNDS).unwrap().keys[0].name, "motd");
    let reader = guest.open_reader("motd").unwrap().unwrap();
    assert_eq!(guest.read(reader, 1, 3).unwrap(), b"ell");
}

fn every_write_through_a_read_only_binding_is_denied(proxy: &'static Proxy) {
    let host = Host::fresh();
    let settings = namespace(&host, "settings").blocking();
    let version = settings.put("k", "1").unwrap().as_u64();
    let guest = guest(&host, proxy, &["settings"], Access::ReadOnly);
    guest.open("settings").unwrap();
    let lost = PutOptions { condition: Some(Condition::Absent), ..NO_OPTIONS };
    let results = [
        ("put", guest.put("k", b"2").map(drop)),
        ("put-with", guest.put_with("k", b"2", &NO_OPTIONS).map(drop)),
        ("put-with and a condition that fails", guest.put_with("k", b"2", &lost).map(drop)),
        ("delete", guest.delete("k").map(drop)),
        ("delete of an absent key", guest.delete("absent").map(drop)),
        ("delete-if", guest.delete_if("k", version).map(drop)),
        ("expire", guest.expire("k", None).map(drop)),
        ("increment", guest.increment("k", 1, None).map(drop)),
        ("commit", guest.commit(&[], &[Operation::Delete("k".into())]).map(drop)),
        ("open-writer", guest.open_writer("k", &NO_OPTIONS).map(drop)),
    ];
    for (operation, result) in results {
        assert!(matches!(result, Err(Error::AccessDenied)), "{operation}: {result:?}");
    }
    assert_eq!(settings.get_entry("k").unwrap().unwrap().head.version.as_u64(), version);
}

fn a_binding_outlives_the_renaming_of_its_namespace(proxy: &'static Proxy) {
    let host = Host::fresh();
    let guest = guest(&host, proxy, &["old"], Access::ReadWrite);
    guest.open("old").unwrap();
    host.larder.blocking().rename_namespace("old", "new").unwrap();
    guest.put("k", b"v").unwrap();
    guest.open("old").unwrap();
    assert_eq!(namespace(&host, "new").blocking().get("k").unwrap().unwrap(), "v");
}

fn a_namespace_that_is_deleted_is_bound_no_more(proxy: &'static Proxy) {
    let host = Host::fresh();
    let guest = guest(&host, proxy, &["a"], Access::ReadWrite);
    guest.open("a").unwrap();
    guest.put("k", b"v").unwrap();
    host.larder.blocking().delete_namespace("a").unwrap();
    assert!(matches!(guest.get("k"), Err(Error::NoSuchBinding)));
    let reopened = guest.open("a").and_then(|()| guest.get("k"));
    assert!(matches!(reopened, Err(Error::NoSuchBinding)), "{reopened:?}");
}
