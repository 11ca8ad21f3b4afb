//! Refusals that need the table's schema, and their order.

use partita_model::TableDescriptor;
use partita_model::descriptor::Generation;
use partita_protocol::OperationName::{
    BatchGetItem, BatchWriteItem, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem,
};
use serde_json::{Value, json};

use super::support::{World, indexed, simple, sorted, with_global_index};

const NO_MATCH: &str = "The provided key element does not match the schema";

fn put(table: &str, item: Value) -> Value {
    json!({"TableName": table, "Item": item})
}

#[tokio::test]
async fn an_absent_table_comes_before_the_schema() {
    let world = World::with([simple()]).await;
    let not_found = ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned());
    assert_eq!(world.refused(PutItem, put("absent", json!({}))).await, not_found);
    let get = json!({"TableName": "absent", "Key": {"wrong": {"S": "k"}}});
    assert_eq!(world.refused(GetItem, get).await, not_found);
    let batch = json!({"RequestItems": {
        "absent": [{"DeleteRequest": {"Key": {"p": {"S": "a"}}}}], "simple": [{"PutRequest": {"Item": {}}}],
    }});
    assert_eq!(world.refused(BatchWriteItem, batch).await, not_found);
    let other_account = "arn:aws:dynamodb:eu-central-1:999999999999:table/simple";
    assert_eq!(world.refused(PutItem, put(other_account, json!({"p": {"S": "k"}}))).await, not_found);
}

#[tokio::test]
async fn a_table_can_be_named_by_its_arn_and_is_echoed_so() {
    let world = World::with([simple()]).await;
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/simple";
    let mut body = put(arn, json!({"p": {"S": "k"}}));
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    assert_eq!(world.ok(PutItem, body).await["ConsumedCapacity"]["TableName"], arn);
    let keys = json!({"Keys": [{"p": {"S": "k"}}]});
    let twice = json!({"RequestItems": {"simple": keys, arn: keys}});
    assert_eq!(world.invalid(BatchGetItem, twice).await, "Provided list of item keys contains duplicates");
}

#[tokio::test]
async fn keys_must_be_the_schemas() {
    let world = World::with([sorted()]).await;
    let keys = [
        json!({"p": {"S": "k"}}),
        json!({"p": {"S": "k"}, "s": {"N": "1"}, "x": {"S": "more"}}),
        json!({"p": {"S": "k"}, "x": {"N": "1"}}),
        json!({"p": {"S": "k"}, "s": {"S": "1"}}),
        json!({"p": {"M": {}}, "s": {"N": "1"}}),
    ];
    for key in keys {
        let body = json!({"TableName": "sorted", "Key": key});
        for operation in [GetItem, DeleteItem, UpdateItem] {
            assert_eq!(world.invalid(operation, body.clone()).await, NO_MATCH, "{key}");
        }
        let batch = json!({"RequestItems": {"sorted": {"Keys": [key]}}});
        assert_eq!(world.invalid(BatchGetItem, batch).await, NO_MATCH);
        let batch = json!({"RequestItems": {"sorted": [{"DeleteRequest": {"Key": key}}]}});
        assert_eq!(world.invalid(BatchWriteItem, batch).await, NO_MATCH);
    }
}

#[tokio::test]
async fn items_must_have_keys_of_the_right_form() {
    let world = World::with([sorted()]).await;
    let prefix = "One or more parameter values were invalid: ";
    let empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
                 empty string value. Key: p";
    let long = format!("{prefix}Size of hashkey has exceeded the maximum size limit of2048 bytes");
    let cases = [
        (json!({"s": {"N": "1"}}), format!("{prefix}Missing the key p in the item"), NO_MATCH),
        (json!({"p": {"S": "k"}}), format!("{prefix}Missing the key s in the item"), NO_MATCH),
        (
            json!({"p": {"N": "1"}, "s": {"N": "1"}}),
            format!("{prefix}Type mismatch for key p expected: S actual: N"),
            NO_MATCH,
        ),
        (json!({"p": {"S": ""}, "s": {"N": "1"}}), empty.to_owned(), empty),
        (json!({"p": {"S": "x".repeat(2049)}, "s": {"N": "1"}}), long.clone(), long.as_str()),
    ];
    for (item, alone, in_batch) in cases {
        assert_eq!(world.invalid(PutItem, put("sorted", item.clone())).await, alone);
        let batch = json!({"RequestItems": {"sorted": [{"PutRequest": {"Item": item}}]}});
        assert_eq!(world.invalid(BatchWriteItem, batch).await, in_batch);
    }
    world.ok(PutItem, put("sorted", json!({"p": {"S": "x".repeat(2048)}, "s": {"N": "1"}}))).await;
}

