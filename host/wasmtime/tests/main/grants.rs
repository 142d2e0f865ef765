//! What a guest can reach.

use crate::probe::{NOW_MS, Probe, data, data_at, grants, larder_at, whole};
use larder_store::{ListOptions, ManualClock};
use larder_wasmtime::{Access, GrantError, KvGrants};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn nothing_is_granted_by_default() {
    let mut probe = Probe::new(&KvGrants::default());
    assert_eq!(probe.call::<_, Vec<String>>("bindings", ()), [""; 0]);
    assert_eq!(probe.get("DATA", "k"), Err("Error::NoSuchBinding".into()));
}

#[test]
fn a_guest_sees_its_bindings_in_order() {
    let data = data();
    let grants = grants(&[
        ("b", &data, Access::ReadOnly),
        ("B", &data, Access::ReadWrite),
        ("a", &data, Access::ReadWrite),
    ]);
    assert_eq!(Probe::new(&grants).call::<_, Vec<String>>("bindings", ()), ["B", "a", "b"]);
}

#[test]
fn a_guest_and_its_host_see_the_same_keys() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    probe.put("DATA", "k", "v").unwrap();
    assert_eq!(data.blocking().get("k").unwrap().as_deref(), Some(&b"v"[..]));
    data.blocking().put("k", "w").unwrap();
    assert_eq!(probe.get("DATA", "k"), Ok(Some("w".into())));
}

#[test]
fn unknown_names_and_those_of_other_guests_answer_alike() {
    let larder = larder_at(Arc::new(ManualClock::new(NOW_MS)));
    let ours = larder.blocking().open_or_create("ours").unwrap();
    let theirs = larder.blocking().open_or_create("theirs").unwrap();
    let mut probe = Probe::new(&grants(&[("OURS", &ours, Access::ReadWrite)]));
    Probe::new(&grants(&[("THEIRS", &theirs, Access::ReadWrite)])).put("THEIRS", "k", "v").unwrap();
    let long = "x".repeat(512);
    let mut long_name = Probe::new(&grants(&[(&long, &ours, Access::ReadOnly)]));
    assert_eq!(long_name.get(&long, "k"), Ok(None));
    assert_eq!(long_name.get(&(long + "x"), "k"), Err("Error::NoSuchBinding".into()));
    for name in ["THEIRS", "theirs", "NOBODYS", "ours", "OURS ", ""] {
        assert_eq!(probe.get(name, "k"), Err("Error::NoSuchBinding".into()), "{name}");
    }
}

#[test]
fn the_binding_of_a_deleted_namespace_is_unknown() {
    let larder = larder_at(Arc::new(ManualClock::new(NOW_MS)));
    let data = larder.blocking().open_or_create("data").unwrap();
    let mut probe = Probe::new(&whole(&data));
    larder.blocking().delete_namespace("data").unwrap();
    assert_eq!(probe.get("DATA", "k"), Err("Error::NoSuchBinding".into()));
    larder.blocking().create_namespace("data").unwrap();
    assert_eq!(probe.put("DATA", "k", "v"), Err("Error::NoSuchBinding".into()));
    // Not even a handle is given, of which the table would have too many.
    probe.store.data_mut().table.set_max_capacity(10);
    assert!(probe.try_call::<_, ()>("leak-namespaces", ("DATA", 100_u32)).is_ok());
}

#[test]
fn renaming_a_namespace_breaks_no_binding() {
    let larder = larder_at(Arc::new(ManualClock::new(NOW_MS)));
    let data = larder.blocking().open_or_create("data").unwrap();
    let mut probe = Probe::new(&whole(&data));
    larder.blocking().rename_namespace("data", "other").unwrap();
    assert_eq!(probe.put("DATA", "k", "v"), Ok(()));
}

#[test]
fn a_read_only_binding_refuses_every_write_before_it_looks_at_it() {
    let data = data();
    data.blocking().put("k", "v").unwrap();
    let mut probe = Probe::new(&grants(&[("DATA", &data, Access::ReadOnly)]));
    assert_eq!(probe.get("DATA", "k"), Ok(Some("v".into())));
    let said: Vec<String> = probe.call("write-in-every-way", ("DATA",));
    assert_eq!(said, ["Error::AccessDenied"; 8]);

    // The same arguments are refused for what they are where writing is allowed.
    let said: Vec<String> = Probe::new(&whole(&data)).call("write-in-every-way", ("DATA",));
    assert!(said.iter().all(|said| said.starts_with("Error::TooLarge")), "{said:?}");
}

#[test]
fn a_prefix_is_neither_seen_nor_left() {
    let data = data();
    for key in ["a/1", "b/1", "b/2", "b0", "c/1"] {
        data.blocking().put(key, key).unwrap();
    }
    let ours = data.scoped("b/").unwrap();
    let mut probe = Probe::new(&whole(&ours));
    let keys = |probe: &mut Probe, prefix| {
        probe.call::<_, Result<Vec<String>, String>>("keys", ("DATA", prefix)).unwrap()
    };
    assert_eq!(keys(&mut probe, ""), ["1", "2"]);
    assert_eq!(keys(&mut probe, "b/"), [""; 0]);
    assert_eq!(probe.get("DATA", "1"), Ok(Some("b/1".into())));
    for key in ["b/1", "../a/1", "../b0", "/"] {
        assert_eq!(probe.get("DATA", key), Ok(None), "{key}");
    }
    probe.put("DATA", "../a/1", "ours").unwrap();
    assert_eq!(data.blocking().get("a/1").unwrap().as_deref(), Some(&b"a/1"[..]));
    assert_eq!(data.blocking().get("b/../a/1").unwrap().as_deref(), Some(&b"ours"[..]));
    let names = ours.blocking().list(&ListOptions::default()).unwrap().keys;
    assert_eq!(names[0].name, "../a/1");
}

#[test]
fn a_guest_and_its_store_have_one_time() {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let data = data_at(clock.clone());
    let mut probe = Probe::at(&whole(&data), clock.clone());
    let hour = larder_store::PutOptions::new().ttl(Duration::from_secs(3600));
    _ = data.blocking().put_with("k", "v", hour).unwrap();
    clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(probe.get("DATA", "k"), Ok(Some("v".into())));
    clock.advance(Duration::from_millis(1));
    assert_eq!(probe.get("DATA", "k"), Ok(None));
    assert_eq!(probe.call::<_, u64>("now-ms", ()), NOW_MS + 3_600_000);
}

#[test]
fn a_name_is_granted_once_and_has_1_to_512_bytes() {
    let data = data();
    let mut builder = KvGrants::builder();
    let mut grant = |name: &str| builder.grant(name, data.clone(), Access::ReadOnly).map(drop);
    assert_eq!(grant("A"), Ok(()));
    assert_eq!(grant("A"), Err(GrantError::NameTaken { name: "A".into() }));
    assert_eq!(grant(""), Err(GrantError::NameEmpty));
    assert_eq!(grant(&"x".repeat(512)), Ok(()));
    let too_long = GrantError::NameTooLong { bytes: 513, max: 512 };
    assert_eq!(grant(&"x".repeat(513)), Err(too_long));
}
