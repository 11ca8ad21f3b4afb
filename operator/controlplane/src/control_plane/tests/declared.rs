//! Tables and objects that manifests declare.

use partita_model::descriptor::Generation;
use partita_protocol::output::{Answer, TableStatus};
use serde_json::json;

use super::*;
use crate::catalog::{Expected, ObjectKey};
use crate::control_plane::{ObjectParts, TableChange};

fn owner(object: &str) -> ObjectKey {
    ObjectKey { kind: "Table".to_owned(), namespace: "shop".to_owned(), name: object.to_owned() }
}

/// A definition with much that is not acted on.
fn ahead_of_time() -> TableDefinition {
    serde_json::from_value(json!({
        "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-a",
            "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        "OnDemandThroughput": { "MaxReadRequestUnits": 10 },
        "ResourcePolicy": "{}",
        "Tags": [{ "Key": "team", "Value": "a" }],
    }))
    .unwrap()
}

#[tokio::test]
async fn a_manifest_may_declare_what_is_not_acted_on() {
    let world = World::new().await;
    world.control.create_declared(owner("music"), name("music"), ahead_of_time()).await.unwrap();
    let declared = world.control.declared(&name("music")).await.unwrap().unwrap();
    assert_eq!(declared.owner, Some(owner("music")));
    assert_eq!(declared.tags.get("team").map(String::as_str), Some("a"));
    assert_eq!(declared.definition, TableDefinition { tags: None, ..ahead_of_time() });
    assert_eq!(declared.description.table_status, TableStatus::Active);
    let expected = json!([{
        "IndexName": "by-a",
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "KEYS_ONLY" },
        "IndexStatus": "CREATING",
        "IndexArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/music/index/by-a",
        "IndexSizeBytes": 0,
        "ItemCount": 0,
        "ProvisionedThroughput": { "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
        "WarmThroughput": { "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" },
    }]);
    assert_eq!(declared.description.to_json()["GlobalSecondaryIndexes"], expected);
    assert_eq!(world.plane.table("music").global_indexes.len(), 1);
    assert_eq!(world.control.declared(&name("absent")).await.unwrap(), None);
}

#[tokio::test]
async fn the_rules_hold_for_manifests_too() {
    let world = World::new().await;
    let mut broken = ahead_of_time();
    broken.attribute_definitions.clear();
    let refused = refusal(world.control.create_declared(owner("music"), name("music"), broken).await);
    assert_eq!(refused.1, "Invalid KeySchema: Some index key attribute have no definition");

    world.control.create_declared(owner("music"), name("music"), ahead_of_time()).await.unwrap();
    let change = TableChange::Capacity { billing_mode: Some(BillingMode::Provisioned), throughput: None };
    let refused = refusal(world.control.change_table(&name("music"), change).await);
    assert!(refused.1.ends_with("must both be specified when BillingMode is PROVISIONED"), "{}", refused.1);
    assert_eq!(world.plane.table("music").generation, Generation(1));
}

#[tokio::test]
async fn single_settings_change_and_only_what_the_data_plane_needs_is_published() {
    let world = World::new().await;
    world.control.create_declared(owner("music"), name("music"), ahead_of_time()).await.unwrap();
    let table = name("music");
    for stored_only in [
        TableChange::Stream(None),
        TableChange::Encryption(None),
        TableChange::OnDemandThroughput(None),
        TableChange::WarmThroughput(None),
        TableChange::ResourcePolicy(None),
        TableChange::DeletionProtection(true),
    ] {
        world.control.change_table(&table, stored_only).await.unwrap();
    }
    assert_eq!(world.plane.table("music").generation, Generation(1));
    let attributes = ahead_of_time().attribute_definitions;
    let description = world
        .control
        .change_table(&table, TableChange::GlobalIndexes { attributes, indexes: None })
        .await
        .unwrap();
    assert_eq!(description.table_status, TableStatus::Active);
    assert!(description.global_secondary_indexes.is_empty() && description.deletion_protection_enabled);
    assert_eq!(world.plane.table("music").generation, Generation(2));
    let declared = world.control.declared(&table).await.unwrap().unwrap();
    assert_eq!(declared.generation, Generation(2));
    assert_eq!(declared.definition.stream_specification, None);
}

#[tokio::test]
async fn a_table_of_the_api_can_be_adopted_and_let_go() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let table = name("music");
    world.control.set_owner(&table, Some(owner("x"))).await.unwrap();
    world.control.set_owner(&table, Some(owner("x"))).await.unwrap();
    assert_eq!(world.control.declared(&table).await.unwrap().unwrap().owner, Some(owner("x")));
    world.control.set_owner(&table, None).await.unwrap();
    assert_eq!(world.control.declared(&table).await.unwrap().unwrap().owner, None);
    world.control.delete_declared(&table).await.unwrap();
    world.control.delete_declared(&table).await.unwrap();
    assert!(world.plane.tables().is_empty());
}

#[tokio::test]
async fn objects_are_kept_for_reconcilers() {
    let world = World::new().await;
    let spec = |spec| ObjectParts { spec: Some(spec), ..ObjectParts::default() };
    let created = world.control.put_object(owner("x"), Expected::Absent, spec(json!(1))).await.unwrap();
    assert_eq!((created.uid.as_str(), created.created), ("uuid-1", UnixMillis(START)));
    let changed = world
        .control
        .put_object(owner("x"), Expected::Version(created.resource_version), spec(json!(2)))
        .await
        .unwrap();
    assert_eq!(changed.generation, 2);
    assert_eq!(world.control.object(&owner("x")).await.unwrap(), Some(changed.clone()));
    assert_eq!(world.control.objects("Table", Some("shop")).await.unwrap(), [changed]);
    world.control.delete_object(&owner("x"), Expected::Any).await.unwrap();
    assert_eq!(world.control.object(&owner("x")).await.unwrap(), None);
}