#[tokio::test]
async fn sort_keys_may_have_1024_bytes() {
    let by_text = super::support::table(
        9,
        "by-text",
        super::support::key("p", partita_model::ScalarType::S),
        Some(super::support::key("s", partita_model::ScalarType::B)),
    );
    let world = World::with([by_text]).await;
    // 1368 characters of base64 are 1026 bytes; "=" takes one off.
    let of_bytes = |shown: String| json!({"p": {"S": "k"}, "s": {"B": shown}});
    let fits = format!("{}==", "A".repeat(1366));
    let too_long = format!("{}=", "A".repeat(1367));
    world.ok(PutItem, put("by-text", of_bytes(fits))).await;
    assert_eq!(
        world.invalid(PutItem, put("by-text", of_bytes(too_long))).await,
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of \
         1024 bytes"
    );
    assert!(
        world.invalid(PutItem, put("by-text", of_bytes(String::new()))).await.contains("empty binary value")
    );
}

#[tokio::test]
async fn index_keys_must_have_the_right_form_where_they_are_present() {
    let world = World::with([indexed(), with_global_index()]).await;
    let prefix = "One or more parameter values were invalid: ";
    let item =
        |name: &str, value: Value| put("indexed", json!({"p": {"S": "k"}, "s": {"N": "1"}, name: value}));
    assert_eq!(
        world.invalid(PutItem, item("a", json!({"S": "x"}))).await,
        format!("{prefix}Type mismatch for Index Key a Expected: N Actual: S IndexName: by-a")
    );
    assert_eq!(
        world.invalid(PutItem, item("b", json!({"NULL": true}))).await,
        format!("{prefix}Type mismatch for Index Key b Expected: S Actual: NULL IndexName: by-b")
    );
    assert!(
        world.invalid(PutItem, item("b", json!({"S": ""}))).await.ends_with("IndexName: by-b, IndexKey: b")
    );
    assert!(world.invalid(PutItem, item("b", json!({"S": "x".repeat(1025)}))).await.contains("1024 bytes"));
    let global = |value: Value| put("simple", json!({"p": {"S": "k"}, "g": value}));
    assert!(world.invalid(PutItem, global(json!({"N": "1"}))).await.ends_with("IndexName: by-g"));
    world.ok(PutItem, global(json!({"S": "g"}))).await;
    let update = json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "UpdateExpression": "SET h = :v",
                        "ExpressionAttributeValues": {":v": {"S": "no number"}}});
    assert!(world.invalid(UpdateItem, update).await.ends_with("IndexName: by-g"));
}

/// An item may be older than a global index that cannot take it; what an update leaves as it was is not looked at.
#[tokio::test]
async fn an_unfit_attribute_of_an_older_item_stays_until_it_changes() {
    let world = World::with([simple()]).await;
    let g = |value: Value| put("simple", json!({"p": {"S": "k"}, "g": value}));
    world.ok(PutItem, g(json!({"M": {"n": {"N": "1"}}}))).await;
    world.engine.apply(TableDescriptor { generation: Generation(2), ..with_global_index() }).await.unwrap();
    let update = |expression: &str| {
        json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "UpdateExpression": expression,
               "ExpressionAttributeValues": {":v": {"N": "1"}}})
    };
    world.ok(UpdateItem, update("SET h = :v")).await;
    world.ok(UpdateItem, update("SET g.n = :v")).await;
    assert!(world.invalid(UpdateItem, update("SET g.o = :v")).await.ends_with("IndexName: by-g"));
    assert!(world.invalid(UpdateItem, update("SET g = :v")).await.ends_with("IndexName: by-g"));
}

