//! Streams: on, off, and how they are named.

use partita_protocol::output::Answer;

use super::*;

pub(super) fn stream(table: &str, view: Option<&str>) -> operation::UpdateTable {
    let specification = match view {
        Some(view) => json!({ "StreamEnabled": true, "StreamViewType": view }),
        None => json!({ "StreamEnabled": false }),
    };
    operation::UpdateTable { stream: Some(serde_json::from_value(specification).unwrap()), ..update(table) }
}

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/";

#[tokio::test]
async fn a_stream_is_named_by_the_time_it_was_enabled() {
    let world = World::new().await;
    let mut definition = on_demand();
    definition.stream_specification = Some(
        serde_json::from_value(json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" })).unwrap(),
    );
    world.clock.advance(4_005);
    let created = world.create("music", definition).await.to_json();
    let specification = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    assert_eq!(created["StreamSpecification"], specification);
    assert_eq!(created["LatestStreamLabel"], "2024-10-04T00:00:04.005");
    assert_eq!(created["LatestStreamArn"], format!("{ARN}2024-10-04T00:00:04.005"));
    let told = world.plane.table("music").stream.unwrap();
    assert_eq!(
        (told.label.as_str(), told.view.as_str(), told.enabled),
        ("2024-10-04T00:00:04.005", "KEYS_ONLY", true)
    );
}

#[tokio::test]
async fn a_disabled_stream_keeps_its_name_and_the_next_has_another() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let disabled = refusal(world.update(stream("music", None)).await);
    assert_eq!(disabled.0, "ValidationException");
    let enabled = world.update(stream("music", Some("NEW_IMAGE"))).await.unwrap().to_json();
    assert_eq!(enabled["TableStatus"], "UPDATING");
    assert_eq!(enabled["LatestStreamLabel"], "2024-10-04T00:00:00.000");
    let twice = refusal(world.update(stream("music", Some("OLD_IMAGE"))).await);
    assert_eq!(
        twice,
        ("ValidationException", "Table already has an enabled stream: TableName: music".to_owned())
    );

    let off = world.update(stream("music", None)).await.unwrap().to_json();
    assert!(off.get("StreamSpecification").is_none());
    let described = world.describe("music").await.to_json();
    assert!(described.get("StreamSpecification").is_none());
    assert_eq!(
        (described["TableStatus"].as_str(), described["LatestStreamLabel"].as_str()),
        (Some("ACTIVE"), Some("2024-10-04T00:00:00.000"))
    );
    assert!(!world.plane.table("music").stream.unwrap().enabled);

    // Within the same millisecond, and after the clock was put back.
    world.update(stream("music", Some("OLD_IMAGE"))).await.unwrap();
    let described = world.describe("music").await.to_json();
    assert_eq!(described["LatestStreamLabel"], "2024-10-04T00:00:00.001");
    assert_eq!(
        described["StreamSpecification"],
        json!({ "StreamEnabled": true, "StreamViewType": "OLD_IMAGE" })
    );
    assert_eq!(described["LatestStreamArn"], format!("{ARN}2024-10-04T00:00:00.001"));
}
