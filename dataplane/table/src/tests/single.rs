//! Single-item operations: what they answer and what they cost.

use partita_protocol::OperationName::{
    BatchGetItem, BatchWriteItem, DeleteItem, GetItem, PutItem, Scan, UpdateItem,
};
use serde_json::{Map, Value, json};

use super::support::{World, simple, sorted};

fn put(item: Value) -> Value {
    json!({"TableName": "simple", "Item": item})
}

fn update(expression: &str, returned: &str) -> Value {
    json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "UpdateExpression": expression,
           "ExpressionAttributeValues": {":v": {"N": "5"}}, "ReturnValues": returned})
}

#[tokio::test]
async fn an_item_can_be_put_read_and_deleted() {
    let world = World::with([simple()]).await;
    let (item, key) = (json!({"p": {"S": "k"}, "a": {"L": [{"N": "1"}]}}), json!({"p": {"S": "k"}}));
    assert_eq!(world.ok(PutItem, put(item.clone())).await, json!({}));
    let get = json!({"TableName": "simple", "Key": key});
    assert_eq!(world.ok(GetItem, get.clone()).await, json!({"Item": item}));
    let delete = json!({"TableName": "simple", "Key": key, "ReturnValues": "ALL_OLD"});
    assert_eq!(world.ok(DeleteItem, delete.clone()).await, json!({"Attributes": item}));
    assert_eq!(world.ok(GetItem, get).await, json!({}));
    assert_eq!(world.ok(DeleteItem, delete).await, json!({}), "nothing was there any more");
}

#[tokio::test]
async fn a_found_item_without_projected_attributes_is_empty() {
    let world = World::with([simple()]).await;
    world.ok(PutItem, put(json!({"p": {"S": "k"}}))).await;
    let get = json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "ProjectionExpression": "nothing"});
    assert_eq!(world.ok(GetItem, get).await, json!({"Item": {}}));
}

#[tokio::test]
async fn update_shows_the_image_that_was_asked_for() {
    let world = World::with([simple()]).await;
    world.ok(PutItem, put(json!({"p": {"S": "k"}, "a": {"N": "1"}, "b": {"S": "x"}}))).await;
    let shown = |answer: Value| answer["Attributes"].clone();
    assert_eq!(
        shown(world.ok(UpdateItem, update("SET a = a + :v", "UPDATED_OLD")).await),
        json!({"a": {"N": "1"}})
    );
    assert_eq!(
        shown(world.ok(UpdateItem, update("SET a = a + :v", "UPDATED_NEW")).await),
        json!({"a": {"N": "11"}})
    );
    let all = |n: &str| json!({"p": {"S": "k"}, "a": {"N": n}, "b": {"S": "x"}});
    assert_eq!(shown(world.ok(UpdateItem, update("SET a = a + :v", "ALL_OLD")).await), all("11"));
    assert_eq!(shown(world.ok(UpdateItem, update("SET a = a + :v", "ALL_NEW")).await), all("21"));
    assert_eq!(shown(world.ok(UpdateItem, update("SET a = :v", "NONE")).await), Value::Null);
    assert_eq!(
        shown(world.ok(UpdateItem, update("SET added = :v", "UPDATED_OLD")).await),
        Value::Null,
        "it is new"
    );
}

#[tokio::test]
async fn update_makes_a_missing_item_unless_it_only_removes() {
    let world = World::with([simple()]).await;
    let key = json!({"p": {"S": "k"}});
    let remove =
        json!({"TableName": "simple", "Key": key, "UpdateExpression": "REMOVE a", "ReturnValues": "ALL_NEW"});
    assert_eq!(world.ok(UpdateItem, remove).await, json!({}));
    assert_eq!(world.ok(GetItem, json!({"TableName": "simple", "Key": key})).await, json!({}));
    let nothing = json!({"TableName": "simple", "Key": key, "ReturnValues": "ALL_NEW"});
    assert_eq!(world.ok(UpdateItem, nothing).await, json!({"Attributes": {"p": {"S": "k"}}}));
}

