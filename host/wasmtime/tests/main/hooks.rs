//! What an embedder is told, and what it can deny.

use crate::probe::{Probe, data, whole};
use larder_wasmtime::{Denied, Operation};
use std::time::Duration;

#[test]
fn hooks_are_told_binding_key_and_sizes() {
    let data = data();
    let mut probe = Probe::new(&whole(&data.scoped("tenant/").unwrap()));
    probe.put("DATA", "k", "four").unwrap();
    probe.get("DATA", "k").unwrap();
    probe.get("DATA", "missing").unwrap();
    _ = probe.get("DATA", "");
    _ = probe.call::<_, Result<Vec<String>, String>>("keys", ("DATA", "a/"));
    _ = probe.call::<_, Result<(), String>>("commit-zeros", ("DATA", 10_u32, 2_u32));
    assert_eq!(
        probe.told(),
        [
            "DATA Put k 4",
            "Put gave 0",
            "DATA Get k 0",
            "Get gave 4",
            "DATA Get missing 0",
            "Get gave 0",
            "DATA Get  0",
            "Get failed: a key cannot be empty",
            "DATA List a/*",
            "List gave 0",
            "DATA Commit 0,1 10",
            "Commit gave 0",
        ]
    );
}

#[test]
fn hooks_are_told_of_pieces_with_their_key() {
    let mut probe = Probe::new(&whole(&data()));
    let _: Result<(), String> = probe.call("write-zeros", ("DATA", "k", 6_u32, 2_u32));
    let _: Result<String, String> = probe.call("read-while-replaced", ("DATA", "k", 4_u32));
    let told = probe.told();
    let before: Vec<_> = told.iter().filter(|told| told.starts_with("DATA")).collect();
    assert_eq!(
        before,
        [
            "DATA OpenWriter k 0",
            "DATA Write k 3",
            "DATA Write k 3",
            "DATA Finish k 0",
            "DATA OpenReader k 0",
            "DATA Put k 8",
            "DATA Read k 0",
            "DATA Read k 0",
            "DATA Read k 0",
        ]
    );
    assert!(told.contains(&"Read gave 4".to_owned()) && told.contains(&"Read gave 2".to_owned()));
}

#[test]
fn what_a_hook_denies_does_not_happen() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    for (denied, error) in [
        (Denied::Access, "Error::AccessDenied"),
        (Denied::QuotaKeys, "Error::QuotaExceeded(Quota::Keys)"),
        (Denied::QuotaBytes, "Error::QuotaExceeded(Quota::Bytes)"),
        (Denied::Unavailable, "Error::Unavailable"),
    ] {
        // A function pointer holds no state, so the key says which.
        let key = format!("{denied:?}");
        probe.store.data_mut().hooks.deny = Some(|call| {
            Err(match call.keys[0].as_str() {
                "Access" => Denied::Access,
                "QuotaKeys" => Denied::QuotaKeys,
                "QuotaBytes" => Denied::QuotaBytes,
                _ => Denied::Unavailable,
            })
        });
        assert_eq!(probe.put("DATA", &key, "v"), Err(error.into()));
        assert_eq!(data.blocking().get(&key).unwrap(), None);
    }
}

#[test]
fn a_rate_limit_says_when_to_try_again_in_milliseconds_rounded_up() {
    let mut probe = Probe::new(&whole(&data()));
    probe.store.data_mut().hooks.deny = Some(|call| match call.operation {
        Operation::Get => Err(Denied::TooManyRequests { retry_after: Duration::from_micros(1500) }),
        _ => Err(Denied::TooManyRequests { retry_after: Duration::MAX }),
    });
    assert_eq!(probe.get("DATA", "k"), Err("Error::TooManyRequests(2)".into()));
    assert_eq!(probe.put("DATA", "k", ""), Err("Error::TooManyRequests(4294967295)".into()));
}

#[test]
fn a_value_is_not_finished_without_a_piece_that_was_denied() {
    let data = data();
    let mut probe = Probe::new(&whole(&data));
    probe.store.data_mut().hooks.deny =
        Some(|call| if call.bytes == 0 { Ok(()) } else { Err(Denied::QuotaBytes) });
    let said: (String, String) = probe.call("write-on-after-an-error", ("DATA", "k"));
    let broken_off = "this store cannot go on with a write that was broken off";
    assert_eq!(said.0, "Error::QuotaExceeded(Quota::Bytes)");
    assert_eq!(said.1, format!("Error::Unsupported({broken_off:?})"));
    assert_eq!(data.blocking().get("k").unwrap(), None);
}

#[test]
fn a_name_that_is_not_bound_is_told_once_with_those_that_are() {
    let mut probe = Probe::new(&whole(&data()));
    for _ in 0..3 {
        _ = probe.get("SESIONS", "k");
    }
    assert_eq!(probe.told(), ["no SESIONS, only DATA"]);
    for name in 0..100 {
        _ = probe.get(&format!("{name}{}", "x".repeat(1000)), "k");
    }
    let told = probe.told();
    assert_eq!(told.len(), 15);
    assert!(told.iter().all(|told| told.len() == 512 + "no , only DATA".len()), "{told:?}");
}
