use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use partita_mapping::{Filters, Settings, Url};
use partita_protocol::stream::SequenceNumber;
use serde_json::{Value, json};

use super::support::{World, check_order, failed, id, ok, stream_arn};
use crate::Reply;

#[tokio::test(start_paused = true)]
async fn records_are_delivered_in_batches() {
    let world = World::mapped(Settings { batch_size: 2, batching_window_s: 1, ..Settings::default() }).await;
    for value in 1..=3 {
        world.put("a", value).await;
    }
    world.delivered(3).await;
    assert_eq!(world.target().changes(), [vec!["a=1", "a=2"], vec!["a=3"]]);
    let status = world.dispatcher().status(&id()).unwrap();
    assert_eq!(status.last_result.as_deref(), Some("OK"));
    assert_eq!((status.delivered, status.given_up, status.enabled), (3, 0, true));
}

#[tokio::test(start_paused = true)]
async fn a_record_waits_for_others_as_long_as_the_window() {
    let world = World::mapped(Settings { batching_window_s: 20, ..Settings::default() }).await;
    world.put("a", 1).await;
    world.answered(1).await;
    let waited = world.target().seen()[0].at;
    assert!((Duration::from_secs(20)..Duration::from_secs(21)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_window_a_record_is_delivered_at_once() {
    let world = World::mapped(Settings::default()).await;
    world.until("the mapping looks at its shard", |_| true).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.put("a", 1).await;
    world.answered(1).await;
    let waited = world.target().seen()[0].at - Duration::from_secs(10);
    assert!(waited < Duration::from_millis(20), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_delivery_is_repeated_and_nothing_overtakes_it() {
    let world = World::mapped(Settings { batch_size: 1, ..Settings::default() }).await;
    world.target().answers(|number, _| if number < 3 { failed() } else { ok() });
    world.put("a", 1).await;
    world.put("b", 1).await;
    world.delivered(2).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=1"], ["a=1"], ["a=1"], ["b=1"]]);
    let at: Vec<_> = world.target().seen().iter().map(|seen| seen.at.as_millis()).collect();
    let pauses: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses[..3], [252, 502, 1002], "an answer takes two");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_delivered_is_told_and_passed() {
    let settings = Settings {
        retries_max: Some(2),
        bisect_on_error: true,
        batching_window_s: 1,
        on_failure: Url::parse("http://sink"),
        ..Settings::default()
    };
    let world = World::mapped(settings).await;
    world.target().answers(|_, changes| if changes.contains(&"b=1".to_owned()) { failed() } else { ok() });
    for key in ["a", "b", "c", "d"] {
        world.put(key, 1).await;
    }
    world.delivered(3).await;
    world
        .until("the destination is told", |world| {
            world.destination().seen().iter().any(|seen| seen.reply.is_some())
        })
        .await;
    let told = world.destination().seen();
    assert_eq!(told.len(), 1);
    let told: Value = serde_json::from_slice(&told[0].delivery.body).unwrap();
    let number = SequenceNumber::of(2).to_string();
    assert_eq!(told["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(
        told["requestContext"]["functionArn"],
        "arn:aws:lambda:eu-central-1:123456789012:function:indexer"
    );
    assert_eq!(
        told["responseContext"],
        json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
    );
    let info = &told["DDBStreamBatchInfo"];
    assert_eq!((&info["startSequenceNumber"], &info["endSequenceNumber"]), (&json!(number), &json!(number)));
    assert_eq!((&info["batchSize"], &info["streamArn"]), (&json!(1), &json!(stream_arn())));
    let payload: Value = serde_json::from_str(told["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["Records"][0]["dynamodb"]["Keys"]["p"]["S"], "b");
    assert_eq!(world.dispatcher().status(&id()).unwrap().given_up, 1);
    let others: Vec<_> = world.target().seen().into_iter().filter(|seen| seen.reply == Some(ok())).collect();
    let others: Vec<_> = others.into_iter().flat_map(|seen| seen.changes).collect();
    assert_eq!(others, ["a=1", "c=1", "d=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_down_stops_nothing() {
    let settings = Settings {
        retries_max: Some(0),
        batch_size: 1,
        on_failure: Url::parse("http://sink"),
        ..Settings::default()
    };
    let world = World::mapped(settings).await;
    world.target().answers(|_, changes| if changes == ["a=1"] { failed() } else { ok() });
    world.destination().answers(|_, _| Reply::Unreached { reason: "down".to_owned() });
    world.put("a", 1).await;
    world.put("b", 1).await;
    world.delivered(1).await;
    assert_eq!(world.target().changes(), [["a=1"], ["b=1"]]);
    assert_eq!(world.destination().seen().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_first_record_that_failed_is_where_to_go_on() {
    let settings = Settings { reports_item_failures: true, batching_window_s: 1, ..Settings::default() };
    let world = World::mapped(settings).await;
    world.target().answers(|number, _| match number {
        0 => {
            let failure = |position| json!({"itemIdentifier": SequenceNumber::of(position).to_string()});
            let body = json!({"batchItemFailures": [failure(3), failure(2)]});
            Reply::Answered { status: 200, body: Bytes::from(body.to_string()) }
        }
        _ => ok(),
    });
    for key in ["a", "b", "c"] {
        world.put(key, 1).await;
    }
    world.delivered(3).await;
    assert_eq!(world.target().changes(), [vec!["a=1", "b=1", "c=1"], vec!["b=1", "c=1"]]);
}

#[tokio::test(start_paused = true)]
async fn old_records_are_given_up_while_the_target_is_down() {
    let settings = Settings { record_age_max_s: Some(60), batch_size: 1, ..Settings::default() };
    let world = World::mapped(settings).await;
    world.target().answers(|_, changes| match changes {
        [change] if change == "a=1" => Reply::Unreached { reason: "down".to_owned() },
        _ => ok(),
    });
    world.put("a", 1).await;
    tokio::time::sleep(Duration::from_secs(50)).await;
    let status = world.dispatcher().status(&id()).unwrap();
    assert_eq!(status.last_result.as_deref(), Some("PROBLEM: The target was not reached: down"));
    world.put("b", 1).await;
    world.delivered(1).await;
    assert_eq!(world.dispatcher().status(&id()).unwrap().given_up, 1);
}

#[tokio::test(start_paused = true)]
async fn only_wanted_records_are_delivered_and_the_others_passed() {
    let filters = vec![json!({"dynamodb": {"NewImage": {"v": {"S": [{"prefix": "yes"}]}}}}).to_string()];
    let settings = Settings { filters: Filters::new(filters).unwrap(), ..Settings::default() };
    let mut world = World::mapped(settings).await;
    for value in ["no", "yes", "no again", "yes again", "no more"] {
        world.put("a", value).await;
    }
    world.delivered(2).await;
    assert_eq!(world.target().changes().concat(), ["a=yes", "a=yes again"]);

    // What was passed is passed for ever: nothing comes again.
    tokio::time::sleep(Duration::from_secs(5)).await;
    world.crash().await;
    world.put("b", "yes").await;
    world.delivered(1).await;
    assert_eq!(world.target().changes().concat(), ["a=yes", "a=yes again", "b=yes"]);
}

#[tokio::test(start_paused = true)]
async fn lanes_work_side_by_side_and_keep_each_items_order() {
    let settings =
        Settings { batch_size: 3, parallelization_factor: 4, retries_max: None, ..Settings::default() };
    let world = World::mapped(settings).await;
    // Every third delivery fails.
    world.target().answers(|number, _| if number % 3 == 2 { failed() } else { ok() });
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in 0..200 {
        let key = format!("k{}", value % 13);
        world.put(&key, value).await;
        written.entry(key.clone()).or_default().push(format!("{key}={value}"));
    }
    world.delivered(200).await;
    let taken = check_order(&world.target().seen(), &written);
    assert!(written.iter().all(|(key, changes)| taken[key] == changes.len()));
    let most = world.target().most_under_way.load(Ordering::Relaxed);
    assert!((2..=4).contains(&most), "{most} under way");
}
