//! Expiry: on, off, how far it is, and how often it may change.

use partita_protocol::definition::TimeToLiveSpecification;
use partita_protocol::output::{Answer, TableStatus};
use serde_json::Value;

use super::*;

fn specification(enabled: bool, attribute: &str) -> TimeToLiveSpecification {
    TimeToLiveSpecification { enabled, attribute_name: attribute.to_owned() }
}

impl World {
    async fn expire(&self, enabled: bool, attribute: &str) -> Result<Value, ServiceError> {
        let specification = specification(enabled, attribute);
        let asked = operation::UpdateTimeToLive { table: TableRef::new("music"), specification };
        self.control.update_time_to_live(asked).await.map(|answer| answer.to_json())
    }

    async fn expiry(&self) -> Value {
        let asked = operation::DescribeTimeToLive { table: TableRef::new("music") };
        self.control.describe_time_to_live(asked).await.unwrap().to_json()["TimeToLiveDescription"].clone()
    }
}

fn shown(status: &str) -> Value {
    json!({ "TimeToLiveStatus": status, "AttributeName": "until" })
}

#[tokio::test]
async fn expiry_is_enabled_once_the_data_plane_has_looked_at_every_item() {
    let world = World::new().await;
    world.plane.set_slow(true);
    world.create("music", on_demand()).await;
    assert_eq!(world.expiry().await, json!({ "TimeToLiveStatus": "DISABLED" }));
    let answer = world.expire(true, "until").await.unwrap();
    assert_eq!(answer, json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "until" } }));
    assert_eq!(world.expiry().await, shown("ENABLING"));
    assert_eq!(
        world.describe("music").await.table_status,
        TableStatus::Active,
        "the table is served meanwhile"
    );
    let setting = world.plane.table("music").time_to_live.unwrap();
    assert_eq!(setting.attribute, "until");
    world.plane.build();
    assert_eq!(world.control.drive().await.unwrap(), 0);
    assert_eq!(world.expiry().await, shown("ENABLED"));
    assert_eq!(world.plane.table("music").time_to_live, Some(setting), "nothing new to tell");

    world.clock.advance(HOUR_MS);
    world.plane.set_away(true);
    world.expire(false, "until").await.unwrap();
    assert_eq!(world.expiry().await, shown("DISABLING"));
    world.plane.set_away(false);
    assert_eq!(world.expiry().await, json!({ "TimeToLiveStatus": "DISABLED" }));
    assert_eq!(world.plane.table("music").time_to_live, None);
}

#[tokio::test]
async fn expiry_changes_once_an_hour() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let refused = |sentence: &str| ("ValidationException", sentence.to_owned());
    let already = refused("TimeToLive is already disabled");
    assert_eq!(refusal(world.expire(false, "until").await), already);
    world.expire(true, "until").await.unwrap();
    let first = world.plane.table("music").time_to_live.unwrap().id;
    assert_eq!(refusal(world.expire(true, "until").await), refused("TimeToLive is already enabled"));
    let other = "TimeToLive is active on a different AttributeName: current AttributeName is until";
    assert_eq!(refusal(world.expire(true, "date").await), refused(other));
    let early = refused("Time to live has been modified multiple times within a fixed interval");
    world.clock.advance(HOUR_MS - 1);
    assert_eq!(refusal(world.expire(false, "until").await), early);
    world.clock.advance(1);
    world.expire(false, "until").await.unwrap();
    assert_eq!(refusal(world.expire(true, "until").await), early);
    world.clock.advance(HOUR_MS);
    world.expire(true, "date").await.unwrap();
    assert!(world.plane.table("music").time_to_live.unwrap().id > first, "each setting has rows of its own");
}

#[tokio::test]
async fn an_installation_may_let_expiry_change_more_often_and_a_manifest_need_not_wait() {
    let limits = crate::limits::Limits { time_to_live_interval_ms: 0, ..Default::default() };
    let world = World::with(Options { limits, ..options() }).await;
    world.create("music", on_demand()).await;
    world.expire(true, "until").await.unwrap();
    world.expire(false, "until").await.unwrap();

    let world = World::new().await;
    world.create("music", on_demand()).await;
    world.expire(true, "until").await.unwrap();
    let declare = async |asked| world.control.set_declared_time_to_live(&name("music"), &asked).await;
    declare(specification(false, "until")).await.unwrap();
    declare(specification(true, "date")).await.unwrap();
    assert_eq!(world.plane.table("music").time_to_live.unwrap().attribute, "date");
}

#[tokio::test]
async fn there_is_no_expiry_of_a_table_that_is_not_there() {
    let world = World::new().await;
    let asked = operation::DescribeTimeToLive { table: TableRef::new("music") };
    assert_eq!(
        refusal(world.control.describe_time_to_live(asked.clone()).await).0,
        "ResourceNotFoundException"
    );
    assert_eq!(refusal(world.expire(true, "until").await).0, "ResourceNotFoundException");
    world.plane.set_away(true);
    world.create("music", on_demand()).await;
    assert_eq!(refusal(world.control.describe_time_to_live(asked).await).0, "ValidationException");
    assert_eq!(refusal(world.expire(true, "until").await).0, "ResourceInUseException");
}
