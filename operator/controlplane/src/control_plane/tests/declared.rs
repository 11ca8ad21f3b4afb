//! Tables and objects that manifests declare.

use partita_protocol::output::{Answer, TableStatus, TimeToLiveStatus};
use serde_json::json;

use super::*;
use crate::catalog::{ObjectKey, StoredObject};

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
    world.control.create_declared(name("music"), ahead_of_time()).await.unwrap();
    let declared = world.control.declared(&name("music")).await.unwrap().unwrap();
    assert_eq!(declared.tags.get("team").map(String::as_str), Some("a"));
    assert_eq!(declared.description.table_status, TableStatus::Active);
    assert_eq!(declared.description.to_json()["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    assert_eq!(declared.time_to_live.time_to_live_status, TimeToLiveStatus::Disabled);
    assert_eq!(world.plane.table("music").global_indexes.len(), 1);
    assert_eq!(world.control.declared(&name("absent")).await.unwrap(), None);
}

#[tokio::test]
async fn the_rules_hold_for_manifests_too() {
    let world = World::new().await;
    let mut broken = ahead_of_time();
    broken.attribute_definitions.clear();
    let refused = refusal(world.control.create_declared(name("music"), broken).await);
    assert_eq!(refused.1, "Invalid KeySchema: Some index key attribute have no definition");

    world.control.create_declared(name("music"), ahead_of_time()).await.unwrap();
    let refused = refusal(world.update(billing("music", BillingMode::Provisioned, None)).await);
    assert!(refused.1.ends_with("ProvisionedThroughput must be specified for index: by-a"), "{}", refused.1);
    assert_eq!(world.plane.table("music").billing, BillingMode::PayPerRequest);
}

#[tokio::test]
async fn a_table_of_the_api_can_be_declared_and_deleted() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let declared = world.control.declared(&name("music")).await.unwrap().unwrap();
    assert_eq!(declared.description, world.describe("music").await);
    world.control.delete_declared(&name("music")).await.unwrap();
    world.control.delete_declared(&name("music")).await.unwrap();
    assert!(world.plane.tables().is_empty());
}

#[tokio::test]
async fn objects_are_kept_for_reconcilers() {
    let world = World::new().await;
    let key = ObjectKey { kind: "Table".to_owned(), namespace: "shop".to_owned(), name: "x".to_owned() };
    let object = StoredObject { key, metadata: json!({}), spec: json!(1), status: json!(null) };
    world.control.put_object(object.clone()).await.unwrap();
    assert_eq!(world.control.object(&object.key).await.unwrap(), Some(object.clone()));
    assert_eq!(world.control.objects("Table").await.unwrap(), std::slice::from_ref(&object));
    world.control.delete_object(&object.key).await.unwrap();
    assert_eq!(world.control.object(&object.key).await.unwrap(), None);
}
