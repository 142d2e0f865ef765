//! Guests that compute, recurse and take memory without end.

use crate::sandbox::{Ended, Guest, Host, MEMORY_MAX};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_loops_end_by_the_timeout_and_others_are_answered_meanwhile() {
    let host = Host::new().await;
    let ended: Result<(), Ended> = host
        .attacked(|mut guest| async move {
            guest.try_call("loop-for-ever", (), Duration::from_millis(300)).await
        })
        .await;
    assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_endless_loops_than_threads_leave_others_their_turn() {
    let host = Host::new().await;
    let mut loops = Vec::new();
    for _ in 0..4 {
        let mut guest = Guest::new(&host.attacker).await;
        loops.push(tokio::spawn(async move {
            guest.try_call::<_, ()>("loop-for-ever", (), Duration::from_secs(60)).await
        }));
    }
    let ended: Result<(), Ended> = host
        .attacked(|mut guest| async move {
            guest.try_call("loop-for-ever", (), Duration::from_millis(100)).await
        })
        .await;
    assert!(matches!(ended, Err(Ended::TimedOut)), "{ended:?}");
    assert!(!loops.iter().any(|computing| computing.is_finished()), "they compute still");
    loops.iter().for_each(|computing| computing.abort());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_recursion_traps() {
    let host = Host::new().await;
    let trap: String = host
        .attacked(|mut guest| async move {
            let depth = Duration::from_secs(20);
            match guest.try_call::<_, (u64,)>("recurse", (u64::MAX,), depth).await {
                Err(Ended::Trap(trap)) => trap,
                other => panic!("{other:?}"),
            }
        })
        .await;
    assert!(trap.contains("call stack exhausted"), "{trap}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_grows_up_to_its_limit_and_no_further() {
    let host = Host::new().await;
    let got: u32 = host.attacked(|mut guest| async move { guest.call("grow", ()).await }).await;
    let most = u32::try_from(MEMORY_MAX >> 20).unwrap();
    // It began with one or two.
    assert!((most - 3..most).contains(&got), "{got} MiB");
}
