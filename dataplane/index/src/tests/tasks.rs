//! The tasks as a process runs them.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;

use super::support::{Shape, TABLE, World};
use crate::{Limits, propagate};

/// Waits until what is said of a world holds.
async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    while !holds().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn indexes_follow_writes_and_descriptors_without_being_told() {
    let mut world = World::with(&[Shape::Plain], Limits::default()).await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(propagate(Arc::clone(&world.engine), stopped));
    let engine = Arc::clone(&world.engine);
    let level = || async { engine.index_lag(TABLE).await.unwrap().is_none_or(|lag| lag.records == 0) };
    for number in 0..10 {
        let number = json!({"N": number.to_string()});
        world.put(json!({"p": {"S": "p"}, "s": number, "n": number, "a": {"S": "a"}})).await;
    }
    until(level).await;
    world.toggle(Shape::Sorted).await;
    let built = world.indexes[&Shape::Sorted];
    until(|| async { engine.statistics(TABLE).await.unwrap().progress.is_built(built) }).await;
    until(level).await;
    world.check().await;
    // The last index goes, and another comes: the task of the table ends and begins anew.
    world.toggle(Shape::Sorted).await;
    world.toggle(Shape::Plain).await;
    world.put(json!({"p": {"S": "p"}, "s": {"N": "77"}})).await;
    world.toggle(Shape::Plain).await;
    let built = world.indexes[&Shape::Plain];
    until(|| async { engine.statistics(TABLE).await.unwrap().progress.is_built(built) }).await;
    until(level).await;
    world.check().await;
    engine.drop_table(TABLE).await.unwrap();
    stop.send_replace(true);
    running.await.unwrap();
}

#[tokio::test]
async fn tasks_end_with_their_store() {
    let world = World::with(&[Shape::Plain], Limits::default()).await;
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(propagate(Arc::clone(&world.engine), stopped));
    world.store.fail();
    running.await.unwrap();
}
