//! What a request that is accepted comes to.

use partita_model::capacity::Consistency;
use partita_model::name::Scope;
use partita_model::{AttributeValue, Item, TableName};
use serde_json::{Value, json};

use super::super::{
    BatchWrite, Operation, OperationName, ReturnCapacity, ReturnValues, Segment, Select, TableRef,
};
use super::parse;
use crate::output::Answer as _;

fn item() -> Item {
    Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))])
}

fn accepted(name: OperationName, body: Value) -> Operation {
    parse(name, &body).unwrap()
}

#[test]
fn a_table_is_named_by_name_or_by_arn_of_its_scope() {
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() };
    let arn = |region: &str| TableRef::new(format!("arn:aws:dynamodb:{region}:000000000000:table/Music"));
    assert_eq!(TableRef::new("Music").name(&scope), Ok(TableName::new("Music")));
    assert_eq!(arn("eu-central-1").name(&scope), Ok(TableName::new("Music")));
    assert_eq!(arn("eu-west-1").name(&scope).unwrap_err().name(), "ResourceNotFoundException");
    let Operation::Scan(scan) =
        accepted(OperationName::Scan, json!({"TableName": arn("eu-central-1").as_given()}))
    else {
        panic!("a Scan is a Scan")
    };
    assert_eq!(scan.table, arn("eu-central-1"));
}

#[test]
fn the_least_of_each_request_has_the_defaults() {
    let Operation::PutItem(put) =
        accepted(OperationName::PutItem, json!({"TableName": "Music", "Item": {"pk": {"S": "a"}}}))
    else {
        panic!("a PutItem is a PutItem")
    };
    assert_eq!((put.item, put.condition), (item(), None));
    assert_eq!((put.return_values, put.capacity), (ReturnValues::None, ReturnCapacity::None));
    assert!(!put.on_condition_failure && !put.collection_metrics);

    let Operation::GetItem(get) =
        accepted(OperationName::GetItem, json!({"TableName": "Music", "Key": {"pk": {"S": "a"}}}))
    else {
        panic!("a GetItem is a GetItem")
    };
    assert_eq!((get.key, get.consistency, get.projection), (item(), Consistency::Eventual, None));

    let Operation::UpdateItem(update) =
        accepted(OperationName::UpdateItem, json!({"TableName": "Music", "Key": {"pk": {"S": "a"}}}))
    else {
        panic!("an UpdateItem is an UpdateItem")
    };
    assert_eq!((update.update, update.condition), (None, None));

    let Operation::Scan(scan) = accepted(OperationName::Scan, json!({"TableName": "Music"})) else {
        panic!("a Scan is a Scan")
    };
    assert_eq!((scan.index, scan.limit, scan.segment, scan.select), (None, None, None, None));
}

#[test]
fn every_option_is_read() {
    let body = json!({
        "TableName": "Music", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET #n = :v",
        "ConditionExpression": "attribute_exists(pk)", "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"S": "x"}}, "ReturnValues": "UPDATED_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
    });
    let Operation::UpdateItem(update) = accepted(OperationName::UpdateItem, body) else {
        panic!("an UpdateItem is an UpdateItem")
    };
    assert_eq!((update.return_values, update.capacity), (ReturnValues::UpdatedNew, ReturnCapacity::Indexes));
    assert!(update.on_condition_failure && update.collection_metrics);
    assert!(update.condition.unwrap().evaluate(&item()));
    let named = update.update.unwrap().apply(&item()).unwrap();
    assert_eq!(named["name"], AttributeValue::S("x".to_owned()));

    let body = json!({
        "TableName": "Music", "IndexName": "ByYear", "KeyConditionExpression": "pk = :p", "Select": "COUNT", "Limit": 7,
        "ScanIndexForward": false, "ConsistentRead": true, "ExclusiveStartKey": {"pk": {"S": "a"}},
        "FilterExpression": "a > :p", "ExpressionAttributeValues": {":p": {"S": "x"}}, "ReturnConsumedCapacity": "TOTAL",
    });
    let Operation::Query(query) = accepted(OperationName::Query, body) else { panic!("a Query is a Query") };
    assert_eq!(query.index.unwrap().as_str(), "ByYear");
    assert_eq!((query.select, query.limit.unwrap().get(), query.forward), (Some(Select::Count), 7, false));
    assert_eq!((query.start_key, query.consistency), (Some(item()), Consistency::Strong));
    assert!(query.filter.is_some() && query.projection.is_none());

    let body =
        json!({"TableName": "Music", "Segment": 999_999, "TotalSegments": 1_000_000, "Limit": i64::MAX});
    let Operation::Scan(scan) = accepted(OperationName::Scan, body) else { panic!("a Scan is a Scan") };
    assert_eq!(scan.segment, Some(Segment { index: 999_999, total: 1_000_000 }));
    assert_eq!(scan.limit.unwrap().get(), u32::MAX);
}

#[test]
fn legacy_parameters_come_to_the_same() {
    let body = json!({
        "TableName": "Music", "Key": {"pk": {"S": "a"}}, "AttributeUpdates": {"n": {"Value": {"N": "1"}, "Action": "ADD"}},
        "Expected": {"pk": {"Value": {"S": "a"}}, "x": {"Exists": false}}, "ConditionalOperator": "AND",
    });
    let Operation::UpdateItem(update) = accepted(OperationName::UpdateItem, body) else {
        panic!("an UpdateItem is an UpdateItem")
    };
    assert!(update.condition.unwrap().evaluate(&item()));
    assert!(update.update.unwrap().apply(&item()).unwrap().contains_key("n"));

    let body = json!({
        "TableName": "Music", "AttributesToGet": ["pk"],
        "ScanFilter": {"pk": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "b"}]}},
    });
    let Operation::Scan(scan) = accepted(OperationName::Scan, body) else { panic!("a Scan is a Scan") };
    assert!(!scan.filter.unwrap().evaluate(&item()));
    assert_eq!(scan.projection.unwrap().apply(&item()), item());
}

#[test]
fn a_batch_get_can_be_echoed() {
    let expressions = json!({
        "Keys": [{"pk": {"S": "a"}}], "ConsistentRead": true, "ProjectionExpression": "#n",
        "ExpressionAttributeNames": {"#n": "name"},
    });
    let legacy = json!({"Keys": [{"pk": {"S": "a"}}], "AttributesToGet": ["a"]});
    for (part, consistency) in [(expressions, Consistency::Strong), (legacy, Consistency::Eventual)] {
        let body = json!({"RequestItems": {"Music": part}});
        let Operation::BatchGetItem(batch) = accepted(OperationName::BatchGetItem, body) else {
            panic!("a BatchGetItem is a BatchGetItem")
        };
        let [music] = batch.tables.as_slice() else { panic!("one table was asked for") };
        assert_eq!(music.consistency, consistency);
        assert_eq!(music.unprocessed(vec![item()]).to_json(), part);
    }
}

#[test]
fn a_batch_write_keeps_the_order_within_a_table() {
    let body = json!({"RequestItems": {"Music": [
        {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}, {"PutRequest": {"Item": {}}, "DeleteRequest": null},
    ]}});
    let Operation::BatchWriteItem(batch) = accepted(OperationName::BatchWriteItem, body) else {
        panic!("a BatchWriteItem is a BatchWriteItem")
    };
    assert_eq!(batch.tables[0].requests, [BatchWrite::Delete(item()), BatchWrite::Put(Item::new())]);
}
