//! Calls at and above every limit, and calls without end.

use crate::sandbox::{CALL_BYTES_MAX, Ended, Guest, Host, TIMEOUT};
use larder_store::{ListOptions, Operation};
use std::time::Duration;

const VALUE_BYTES_MAX: usize = 26_214_400;

fn too_large(of: &str, max: usize) -> String {
    let bytes = max + 1;
    format!("Error::TooLarge(SizeLimit {{ of: Subject::{of}, bytes: {bytes}, bytes-max: {max} }})")
}

fn invalid(what: &str) -> String {
    format!("Error::InvalidArgument({what:?})")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_taken_up_to_its_limit_and_refused_by_one_more() {
    let host = Host::new().await;
    let mut guest = Guest::new(&host.attacker).await;
    let said: Vec<String> = guest.call("up-to-every-limit", ()).await;
    assert_eq!(said, ["ok"; 8]);
    let said: Vec<String> =
        host.attacked(|mut guest| async move { guest.call("above-every-limit", ()).await }).await;
    let commit = "a commit takes at least 1 operation and at most 1000 checks and operations";
    let expected = [
        too_large("Value", VALUE_BYTES_MAX),
        too_large("Key", 512),
        too_large("Metadata", 1024),
        invalid("a bulk get takes 1 to 100 keys, not 101"),
        too_large("Key", 512),
        invalid("the limit of a listing is 1 to 1000, not 1001"),
        invalid(&format!("{commit}, not 1001")),
        too_large("Batch", VALUE_BYTES_MAX),
    ];
    assert_eq!(said, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_and_lists_are_refused_up_to_the_bytes_of_a_call_and_trap_above() {
    let host = Host::new().await;
    let most = u32::try_from(CALL_BYTES_MAX).unwrap();
    // wasmtime counts what a list item takes in the host as well.
    let (text, keys) = (most, most / 64);
    let said: (String, String) = host
        .attacked(move |mut guest| async move {
            (guest.call("long-text", (text,)).await, guest.call("many-keys", (keys,)).await)
        })
        .await;
    let refused =
        format!("Error::TooLarge(SizeLimit {{ of: Subject::Key, bytes: {text}, bytes-max: 512 }})");
    assert_eq!(said.0, refused);
    assert_eq!(said.1, invalid(&format!("a bulk get takes 1 to 100 keys, not {keys}")));
    for (export, argument) in [("long-text", text + 1), ("many-keys", most / 8 + 1)] {
        let ended: Result<(String,), Ended> = host
            .attacked(move |mut guest| async move {
                guest.try_call(export, (argument,), Duration::from_secs(10)).await
            })
            .await;
        let Err(Ended::Trap(trap)) = ended else { panic!("{export}: {ended:?}") };
        assert!(trap.contains("fuel allocated for hostcalls"), "{trap}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_in_utf_16_is_refused_up_to_the_bytes_of_a_call_and_traps_above() {
    let host = Host::new().await;
    let most = u32::try_from(CALL_BYTES_MAX).unwrap();
    let mut guest = Guest::by_hand(&host.attacker).await;
    assert!(guest.call::<_, bool>("get-utf16", (most,)).await, "it is an error");
    let trap = match guest.try_call::<_, (bool,)>("get-utf16", (most + 2,), TIMEOUT).await {
        Err(Ended::Trap(trap)) => trap,
        other => panic!("{other:?}"),
    };
    assert!(trap.contains("fuel allocated for hostcalls"), "{trap}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_reads_above_25_mib_are_refused_and_below_go_on_beside_others() {
    let host = Host::new().await;
    let data = host.namespace("attacker").await;
    for key in 0..100 {
        data.put(&key.to_string(), vec![1; VALUE_BYTES_MAX / 100]).await.unwrap();
    }
    let said: String = host
        .attacked(|mut guest| async move { guest.call("read-many", (100_u32, 5_u32)).await })
        .await;
    assert_eq!(said, "ok");
    data.put("0", vec![1; VALUE_BYTES_MAX / 100 + 1]).await.unwrap();
    let said: String = host
        .attacked(|mut guest| async move { guest.call("read-many", (100_u32, 5_u32)).await })
        .await;
    assert_eq!(said, too_large("Batch", VALUE_BYTES_MAX));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_in_a_tight_loop_leave_others_their_turn() {
    let host = Host::new().await;
    let metadata = Some(format!("\"{}\"", "m".repeat(1022)));
    let put = |key: usize| Operation::Put {
        key: format!("{key:0>512}"),
        value: "".into(),
        metadata: metadata.clone(),
        expiration: None,
    };
    let data = host.namespace("attacker").await;
    _ = data.commit(Vec::new(), (0..1000).map(put).collect()).await.unwrap();
    let ended: Result<(String,), Ended> = host
        .attacked(|mut guest| async move {
            guest.try_call("list-pages", (u32::MAX,), Duration::from_millis(500)).await
        })
        .await;
    assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_of_garbage_are_refused_and_foreign_ones_show_nothing_foreign() {
    let host = Host::new().await;
    let (data, others) = (host.namespace("attacker").await, host.namespace("victim").await);
    for key in ["a", "z"] {
        data.put(key, "").await.unwrap();
        others.put(&format!("{key}{key}"), "").await.unwrap();
    }
    let page = ListOptions { limit: Some(1), ..ListOptions::default() };
    let foreign = others.list(&page).await.unwrap().cursor.unwrap();
    let mut cursors = vec![foreign.clone()];
    for end in 0..foreign.len() {
        let mut flipped = foreign.clone().into_bytes();
        flipped[end] ^= 1;
        cursors.push(String::from_utf8(flipped).unwrap());
        cursors.push(foreign[..end].to_owned());
    }
    for garbage in ["a", "=", "\0", "ÿ", "AAAAAAAA", "aa", "../../victim"] {
        cursors.push(garbage.to_owned());
        cursors.push(garbage.repeat(1000));
    }
    let sent = cursors.clone();
    let said: Vec<String> = host
        .attacked(move |mut guest| {
            let cursors = cursors.clone();
            async move { guest.call("list-from", (cursors,)).await }
        })
        .await;
    // After `aa`; and the empty text is no cursor.
    assert_eq!(said[0], "z");
    for (cursor, said) in sent.iter().zip(&said).skip(1) {
        let refused = said.starts_with("Error::InvalidArgument(\"the cursor is not one of");
        assert_eq!(refused, !cursor.is_empty(), "{cursor:?}: {said}");
        assert!(refused || said == "a,z", "{cursor:?}: {said}");
    }
}
