//! Changes of settings.

use partita_model::descriptor::Generation;
use partita_protocol::definition::{OnDemandThroughput, SseSpecification, TableClass, WarmThroughput};
use partita_protocol::output::{Answer, TableStatus};
use serde_json::json;

use super::*;

fn invalid(detail: &str) -> (&'static str, String) {
    ("ValidationException", format!("One or more parameter values were invalid: {detail}"))
}

#[tokio::test]
async fn new_throughput_is_answered_with_the_old_units() {
    let world = World::new().await;
    world.create("music", provisioned(5, 5)).await;
    world.clock.advance(1000);
    let answer = world.update(throughput("music", 9, 4)).await.unwrap();
    assert_eq!(answer.table_status, TableStatus::Updating);
    let expected = json!({
        "LastIncreaseDateTime": 1_728_000_001.0,
        "LastDecreaseDateTime": 1_728_000_001.0,
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": 5,
        "WriteCapacityUnits": 5,
    });
    assert_eq!(answer.provisioned_throughput.to_json(), expected);
    let described = world.describe("music").await;
    assert_eq!(described.table_status, TableStatus::Active);
    assert_eq!(described.provisioned_throughput.number_of_decreases_today, 1);
    assert_eq!(described.provisioned_throughput.read_capacity_units, 9);
    let served = world.plane.table("music");
    assert_eq!((served.generation, served.throughput.unwrap().write_units), (Generation(2), 4));
}

#[tokio::test]
async fn unchanged_throughput_is_refused() {
    let world = World::new().await;
    world.create("music", provisioned(5, 6)).await;
    let expected = "The provisioned throughput for the table will not change. The requested value equals the current \
        value. Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current \
        WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon DynamoDB \
        Developer Guide for current limits and how to request higher limits.";
    let expected = ("ValidationException", expected.to_owned());
    assert_eq!(refusal(world.update(throughput("music", 5, 6)).await), expected);
    let with_mode = billing("music", BillingMode::Provisioned, Some(units(5, 6)));
    assert_eq!(refusal(world.update(with_mode).await), expected);
    assert_eq!(world.plane.table("music").generation, Generation(1));
}

#[tokio::test]
async fn decreases_are_limited_by_the_clock() {
    let world = World::new().await;
    world.create("music", provisioned(100, 100)).await;
    for units in (96..100).rev() {
        world.update(throughput("music", units, 100)).await.unwrap();
    }
    let refused = refusal(world.update(throughput("music", 95, 100)).await);
    assert_eq!(refused.0, "LimitExceededException");
    assert!(
        refused.1.contains(
            "Number of decreases today: 4. Last decrease at Friday, October 4, 2024 at 12:00:00 AM"
        )
    );
    assert!(refused.1.contains("Next decrease can be made at Friday, October 4, 2024 at 1:00:00 AM"));
    assert_eq!(
        world.describe("music").await.provisioned_throughput.read_capacity_units,
        96,
        "nothing changed"
    );
    world.update(throughput("music", 97, 101)).await.unwrap();

    world.clock.advance(HOUR_MS - 1);
    assert_eq!(refusal(world.update(throughput("music", 50, 50)).await).0, "LimitExceededException");
    world.clock.advance(1);
    world.update(throughput("music", 50, 50)).await.unwrap();
    assert_eq!(world.describe("music").await.provisioned_throughput.number_of_decreases_today, 5);
    assert_eq!(refusal(world.update(throughput("music", 49, 50)).await).0, "LimitExceededException");
    world.clock.advance(23 * HOUR_MS);
    assert_eq!(world.describe("music").await.provisioned_throughput.number_of_decreases_today, 0);
    world.update(throughput("music", 49, 50)).await.unwrap();
}

#[tokio::test]
async fn billing_modes_are_switched() {
    let world = World::new().await;
    world.create("music", provisioned(5, 6)).await;
    world.clock.advance(1000);
    let switch = || billing("music", BillingMode::PayPerRequest, None);
    let answer = world.update(switch()).await.unwrap().to_json();
    assert_eq!(answer["TableStatus"], "UPDATING");
    assert_eq!(answer["BillingModeSummary"], json!({ "BillingMode": "PAY_PER_REQUEST" }));
    assert_eq!(answer["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    let described = world.describe("music").await.to_json();
    let summary =
        json!({ "BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": 1_728_000_001.0 });
    assert_eq!(described["BillingModeSummary"], summary);
    assert_eq!(world.plane.table("music").throughput, None);

    world.update(switch()).await.unwrap();
    assert_eq!(world.plane.table("music").generation, Generation(2), "asking again changes nothing");
    let on_demand_rule = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST";
    assert_eq!(refusal(world.update(throughput("music", 1, 1)).await), invalid(on_demand_rule));

    world.update(billing("music", BillingMode::Provisioned, Some(units(7, 8)))).await.unwrap();
    let described = world.describe("music").await.to_json();
    assert_eq!(described["BillingModeSummary"]["BillingMode"], "PROVISIONED");
    assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 7);
    assert_eq!(described["WarmThroughput"]["ReadUnitsPerSecond"], 12_000);
    assert_eq!(world.plane.table("music").billing, BillingMode::Provisioned);
}

#[tokio::test]
async fn a_fifth_switch_to_on_demand_in_a_day_is_refused() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let back = || billing("music", BillingMode::Provisioned, Some(units(1, 1)));
    let switch = || billing("music", BillingMode::PayPerRequest, None);
    for _ in 0..4 {
        world.update(back()).await.unwrap();
        world.update(switch()).await.unwrap();
    }
    world.update(back()).await.unwrap();
    assert_eq!(refusal(world.update(switch()).await).0, "LimitExceededException");
    world.clock.advance(24 * HOUR_MS);
    world.update(switch()).await.unwrap();
}

