//! Global indexes: with the table, added, cancelled, taken away.

use partita_model::TableDescriptor;
use partita_model::schema::GlobalIndex;
use partita_protocol::definition::{
    AttributeDefinition, GlobalIndexDefinition, IndexThroughput, IndexUpdate,
};
use partita_protocol::output::{Answer, TableStatus};
use serde_json::{Value, json};

use super::*;

/// An index on one attribute, a string.
pub(super) fn index(name: &str, attribute: &str) -> GlobalIndexDefinition {
    serde_json::from_value(json!({
        "IndexName": name,
        "KeySchema": [{ "AttributeName": attribute, "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }))
    .unwrap()
}

fn attributes(names: &[&str]) -> Vec<AttributeDefinition> {
    let attribute = |name: &&str| json!({ "AttributeName": name, "AttributeType": "S" });
    serde_json::from_value(names.iter().map(attribute).collect()).unwrap()
}

pub(super) fn add(table: &str, name: &str, attribute: &str) -> operation::UpdateTable {
    operation::UpdateTable {
        index_updates: vec![IndexUpdate::Create(index(name, attribute))],
        attribute_definitions: attributes(&[attribute]),
        ..update(table)
    }
}

pub(super) fn remove(table: &str, name: &str) -> operation::UpdateTable {
    let deletion = IndexUpdate::Delete(partita_model::IndexName::new(name));
    operation::UpdateTable { index_updates: vec![deletion], ..update(table) }
}

fn with_index() -> TableDefinition {
    let mut definition = on_demand();
    definition.attribute_definitions.extend(attributes(&["c"]));
    definition.global_secondary_indexes = Some(vec![index("by-c", "c")]);
    definition
}

fn served(descriptor: &TableDescriptor, name: &str) -> GlobalIndex {
    descriptor.global_index(name).expect("the data plane knows the index").clone()
}

/// Status of the table, and status and backfilling of its one index.
fn states(description: &TableDescription) -> (TableStatus, Value, Value) {
    let shown = description.to_json();
    let index = &shown["GlobalSecondaryIndexes"][0];
    (description.table_status, index["IndexStatus"].clone(), index["Backfilling"].clone())
}

#[tokio::test]
async fn an_index_that_is_made_with_its_table_is_active_from_the_start() {
    let world = World::new().await;
    world.plane.set_slow(true);
    let created = world.create("music", with_index()).await;
    assert_eq!(states(&created), (TableStatus::Creating, json!("CREATING"), Value::Null));
    let described = world.describe("music").await;
    assert_eq!(states(&described), (TableStatus::Active, json!("ACTIVE"), Value::Null));
    let expected = json!([{
        "IndexName": "by-c",
        "KeySchema": [{ "AttributeName": "c", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
        "IndexStatus": "ACTIVE",
        "IndexArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/music/index/by-c",
        "IndexSizeBytes": 0,
        "ItemCount": 0,
        "ProvisionedThroughput": { "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
        "WarmThroughput": { "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" },
    }]);
    assert_eq!(described.to_json()["GlobalSecondaryIndexes"], expected);
    let table = world.plane.table("music");
    let index = served(&table, "by-c");
    assert!(index.active && index.is_maintained() && index.id != table.id);
    assert_eq!(table.generation.0, 1);
}

#[tokio::test]
async fn an_index_joins_a_table_once_it_is_filled() {
    let world = World::new().await;
    world.plane.set_slow(true);
    world.create("music", on_demand()).await;
    let changed = world.update(add("music", "by-c", "c")).await.unwrap();
    assert_eq!(states(&changed), (TableStatus::Updating, json!("CREATING"), json!(false)));
    assert_eq!(changed.attribute_definitions.len(), 3);
    let index = served(&world.plane.table("music"), "by-c");
    assert!(index.is_maintained() && !index.active);

    assert_eq!(states(&world.describe("music").await).2, json!(false));
    world.plane.begin_builds();
    let described = world.describe("music").await;
    assert_eq!(states(&described), (TableStatus::Updating, json!("CREATING"), json!(true)));
    assert_eq!(world.control.drive().await.unwrap(), 1, "it is not filled yet");
    let told = world.plane.applied();
    assert_eq!(world.control.drive().await.unwrap(), 1);
    assert_eq!(world.plane.applied(), told, "the data plane is asked how far it is, and not told again");

    world.plane.build();
    let described = world.describe("music").await;
    assert_eq!(states(&described), (TableStatus::Active, json!("ACTIVE"), Value::Null));
    let active = served(&world.plane.table("music"), "by-c");
    assert_eq!((active.id, active.active), (index.id, true));
    assert_eq!(world.control.drive().await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_waits_is_told_of_a_table_that_takes_its_time() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let mut left = Box::pin(world.control.left_unfinished());
    let told = |context: &mut std::task::Context<'_>| left.as_mut().poll(context);
    let mut told = told;
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(told(&mut context).is_pending(), "all is where it was going");
    world.plane.set_slow(true);
    world.update(add("music", "by-c", "c")).await.unwrap();
    assert!(told(&mut context).is_ready());
}

#[tokio::test]
async fn an_index_that_is_taken_away_is_shown_until_the_data_plane_knows() {
    let world = World::new().await;
    world.create("music", with_index()).await;
    let gone = served(&world.plane.table("music"), "by-c").id;
    world.plane.set_away(true);
    let changed = world.update(remove("music", "by-c")).await.unwrap();
    assert_eq!(states(&changed), (TableStatus::Updating, json!("DELETING"), Value::Null));
    assert_eq!(states(&world.describe("music").await).1, json!("DELETING"));
    let again = refusal(world.update(remove("music", "by-c")).await);
    let sentence = "Attempt to change a resource which is still in use: Index is being deleted. Table: music Index: by-c";
    assert_eq!(again, ("ResourceInUseException", sentence.to_owned()));
    world.plane.set_away(false);
    let described = world.describe("music").await;
    assert_eq!(described.table_status, TableStatus::Active);
    assert!(described.global_secondary_indexes.is_empty());
    assert_eq!(described.attribute_definitions.len(), 2, "nothing uses the third any more");
    assert!(world.plane.table("music").global_indexes.is_empty());

    world.update(add("music", "by-c", "c")).await.unwrap();
    assert!(served(&world.plane.table("music"), "by-c").id > gone, "another index under the same name");
}

#[tokio::test]
async fn deleting_an_index_cancels_its_building() {
    let world = World::new().await;
    world.plane.set_slow(true);
    world.create("music", on_demand()).await;
    world.update(add("music", "by-c", "c")).await.unwrap();
    world.plane.begin_builds();
    let other = operation::UpdateTable {
        index_updates: vec![IndexUpdate::Delete(partita_model::IndexName::new("other"))],
        ..update("music")
    };
    let limit =
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
    assert_eq!(refusal(world.update(other).await), ("LimitExceededException", limit.to_owned()));
    let changed = world.update(remove("music", "by-c")).await.unwrap();
    assert_eq!(states(&changed), (TableStatus::Updating, json!("DELETING"), Value::Null));
    let described = world.describe("music").await;
    assert_eq!(described.table_status, TableStatus::Active);
    assert!(described.global_secondary_indexes.is_empty());
    assert!(world.plane.table("music").global_indexes.is_empty());
}

#[tokio::test]
async fn while_an_index_is_on_its_way_nothing_else_changes() {
    let world = World::new().await;
    world.plane.set_slow(true);
    world.create("music", provisioned(5, 5)).await;
    let mut by_c = index("by-c", "c");
    by_c.provisioned_throughput = Some(units(1, 1));
    let add_by_c = operation::UpdateTable {
        index_updates: vec![IndexUpdate::Create(by_c)],
        ..add("music", "by-c", "c")
    };
    world.update(add_by_c).await.unwrap();
    assert_eq!(refusal(world.update(add("music", "by-d", "d")).await).0, "LimitExceededException");
    assert_eq!(refusal(world.update(throughput("music", 7, 7)).await).0, "ResourceInUseException");
    assert_eq!(refusal(world.update(index_units("by-c", 2)).await).0, "ResourceInUseException");
    let deletion = refusal(world.control.delete_table(delete("music")).await);
    assert_eq!(deletion.0, "ResourceInUseException");
    assert!(deletion.1.contains("while indexes are being created"), "{deletion:?}");
    assert_eq!(world.describe("music").await.table_status, TableStatus::Updating);
}

fn index_units(name: &str, read: u64) -> operation::UpdateTable {
    let change = IndexThroughput {
        index_name: partita_model::IndexName::new(name),
        provisioned_throughput: Some(units(read, 1)),
        warm_throughput: None,
        on_demand_throughput: None,
    };
    operation::UpdateTable { index_updates: vec![IndexUpdate::Update(change)], ..update("music") }
}

#[tokio::test]
async fn an_indexs_units_change_as_the_tables_do() {
    let world = World::new().await;
    let mut definition = with_index();
    definition.billing_mode = None;
    definition.provisioned_throughput = Some(units(5, 5));
    definition.global_secondary_indexes.as_mut().unwrap()[0].provisioned_throughput = Some(units(1, 1));
    world.create("music", definition).await;
    let changed = world.update(index_units("by-c", 2)).await.unwrap().to_json();
    let shown = &changed["GlobalSecondaryIndexes"][0];
    assert_eq!(
        (&shown["IndexStatus"], &shown["ProvisionedThroughput"]["ReadCapacityUnits"]),
        (&json!("UPDATING"), &json!(1))
    );
    let described = world.describe("music").await.to_json();
    assert_eq!(described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 2);
    assert_eq!(served(&world.plane.table("music"), "by-c").throughput.unwrap().read_units, 2);
    assert_eq!(refusal(world.update(index_units("by-c", 2)).await).0, "ValidationException");
    assert_eq!(refusal(world.update(index_units("by-x", 2)).await).0, "ResourceNotFoundException");
    // A provisioned table's indexes are provisioned, and an on-demand table's are not.
    world.update(billing("music", BillingMode::PayPerRequest, None)).await.unwrap();
    assert_eq!(served(&world.plane.table("music"), "by-c").throughput, None);
    let back = billing("music", BillingMode::Provisioned, Some(units(5, 5)));
    assert_eq!(refusal(world.update(back.clone()).await).0, "ValidationException");
    world
        .update(operation::UpdateTable { index_updates: index_units("by-c", 3).index_updates, ..back })
        .await
        .unwrap();
    assert_eq!(served(&world.plane.table("music"), "by-c").throughput.unwrap().read_units, 3);
}

#[tokio::test]
async fn sizes_of_an_index_are_told() {
    let world = World::new().await;
    world.create("music", with_index()).await;
    let mut statistics = super::plane::some_statistics();
    statistics.indexes.insert(partita_model::IndexName::new("by-c"), statistics.table);
    world.plane.set_statistics(statistics);
    let described = world.describe("music").await.to_json();
    assert_eq!(described["GlobalSecondaryIndexes"][0]["ItemCount"], 3);
    assert_eq!(described["GlobalSecondaryIndexes"][0]["IndexSizeBytes"], 456);
}

/// A catalog of before: its tables declare indexes and a stream that nobody built.
#[tokio::test]
async fn what_a_table_of_before_declares_is_built_when_it_is_looked_at() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let mut definition = with_index();
    definition.stream_specification = Some(
        serde_json::from_value(json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" })).unwrap(),
    );
    let new = crate::catalog::NewTable {
        name: name("music"),
        uuid: "uuid".to_owned(),
        created: partita_model::clock::UnixMillis(START),
        definition,
        history: crate::History::default(),
        parts: crate::catalog::Parts::default(),
    };
    let mut table = catalog.insert_table(new, 1).await.unwrap();
    table.status = TableStatus::Active;
    catalog.update_table(table).await.unwrap();

    let (plane, clock) = (Arc::new(MemoryPlane::default()), Arc::new(ManualClock(AtomicU64::new(START))));
    plane.set_slow(true);
    let data_plane = Arc::clone(&plane) as Arc<dyn DataPlane>;
    let control = open(Arc::new(catalog), data_plane, clock, options()).await;
    let index = served(&plane.table("music"), "by-c");
    assert!(index.is_maintained() && !index.active);
    assert!(plane.table("music").stream.unwrap().enabled);
    let described = control.describe_table(describe("music")).await.unwrap();
    assert_eq!(states(&described), (TableStatus::Updating, json!("CREATING"), json!(false)));
    plane.build();
    assert_eq!(control.drive().await.unwrap(), 0);
    assert!(served(&plane.table("music"), "by-c").active);
}