#[tokio::test]
async fn a_failed_condition_shows_the_item_if_asked() {
    let world = World::with([simple()]).await;
    let item = json!({"p": {"S": "k"}, "a": {"N": "1"}});
    world.ok(PutItem, put(item.clone())).await;
    let mut again = put(json!({"p": {"S": "k"}}));
    again["ConditionExpression"] = "attribute_not_exists(p)".into();
    let error = world.call(PutItem, again.clone()).await.unwrap_err();
    assert_eq!(error.name(), "ConditionalCheckFailedException");
    assert_eq!(error.to_json(Default::default()).get("Item"), None);
    again["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
    let error = world.call(PutItem, again).await.unwrap_err();
    assert_eq!(error.to_json(Default::default())["Item"], item);
    let mut absent = put(json!({"p": {"S": "other"}}));
    absent["ConditionExpression"] = "attribute_exists(p)".into();
    absent["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
    let error = world.call(PutItem, absent).await.unwrap_err();
    assert_eq!(error.to_json(Default::default()).get("Item"), None, "there is no item");
}

/// Conditions, filters and projections look into items as they are stored.
#[tokio::test]
async fn conditions_look_into_documents_and_sets() {
    let world = World::with([simple()]).await;
    let item = json!({"p": {"S": "k"}, "m": {"M": {"l": {"L": [{"N": "1"}, {"SS": ["x", "y"]}]}}},
                      "bs": {"BS": ["AP8="]}});
    world.ok(PutItem, put(item)).await;
    let values =
        json!({":one": {"N": "1.0"}, ":x": {"S": "x"}, ":b": {"B": "AP8="}, ":set": {"SS": ["y", "x"]}});
    for (condition, holds) in [
        ("m.l[0] = :one", true),
        ("contains(m.l[1], :x)", true),
        ("m.l[1] = :set AND size(m.l) > :one", true),
        ("contains(bs, :b)", true),
        ("attribute_not_exists(m.l[2]) AND attribute_exists(m.l)", true),
        ("m.l[1] = :x", false),
        ("m.absent.l = :one", false),
        ("attribute_exists(bs[0])", false),
    ] {
        let used = values.as_object().unwrap().iter().filter(|(name, _)| condition.contains(name.as_str()));
        let used: Map<_, _> = used.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut scan = json!({"TableName": "simple", "FilterExpression": condition,
                              "ProjectionExpression": "m.l[1], p"});
        let mut update =
            json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "ConditionExpression": condition});
        if !used.is_empty() {
            scan["ExpressionAttributeValues"] = used.clone().into();
            update["ExpressionAttributeValues"] = used.into();
        }
        let shown = json!({"p": {"S": "k"}, "m": {"M": {"l": {"L": [{"SS": ["x", "y"]}]}}}});
        let kept = if holds { json!([shown]) } else { json!([]) };
        assert_eq!(world.ok(Scan, scan).await["Items"], kept, "{condition}");
        assert_eq!(world.call(UpdateItem, update).await.is_ok(), holds, "{condition}");
    }
}

/// Writes cost by the larger of the two images, in started KB; reads by started 4 KB, half when eventual.
#[tokio::test]
async fn single_operations_cost_by_size() {
    let world = World::with([simple()]).await;
    // Names and values: p + k + d + 1020.
    let of_size = |bytes: usize| json!({"p": {"S": "k"}, "d": {"S": "x".repeat(bytes - 3)}});
    let cost = |mut body: Value| {
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        body
    };
    let units = |answer: Value| answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap();
    let key = json!({"TableName": "simple", "Key": {"p": {"S": "k"}}});
    assert_eq!(units(world.ok(DeleteItem, cost(key.clone())).await), 1.0, "an absent item");
    assert_eq!(units(world.ok(GetItem, cost(key.clone())).await), 0.5, "an absent item");
    assert_eq!(units(world.ok(PutItem, cost(put(of_size(1024)))).await), 1.0);
    assert_eq!(units(world.ok(PutItem, cost(put(of_size(1025)))).await), 2.0);
    assert_eq!(units(world.ok(PutItem, cost(put(of_size(4096)))).await), 4.0);
    assert_eq!(units(world.ok(GetItem, cost(key.clone())).await), 0.5);
    assert_eq!(units(world.ok(PutItem, cost(put(of_size(4097)))).await), 5.0);
    assert_eq!(units(world.ok(GetItem, cost(key.clone())).await), 1.0);
    let mut strong = cost(key.clone());
    strong["ConsistentRead"] = true.into();
    assert_eq!(units(world.ok(GetItem, strong).await), 2.0);
    assert_eq!(units(world.ok(PutItem, cost(put(of_size(100)))).await), 5.0, "the old item counts");
    assert_eq!(units(world.ok(DeleteItem, cost(key)).await), 1.0);
}

#[tokio::test]
async fn a_failed_condition_costs_the_write_of_the_old_item() {
    let world = World::with([simple()]).await;
    world.ok(PutItem, put(json!({"p": {"S": "k"}, "d": {"S": "x".repeat(3000)}}))).await;
    let mut again = put(json!({"p": {"S": "k"}}));
    again["ConditionExpression"] = "attribute_not_exists(p)".into();
    let partita_protocol::Operation::PutItem(operation) = super::support::parse(PutItem, &again) else {
        panic!()
    };
    let crate::Error::ConditionFailed { consumed, item } =
        world.engine.put_item(&operation).await.unwrap_err()
    else {
        panic!()
    };
    assert_eq!((consumed.as_f64(), item), (3.0, None));
}

#[tokio::test]
async fn batches_reach_several_tables() {
    let world = World::with([simple(), sorted()]).await;
    let write = json!({"RequestItems": {
        "simple": [{"PutRequest": {"Item": {"p": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"p": {"S": "b"}}}}],
        "sorted": [{"PutRequest": {"Item": {"p": {"S": "a"}, "s": {"N": "1"}}}}],
    }, "ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "SIZE"});
    let answer = world.ok(BatchWriteItem, write).await;
    assert_eq!(answer["UnprocessedItems"], json!({}));
    assert_eq!(
        answer["ConsumedCapacity"],
        json!([
            {"TableName": "simple", "CapacityUnits": 2.0}, {"TableName": "sorted", "CapacityUnits": 1.0},
        ])
    );
    assert_eq!(answer.get("ItemCollectionMetrics"), None, "no table has a local index");
    let get = json!({"RequestItems": {
        "simple": {"Keys": [{"p": {"S": "b"}}]},
        "sorted": {"Keys": [{"p": {"S": "a"}, "s": {"N": "1.0"}}], "ProjectionExpression": "s"},
    }});
    assert_eq!(
        world.ok(BatchGetItem, get).await,
        json!({
            "Responses": {"simple": [], "sorted": [{"s": {"N": "1"}}]}, "UnprocessedKeys": {},
        })
    );
}