#[tokio::test]
async fn a_protected_table_is_not_deleted() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let protect =
        |enabled| operation::UpdateTable { deletion_protection_enabled: Some(enabled), ..update("music") };
    let answer = world.update(protect(true)).await.unwrap();
    assert_eq!((answer.table_status, answer.deletion_protection_enabled), (TableStatus::Active, true));
    let told = world.plane.table("music");
    assert_eq!((told.generation, told.settings.deletion_protection), (Generation(2), true));
    let expected = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
        protection first.";
    let refused = refusal(world.control.delete_table(delete("music")).await);
    assert_eq!(refused, ("ValidationException", expected.to_owned()));
    world.update(protect(false)).await.unwrap();
    world.control.delete_table(delete("music")).await.unwrap();
}

#[tokio::test]
async fn what_is_only_shown_reaches_a_data_plane_that_was_away() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    world.plane.set_away(true);
    let protect = operation::UpdateTable { deletion_protection_enabled: Some(true), ..update("music") };
    let answer = world.update(protect).await.unwrap();
    assert_eq!((answer.table_status, answer.deletion_protection_enabled), (TableStatus::Active, true));
    assert!(!world.plane.table("music").settings.deletion_protection);
    world.plane.set_away(false);
    assert_eq!(world.control.drive().await.unwrap(), 0);
    assert!(world.plane.table("music").settings.deletion_protection);
}

#[tokio::test]
async fn the_class_changes_twice() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    assert_eq!(world.describe("music").await.table_class_summary, None);
    let class = |class| operation::UpdateTable { table_class: Some(class), ..update("music") };
    let answer = world.update(class(TableClass::StandardInfrequentAccess)).await.unwrap();
    assert_eq!((answer.table_status, answer.table_class_summary), (TableStatus::Updating, None));
    let summary = world.describe("music").await.table_class_summary.to_json();
    let expected =
        json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS", "LastUpdateDateTime": 1_728_000_000.0 });
    assert_eq!(summary, expected);
    world.update(class(TableClass::Standard)).await.unwrap();
    world.update(class(TableClass::Standard)).await.unwrap();
    let refused = refusal(world.update(class(TableClass::StandardInfrequentAccess)).await);
    let sentence =
        "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).".to_owned();
    assert_eq!(refused, ("LimitExceededException", sentence));
}

#[tokio::test]
async fn what_is_not_acted_on_is_refused_once_the_table_is_there() {
    let world = World::new().await;
    let replicas = |table| operation::UpdateTable { unsupported: Some("ReplicaUpdates"), ..update(table) };
    assert_eq!(refusal(world.update(replicas("absent")).await).0, "ResourceNotFoundException");
    world.create("music", on_demand()).await;
    let unsupported = |member: &str| invalid(&format!("{member} is not supported by this installation yet"));
    assert_eq!(refusal(world.update(replicas("music")).await), unsupported("ReplicaUpdates"));

    let sse = |enabled| operation::UpdateTable {
        sse: Some(SseSpecification { enabled, ..SseSpecification::default() }),
        ..update("music")
    };
    assert_eq!(
        refusal(world.update(sse(Some(true))).await),
        unsupported("SSESpecification with Enabled true")
    );
    assert_eq!(refusal(world.update(sse(None)).await), invalid("Table is already encrypted by default"));

    let warm = |read| operation::UpdateTable {
        warm_throughput: Some(WarmThroughput {
            read_units_per_second: Some(read),
            write_units_per_second: None,
        }),
        ..update("music")
    };
    assert_eq!(
        refusal(world.update(warm(12_001)).await),
        unsupported("WarmThroughput above the current one")
    );
    let lower = "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, \
        decreasing WarmThroughput is not supported";
    assert_eq!(refusal(world.update(warm(11_999)).await), invalid(lower));
    world.update(warm(12_000)).await.unwrap();

    let ceiling = |table, units| operation::UpdateTable {
        on_demand_throughput: Some(OnDemandThroughput {
            max_read_request_units: Some(units),
            max_write_request_units: None,
        }),
        ..update(table)
    };
    assert_eq!(refusal(world.update(ceiling("music", 10)).await), unsupported("OnDemandThroughput"));
    world.update(ceiling("music", -1)).await.unwrap();
    world.create("books", provisioned(1, 1)).await;
    let rule = "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED";
    assert_eq!(refusal(world.update(ceiling("books", 10)).await), invalid(rule));
    assert_eq!(world.plane.table("music").generation, Generation(1), "nothing of all this changed the table");
}
