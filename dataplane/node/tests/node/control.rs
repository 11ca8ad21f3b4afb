//! Control operations through the node, with the control plane there and away.

use partita_model::TableName;
use partita_protocol::definition::TableDefinition;
use serde_json::{Value, json};

use crate::support::{World, kind};

/// A table with every setting that the API takes.
fn rich() -> Value {
    json!({
        "TableName": "music",
        "AttributeDefinitions": [
            { "AttributeName": "p", "AttributeType": "S" },
            { "AttributeName": "s", "AttributeType": "N" },
            { "AttributeName": "t", "AttributeType": "B" },
        ],
        "KeySchema": [
            { "AttributeName": "p", "KeyType": "HASH" },
            { "AttributeName": "s", "KeyType": "RANGE" },
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "by-t",
                "KeySchema": [
                    { "AttributeName": "p", "KeyType": "HASH" },
                    { "AttributeName": "t", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"] },
            },
            {
                "IndexName": "again",
                "KeySchema": [
                    { "AttributeName": "p", "KeyType": "HASH" },
                    { "AttributeName": "t", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            },
        ],
        "ProvisionedThroughput": { "ReadCapacityUnits": 7, "WriteCapacityUnits": 8 },
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": true,
        "Tags": [{ "Key": "team", "Value": "a" }],
    })
}

fn plain(table: &str) -> Value {
    json!({
        "TableName": table,
        "AttributeDefinitions": [{ "AttributeName": "p", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn item() -> Value {
    json!({ "p": { "S": "k" }, "s": { "N": "1" }, "t": { "B": "AAEC" }, "a": { "S": "x" } })
}

/// Makes tables whose settings have a history.
async fn with_tables() -> World {
    let world = World::start().await;
    world.ok("CreateTable", rich()).await;
    world.ok("CreateTable", plain("books")).await;
    world.ok("PutItem", json!({ "TableName": "music", "Item": item() })).await;
    for change in [
        json!({ "TableName": "music", "ProvisionedThroughput": { "ReadCapacityUnits": 9, "WriteCapacityUnits": 8 } }),
        json!({ "TableName": "music", "ProvisionedThroughput": { "ReadCapacityUnits": 9, "WriteCapacityUnits": 3 } }),
        json!({ "TableName": "music", "TableClass": "STANDARD" }),
        json!({ "TableName": "books", "DeletionProtectionEnabled": true }),
        json!({
            "TableName": "books",
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
        }),
    ] {
        world.ok("UpdateTable", change).await;
    }
    let mut declared = plain("declared");
    declared["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "everywhere",
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }]);
    declared["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    let declared: TableDefinition = serde_json::from_value(declared).unwrap();
    world.operator.plane.create_declared(TableName::new("declared"), declared).await.unwrap();
    let off = json!({ "StreamEnabled": false });
    world.ok("UpdateTable", json!({ "TableName": "declared", "StreamSpecification": off })).await;
    let on = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    world.ok("UpdateTable", json!({ "TableName": "books", "StreamSpecification": on })).await;
    world
}

/// Everything that only shows.
async fn shown(world: &World) -> Vec<(u16, Value)> {
    let mut answers = Vec::new();
    for (operation, body) in [
        ("DescribeTable", json!({ "TableName": "music" })),
        ("DescribeTable", json!({ "TableName": "arn:aws:dynamodb:eu-central-1:123456789012:table/books" })),
        ("DescribeTable", json!({ "TableName": "declared" })),
        ("DescribeTable", json!({ "TableName": "nowhere" })),
        ("DescribeTable", json!({ "TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/books" })),
        ("ListTables", json!({})),
        ("ListTables", json!({ "Limit": 2 })),
        ("ListTables", json!({ "Limit": 2, "ExclusiveStartTableName": "declared" })),
        ("DescribeLimits", json!({})),
        ("DescribeTimeToLive", json!({ "TableName": "music" })),
        ("DescribeTimeToLive", json!({ "TableName": "nowhere" })),
        ("DescribeContinuousBackups", json!({ "TableName": "music" })),
        ("DescribeContinuousBackups", json!({ "TableName": "nowhere" })),
        ("DescribeContributorInsights", json!({ "TableName": "music" })),
        ("DescribeContributorInsights", json!({ "TableName": "declared", "IndexName": "everywhere" })),
        ("DescribeContributorInsights", json!({ "TableName": "declared", "IndexName": "nowhere" })),
        ("DescribeKinesisStreamingDestination", json!({ "TableName": "music" })),
        (
            "GetResourcePolicy",
            json!({ "ResourceArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/music" }),
        ),
    ] {
        answers.push(world.call(operation, body).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_shows_its_tables_as_the_control_plane_does_while_that_is_away() {
    let mut world = with_tables().await;
    let before = shown(&world).await;
    let [(200, music), (200, books), (200, declared), ..] = before.as_slice() else { panic!("{before:?}") };
    assert_eq!(music["Table"]["ItemCount"], 1);
    assert_eq!(music["Table"]["ProvisionedThroughput"]["NumberOfDecreasesToday"], 1);
    assert_eq!(books["Table"]["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
    assert!(
        declared["Table"]["LatestStreamArn"].is_string()
            && declared["Table"].get("StreamSpecification").is_none()
    );
    assert_eq!(declared["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    world.operator.take_away().await;
    assert_eq!(shown(&world).await, before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_served_and_changes_fail_for_now_while_the_control_plane_is_away() {
    let mut world = with_tables().await;
    world.operator.take_away().await;
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/music";
    for (operation, body) in [
        ("CreateTable", plain("films")),
        ("UpdateTable", json!({ "TableName": "books", "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
        ("DeleteTable", json!({ "TableName": "declared" })),
        ("TagResource", json!({ "ResourceArn": arn, "Tags": [{ "Key": "k", "Value": "v" }] })),
        ("ListTagsOfResource", json!({ "ResourceArn": arn })),
    ] {
        let (status, answer) = world.call(operation, body).await;
        assert_eq!((status, kind(&answer)), (500, "InternalServerError"), "{operation}");
    }
    let (status, answer) = world.call("CreateTable", json!({ "TableName": "x" })).await;
    assert_eq!((status, kind(&answer)), (400, "ValidationException"), "the request's own errors come first");
    let got =
        world.ok("GetItem", json!({ "TableName": "music", "Key": { "p": { "S": "k" }, "s": { "N": "1" } } }));
    assert_eq!(got.await["Item"], item());

    world.operator.bring_back().await;
    world.ok("CreateTable", plain("films")).await;
    world.ok("PutItem", json!({ "TableName": "films", "Item": { "p": { "S": "k" } } })).await;
    let tags = world.ok("ListTagsOfResource", json!({ "ResourceArn": arn })).await;
    assert_eq!(tags["Tags"], json!([{ "Key": "team", "Value": "a" }]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_of_the_control_plane_come_through_as_they_are() {
    let world = with_tables().await;
    let (status, answer) = world.call("CreateTable", plain("books")).await;
    assert_eq!((status, kind(&answer)), (400, "ResourceInUseException"));
    assert_eq!(answer["message"], "Table already exists: books");
    let (status, answer) = world.call("DeleteTable", json!({ "TableName": "books" })).await;
    assert_eq!((status, kind(&answer)), (400, "ValidationException"));
    world.ok("DeleteTable", json!({ "TableName": "declared" })).await;
    let (status, answer) =
        world.call("GetItem", json!({ "TableName": "declared", "Key": { "p": { "S": "k" } } })).await;
    assert_eq!((status, kind(&answer)), (400, "ResourceNotFoundException"), "the node has dropped it");
    world.stop().await;
}
