//! Creating, showing, listing and deleting tables.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use partita_model::descriptor::Generation;
use partita_protocol::definition::TableClass;
use partita_protocol::operation::ListTables;
use partita_protocol::output::{Answer, ChangedTable, DescribedTable, TableStatus};
use serde_json::json;

use super::plane::{MemoryPlane, some_statistics};
use super::*;
use crate::limits::Limits;

#[tokio::test]
async fn a_table_is_answered_as_creating_and_served_at_once() {
    let world = World::new().await;
    let created = world.create("music", provisioned(5, 6)).await;
    let expected = json!({ "TableDescription": {
        "TableName": "music",
        "TableStatus": "CREATING",
        "TableArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/music",
        "TableId": "uuid-1",
        "AttributeDefinitions": [
            { "AttributeName": "a", "AttributeType": "S" },
            { "AttributeName": "b", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "a", "KeyType": "HASH" },
            { "AttributeName": "b", "KeyType": "RANGE" },
        ],
        "CreationDateTime": 1_728_000_000.0,
        "ProvisionedThroughput": { "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 },
        "ItemCount": 0,
        "TableSizeBytes": 0,
        "DeletionProtectionEnabled": false,
    }});
    assert_eq!(ChangedTable { table_description: created }.to_json(), expected);

    world.plane.set_statistics(some_statistics());
    let mut described = expected["TableDescription"].clone();
    described["TableStatus"] = json!("ACTIVE");
    described["ItemCount"] = json!(3);
    described["TableSizeBytes"] = json!(456);
    described["WarmThroughput"] =
        json!({ "ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE" });
    let answer = DescribedTable { table: world.describe("music").await };
    assert_eq!(answer.to_json()["Table"], described);
    let served = world.plane.table("music");
    assert_eq!((served.generation, served.key.hash.name.as_str()), (Generation(1), "a"));
}

#[tokio::test]
async fn an_on_demand_table_tells_its_mode() {
    let world = World::new().await;
    let created = world.create("music", on_demand()).await.to_json();
    assert_eq!(created["BillingModeSummary"], json!({ "BillingMode": "PAY_PER_REQUEST" }));
    assert_eq!(created["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    assert!(created.get("WarmThroughput").is_none());
    let described = world.describe("music").await.to_json();
    let since =
        json!({ "BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": 1_728_000_000.0 });
    assert_eq!(described["BillingModeSummary"], since);
    let warm = json!({ "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" });
    assert_eq!(described["WarmThroughput"], warm);
}

#[tokio::test]
async fn a_deletion_tells_little_and_frees_the_name() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let first = world.plane.table("music").id;
    let deleted = world.control.delete_table(delete("music")).await.unwrap().to_json();
    assert_eq!(deleted["TableStatus"], "DELETING");
    for absent in ["KeySchema", "AttributeDefinitions", "CreationDateTime"] {
        assert!(deleted.get(absent).is_none(), "{absent}");
    }
    let gone =
        ("ResourceNotFoundException", "Requested resource not found: Table: music not found".to_owned());
    assert_eq!(refusal(world.control.describe_table(describe("music")).await), gone);
    assert_eq!(refusal(world.control.delete_table(delete("music")).await), gone);
    assert_eq!(refusal(world.update(throughput("music", 1, 1)).await), gone);
    assert_eq!(world.plane.dropped(), [first]);

    world.create("music", on_demand()).await;
    assert!(world.plane.table("music").id > first);
    assert_eq!(world.describe("music").await.table_id, "uuid-2");
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let again = refusal(world.control.create_table(create("music", on_demand())).await);
    assert_eq!(again, ("ResourceInUseException", "Table already exists: music".to_owned()));
}

#[tokio::test]
async fn tables_are_named_by_arn_too() {
    let world = World::new().await;
    let arn = |account: &str| format!("arn:aws:dynamodb:eu-central-1:{account}:table/music");
    world.create(&arn("000000000000"), on_demand()).await;
    assert_eq!(world.describe("music").await, world.describe(&arn("000000000000")).await);
    let foreign = refusal(world.control.describe_table(describe(&arn("111111111111"))).await);
    assert_eq!(foreign.0, "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_creations_of_one_name_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.sqlite");
    let plane = Arc::new(MemoryPlane::default());
    let mut controls = Vec::new();
    // Two control planes on one database: their locks do not help, the catalog must.
    for _ in 0..2 {
        let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::open(&file).await.unwrap());
        let clock = Arc::new(ManualClock(AtomicU64::new(START)));
        let control = open(catalog, Arc::clone(&plane) as Arc<dyn DataPlane>, clock, options()).await;
        controls.push(Arc::new(control));
    }
    let creations: Vec<_> = (0..32)
        .map(|n| {
            let control = Arc::clone(&controls[n % 2]);
            tokio::spawn(async move { control.create_table(create("music", on_demand())).await })
        })
        .collect();
    let mut won = 0;
    for creation in creations {
        match creation.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error.name(), "ResourceInUseException"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(plane.tables().len(), 1);
    assert_eq!(controls[0].drive().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_on_one_table_take_turns() {
    let world = Arc::new(World::new().await);
    world.create("music", provisioned(1, 1)).await;
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let class = TableClass::Standard;
                let change = match n % 4 {
                    0 => operation::UpdateTable {
                        deletion_protection_enabled: Some(n % 8 == 0),
                        ..update("music")
                    },
                    1 => operation::UpdateTable { table_class: Some(class), ..update("music") },
                    2 => billing("music", BillingMode::PayPerRequest, None),
                    _ => return world.describe("music").await,
                };
                world.update(change).await.unwrap()
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let (served, described) = (world.plane.table("music"), world.describe("music").await);
    assert_eq!(served.billing, BillingMode::PayPerRequest);
    assert_eq!(served.settings.deletion_protection, described.deletion_protection_enabled);
    assert_eq!(world.control.drive().await.unwrap(), 0);
}

#[tokio::test]
async fn there_are_only_so_many_tables() {
    let limits = Limits { tables: 2, ..Limits::default() };
    let world = World::with(Options { limits, ..options() }).await;
    world.create("one", on_demand()).await;
    world.create("two", on_demand()).await;
    let third = refusal(world.control.create_table(create("three", on_demand())).await);
    let sentence = "Subscriber limit exceeded: There is a limit of 2 tables per subscriber".to_owned();
    assert_eq!(third, ("LimitExceededException", sentence));
    world.control.delete_table(delete("one")).await.unwrap();
    world.create("three", on_demand()).await;
}

#[tokio::test]
async fn tables_are_listed_page_by_page() {
    let world = World::new().await;
    for table in ["delta", "alpha", "charlie", "bravo"] {
        world.create(table, on_demand()).await;
    }
    let page = async |after: Option<&str>, limit: usize| {
        let asked = ListTables { after: after.map(TableName::new), limit };
        world.control.list_tables(asked).await.unwrap().to_json()
    };
    assert_eq!(
        page(None, 3).await,
        json!({ "TableNames": ["alpha", "bravo", "charlie"], "LastEvaluatedTableName": "charlie" })
    );
    assert_eq!(page(Some("charlie"), 3).await, json!({ "TableNames": ["delta"] }));
    assert_eq!(
        page(Some("b"), 1).await,
        json!({ "TableNames": ["bravo"], "LastEvaluatedTableName": "bravo" })
    );
    assert_eq!(page(None, 4).await["LastEvaluatedTableName"], json!(null), "a full last page is the last");
    assert_eq!(page(Some("zulu"), 4).await, json!({ "TableNames": [] }));
}

#[tokio::test]
async fn a_data_plane_that_is_away_delays_and_loses_nothing() {
    let world = World::new().await;
    world.plane.set_away(true);
    assert_eq!(world.create("music", provisioned(5, 5)).await.table_status, TableStatus::Creating);
    assert_eq!(world.describe("music").await.table_status, TableStatus::Creating);
    let busy = "Attempt to change a resource which is still in use: Table is being created: music".to_owned();
    let busy = ("ResourceInUseException", busy);
    assert_eq!(refusal(world.update(throughput("music", 6, 6)).await), busy);
    assert_eq!(refusal(world.control.delete_table(delete("music")).await), busy);
    assert_eq!(world.control.drive().await.unwrap(), 1);

    world.plane.set_away(false);
    assert_eq!(world.describe("music").await.table_status, TableStatus::Active, "a look brings it on");

    world.plane.set_away(true);
    world.update(throughput("music", 6, 6)).await.unwrap();
    assert_eq!(world.describe("music").await.table_status, TableStatus::Updating);
    assert_eq!(world.plane.table("music").throughput.unwrap().read_units, 5);
    world.plane.set_away(false);
    assert_eq!(world.control.drive().await.unwrap(), 0);
    assert_eq!(world.plane.table("music").throughput.unwrap().read_units, 6);

    world.plane.set_away(true);
    world.control.delete_table(delete("music")).await.unwrap();
    assert_eq!(world.describe("music").await.table_status, TableStatus::Deleting);
    world.plane.set_away(false);
    world.create("music", on_demand()).await;
    assert_eq!(world.plane.tables().len(), 1, "the old table went before the new one came");
}

#[tokio::test]
async fn statistics_stay_as_last_heard() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    world.plane.set_statistics(some_statistics());
    assert_eq!(world.describe("music").await.statistics, some_statistics().table);
    world.plane.set_away(true);
    assert_eq!(world.describe("music").await.statistics, some_statistics().table);
}

#[tokio::test]
async fn a_data_plane_that_forgot_is_told_again() {
    let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::in_memory().await.unwrap());
    let plane = Arc::new(MemoryPlane::default());
    let clock = Arc::new(ManualClock(AtomicU64::new(START)));
    let start = || {
        open(Arc::clone(&catalog), Arc::clone(&plane) as Arc<dyn DataPlane>, Arc::clone(&clock), options())
    };
    let control = start().await;
    for table in 0..600 {
        control.create_table(create(&format!("table-{table}"), on_demand())).await.unwrap();
    }
    let known = plane.tables();
    plane.wipe();
    drop(start().await);
    assert_eq!(plane.tables(), known);

    plane.wipe();
    let control = ControlPlane::at_rest(
        Arc::clone(&catalog),
        Arc::clone(&plane) as Arc<dyn DataPlane>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        options(),
    );
    assert!(plane.tables().is_empty(), "nobody asked for more");
    assert_eq!(control.drive().await.unwrap(), 0);
    assert_eq!(plane.tables(), known);

    plane.wipe();
    plane.set_away(true);
    let control = start().await;
    assert_eq!(control.drive().await.unwrap(), 600, "opening does not fail, and nothing is forgotten");
    plane.set_away(false);
    control.describe_table(describe("table-7")).await.unwrap();
    assert_eq!(plane.tables().len(), 1);
    assert_eq!(control.drive().await.unwrap(), 0);
    assert_eq!(plane.tables(), known);

    plane.wipe();
    assert_eq!(control.drive().await.unwrap(), 0, "nobody said that the data plane forgot");
    assert!(plane.tables().is_empty());
    assert_eq!(control.republish().await.unwrap(), 0);
    assert_eq!(plane.tables(), known);
}

#[tokio::test]
async fn limits_are_told() {
    let world = World::new().await;
    let limits = world.control.describe_limits(operation::DescribeLimits).await.unwrap();
    let expected = json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    });
    assert_eq!(limits.to_json(), expected);
}
