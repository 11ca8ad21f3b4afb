//! The process is ended at every step, and another one goes on with what was durable.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use partita_mapping::Settings;
use partita_protocol::stream::SequenceNumber;
use partita_stream::StreamOptions;
use serde_json::json;

use super::support::{World, check_order, failed, mapping, ok};
use crate::Reply;

/// Steps of tasks between two moves of the clock.
const STEPS_A_MILLISECOND: usize = 4;

fn settings() -> Settings {
    let (batch_size, parallelization_factor) = (3, 2);
    Settings { batch_size, parallelization_factor, reports_item_failures: true, ..Settings::default() }
}

/// A world with changes of three items in several shards.
async fn world() -> (World, BTreeMap<String, Vec<String>>) {
    let mut world = World::with(StreamOptions { shard_records_max: 6, ..StreamOptions::default() }).await;
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in 0..15 {
        let key = ["a", "b", "c"][value % 3];
        world.put(key, value).await;
        world.streams.tend().await.unwrap();
        written.entry(key.to_owned()).or_default().push(format!("{key}={value}"));
    }
    // Some deliveries fail as a whole, some in part.
    world.target().answers(|number, _| match number % 5 {
        1 => failed(),
        3 => {
            let body = json!({"batchItemFailures": [{"itemIdentifier": SequenceNumber::of(1).to_string()}]});
            Reply::Answered { status: 200, body: Bytes::from(body.to_string()) }
        }
        _ => ok(),
    });
    world.dispatch().await;
    world.apply(mapping(1, settings())).await;
    (world, written)
}

/// Lets all tasks make some steps.
async fn steps(count: usize) {
    for step in 1..=count {
        tokio::task::yield_now().await;
        if step % STEPS_A_MILLISECOND == 0 {
            tokio::time::advance(Duration::from_millis(1)).await;
        }
    }
}

/// Waits until every change was taken, and says whether each came in its turn.
async fn check(world: &World, written: &BTreeMap<String, Vec<String>>, what: &str) {
    let all = |world: &World| {
        // A partial answer takes nothing here: it names the first record, or none that was delivered.
        let mut seen = world.target().seen();
        for seen in &mut seen {
            if matches!(&seen.reply, Some(Reply::Answered { body, .. }) if !body.is_empty()) {
                seen.reply = None;
            }
        }
        let taken = check_order(&seen, written);
        written.iter().all(|(key, changes)| taken.get(key) == Some(&changes.len()))
    };
    world.until(what, all).await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_step_loses_nothing_and_keeps_the_order() {
    let mut killed_before_the_end = 0;
    for kill_after in 0..400 {
        let (mut world, written) = world().await;
        steps(kill_after).await;
        let before = world.target().seen().len();
        world.crash().await;
        check(&world, &written, &format!("killed after {kill_after} steps")).await;
        killed_before_the_end += usize::from(world.target().seen().len() > before);
    }
    assert!(killed_before_the_end > 100, "only {killed_before_the_end} kills came in time");
}

#[tokio::test(start_paused = true)]
async fn many_kills_delay_and_lose_nothing() {
    for between in [40, 90, 170, 300] {
        let (mut world, written) = world().await;
        for _ in 0..30 {
            steps(between).await;
            world.crash().await;
        }
        check(&world, &written, &format!("killed every {between} steps")).await;
    }
}
