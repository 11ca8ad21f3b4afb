//! The task that nobody calls.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::super::support::simple;
use super::{Timed, expiring};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn settings_are_built_and_items_go_until_it_is_told_to_stop() {
    let timed = Timed::with([simple()]).await;
    for (p, seconds) in [("a", 1), ("b", 2), ("c", 600)] {
        timed.put(p, seconds).await;
    }
    let (stop, stopped) = watch::channel(false);
    let engine = Arc::clone(&timed.world.engine);
    let kept = tokio::spawn(async move { engine.keep_expiring(Duration::from_millis(1), stopped).await });
    tokio::task::yield_now().await;
    timed.world.engine.apply(expiring(simple(), 2, Some((70, "e")))).await.unwrap();
    timed.pass(60_000);
    let gone = async {
        while timed.keys("simple").await != ["c"] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("what is due goes");
    assert!(timed.progress(simple().id, 70).await.unwrap().finished);
    assert!(!kept.is_finished());
    stop.send_replace(true);
    kept.await.unwrap();
}