#[tokio::test]
async fn updates_leave_keys_alone() {
    let world = World::with([sorted()]).await;
    let update = |expression: &str| json!({"TableName": "sorted", "Key": {"p": {"S": "k"}, "s": {"N": "1"}}, "UpdateExpression": expression});
    for (expression, name) in [("REMOVE x, s", "s"), ("REMOVE p.x", "p")] {
        assert_eq!(
            world.invalid(UpdateItem, update(expression)).await,
            format!(
                "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of \
                 the key"
            )
        );
    }
}

#[tokio::test]
async fn a_batch_with_a_bad_entry_writes_nothing() {
    let world = World::with([simple()]).await;
    let good = json!({"PutRequest": {"Item": {"p": {"S": "a"}}}});
    let bad = json!({"PutRequest": {"Item": {"p": {"N": "1"}}}});
    let twice = json!({"DeleteRequest": {"Key": {"p": {"S": "a"}}}});
    for other in [bad, twice] {
        let batch = json!({"RequestItems": {"simple": [good, other]}});
        world.invalid(BatchWriteItem, batch).await;
    }
    let get = json!({"TableName": "simple", "Key": {"p": {"S": "a"}}});
    assert_eq!(world.ok(GetItem, get).await, json!({}));
}

#[tokio::test]
async fn numerically_equal_keys_are_duplicates() {
    let world = World::with([sorted()]).await;
    let keys = json!([{"p": {"S": "k"}, "s": {"N": "1"}}, {"p": {"S": "k"}, "s": {"N": "1.00"}}]);
    let batch = json!({"RequestItems": {"sorted": {"Keys": keys}}});
    assert_eq!(world.invalid(BatchGetItem, batch).await, "Provided list of item keys contains duplicates");
}

#[tokio::test]
async fn reads_name_an_index_that_can_be_read() {
    let world = World::with([sorted(), with_global_index()]).await;
    let query = |table: &str, index: &str| {
        json!({"TableName": table, "IndexName": index, "KeyConditionExpression": "p = :p",
               "ExpressionAttributeValues": {":p": {"S": "k"}}})
    };
    let unknown = "The table does not have the specified index: nope";
    assert_eq!(world.invalid(Query, query("sorted", "nope")).await, unknown);
    assert_eq!(world.invalid(Scan, json!({"TableName": "sorted", "IndexName": "nope"})).await, unknown);
    let mut global = json!({"TableName": "simple", "IndexName": "by-g"});
    assert_eq!(
        world.invalid(Scan, global.clone()).await,
        "Cannot read from backfilling global secondary index: by-g"
    );
    global["ConsistentRead"] = true.into();
    assert_eq!(
        world.invalid(Scan, global).await,
        "Consistent reads are not supported on global secondary indexes"
    );
}

#[tokio::test]
async fn query_conditions_must_fit_the_key() {
    let world = World::with([sorted()]).await;
    let query = |condition: &str, values: Value| json!({"TableName": "sorted", "KeyConditionExpression": condition, "ExpressionAttributeValues": values});
    let number = json!({":p": {"N": "1"}});
    assert_eq!(
        world.invalid(Query, query("p = :p", number)).await,
        "One or more parameter values were invalid: Condition parameter type does not match schema type"
    );
    let other = query("x = :p", json!({":p": {"S": "k"}}));
    assert_eq!(world.invalid(Query, other).await, "Query condition missed key schema element: p");
    let empty = query("p = :p", json!({":p": {"S": ""}}));
    assert!(world.invalid(Query, empty).await.ends_with("empty string value. Key: p"));
    let mut filtered = query("p = :p", json!({":p": {"S": "k"}}));
    filtered["FilterExpression"] = "attribute_exists(s)".into();
    assert_eq!(
        world.invalid(Query, filtered).await,
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: s"
    );
    let legacy = json!({
        "TableName": "sorted",
        "KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "k"}]}},
        "QueryFilter": {"s": {"ComparisonOperator": "NOT_NULL"}},
    });
    assert_eq!(
        world.invalid(Query, legacy).await,
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: s"
    );
}
