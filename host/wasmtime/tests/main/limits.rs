//! What a guest cannot do to its host.

use crate::probe::{Probe, data, whole};
use larder_wasmtime::KvLimits;

const VALUE_BYTES_MAX: u32 = 26_214_400;

fn too_large(of: &str, bytes: u32, max: u32) -> Result<(), String> {
    Err(format!(
        "Error::TooLarge(SizeLimit {{ of: Subject::{of}, bytes: {bytes}, bytes-max: {max} }})"
    ))
}

#[test]
fn the_largest_value_fits_and_one_byte_more_does_not() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    let (most, more) = (VALUE_BYTES_MAX, VALUE_BYTES_MAX + 1);
    let put = |probe: &mut Probe, key, bytes: u32| {
        probe.call::<_, Result<(), String>>("put-zeros", ("DATA", key, bytes))
    };
    assert_eq!(put(&mut probe, "put", most), Ok(()));
    assert_eq!(data.blocking().head("put").unwrap().unwrap().head.size, u64::from(most));
    assert_eq!(put(&mut probe, "more", more), too_large("Value", more, most));
    assert_eq!(data.blocking().head("more").unwrap(), None);
}

#[test]
fn a_writer_takes_the_largest_value_and_no_byte_more() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    let (most, more) = (VALUE_BYTES_MAX, VALUE_BYTES_MAX + 10);
    let in_ten = |probe: &mut Probe, key, bytes: u32| {
        probe.call::<_, Result<(), String>>("write-zeros", ("DATA", key, bytes, 10_u32))
    };
    assert_eq!(in_ten(&mut probe, "written", most), Ok(()));
    assert_eq!(data.blocking().head("written").unwrap().unwrap().head.size, u64::from(most));
    assert_eq!(in_ten(&mut probe, "more", more), too_large("Value", more, most));
    assert_eq!(data.blocking().head("more").unwrap(), None);
}

#[test]
fn a_commit_is_bounded_in_bytes_and_in_number() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    let commit = |probe: &mut Probe, bytes: u32, keys: u32| {
        probe.call::<_, Result<(), String>>("commit-zeros", ("DATA", bytes, keys))
    };
    // The keys `0` and `1` count as well, whether the values alone are too large or not.
    for bytes in [VALUE_BYTES_MAX, VALUE_BYTES_MAX + 2] {
        let refused = too_large("Batch", bytes + 2, VALUE_BYTES_MAX);
        assert_eq!(commit(&mut probe, bytes, 2), refused);
    }
    assert_eq!(
        commit(&mut probe, 100_000_000, 1),
        too_large("Value", 100_000_000, VALUE_BYTES_MAX)
    );
    let count = "a commit takes at least 1 operation and at most 1000 checks and operations";
    for keys in [1001, 100_000] {
        let said = commit(&mut probe, 0, keys).unwrap_err();
        assert_eq!(said, format!("Error::InvalidArgument({:?})", format!("{count}, not {keys}")));
    }
    assert_eq!(commit(&mut probe, 1_000_000, 1000), Ok(()));
}

#[test]
fn text_above_its_limit_is_refused_wherever_it_stands() {
    let mut probe = Probe::new(&whole(&data()));
    let said: Vec<String> = probe.call("text-everywhere", ("DATA", 5_000_000_u32));
    let key = too_large("Key", 5_000_000, 512).unwrap_err();
    let metadata = too_large("Metadata", 5_000_000, 1024).unwrap_err();
    let cursor = "the cursor is not one of this store's: it is too long";
    let keys = "a bulk get takes 1 to 100 keys, not 50000";
    let expected = [
        "Error::NoSuchBinding",
        &key,
        &key,
        &format!("Error::InvalidArgument({keys:?})"),
        &key,
        &metadata,
        &key,
        &format!("Error::InvalidArgument({cursor:?})"),
        &key,
        &key,
        &key,
        &key,
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_call_above_the_hostcall_fuel_traps() {
    let mut probe = Probe::new(&whole(&data()));
    probe.store.set_hostcall_fuel(1_000_000);
    let call =
        probe.try_call::<_, (Result<(), String>,)>("put-zeros", ("DATA", "k", 2_000_000_u32));
    assert!(format!("{:?}", call.unwrap_err()).contains("fuel allocated for hostcalls"));
}

#[test]
fn a_trap_leaves_what_was_answered_and_nothing_of_a_writer() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    assert!(probe.try_call::<_, ()>("trap-while-writing", ("DATA",)).is_err());
    drop(probe);
    assert_eq!(data.blocking().get("before").unwrap().as_deref(), Some(&b"kept"[..]));
    assert_eq!(data.blocking().get("pieces").unwrap(), None);
}

#[test]
fn a_reader_keeps_its_value() {
    let data = data();
    let value = "0123456789".repeat(120_000);
    data.blocking().put("k", value.clone()).unwrap();
    let mut probe = Probe::new(&whole(&data));
    let read =
        probe.call::<_, Result<String, String>>("read-while-replaced", ("DATA", "k", 500_000_u32));
    assert!(read == Ok(value));
    assert_eq!(probe.get("DATA", "k"), Ok(Some("replaced".into())));
}

#[test]
fn readers_and_writers_are_counted_while_they_are_open() {
    let mut probe = Probe::new(&whole(&data()));
    let most = KvLimits::default().pieces_each;
    assert_eq!(probe.call::<_, u32>("open-writers", ("DATA", most + 1)), most);
    assert_eq!(probe.call::<_, u32>("open-writers", ("DATA", most + 1)), most);
}

#[test]
fn a_guest_that_fills_the_table_traps() {
    let mut probe = Probe::new(&whole(&data()));
    probe.store.data_mut().table.set_max_capacity(100);
    let call = probe.try_call::<_, ()>("leak-namespaces", ("DATA", 1000_u32));
    assert!(format!("{:?}", call.unwrap_err()).contains("resource table has no free keys"));
}
