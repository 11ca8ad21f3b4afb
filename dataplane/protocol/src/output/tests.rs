use std::collections::BTreeMap;

use expect_test::expect;
use partita_model::capacity::Consistency;
use partita_model::{AttributeValue, CapacityUnits, IndexName, Item};

use super::*;
use crate::operation;

fn text(body: &impl Answer) -> String {
    let bytes = body.to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), body.to_json());
    String::from_utf8(bytes).unwrap()
}

fn item() -> Item {
    Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))])
}

fn capacity(detail: Option<CapacityDetail>) -> ConsumedCapacity {
    let total = CapacityUnits::read(1, Consistency::Eventual);
    ConsumedCapacity { table: "Music".to_owned(), total, detail }
}

#[test]
fn an_answer_with_nothing_to_say_is_an_empty_object() {
    assert_eq!(text(&WriteItem::default()), "{}");
    assert_eq!(text(&GetItem::default()), "{}");
}

#[test]
fn a_write_answers_with_its_parts() {
    let answer = WriteItem {
        attributes: Some(item().into()),
        capacity: Some(capacity(None)),
        metrics: Some(ItemCollectionMetrics { key: item(), size_range_gb: [0.0, 1.0] }),
    };
    expect![[r#"{"Attributes":{"pk":{"S":"a"}},"ConsumedCapacity":{"TableName":"Music","CapacityUnits":0.5},"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}}"#]].assert_eq(&text(&answer));
}

#[test]
fn an_item_of_which_nothing_was_projected_is_still_there() {
    let answer = GetItem { item: Some(Item::new().into()), capacity: None };
    assert_eq!(text(&answer), r#"{"Item":{}}"#);
}

#[test]
fn a_page_always_counts_and_leaves_out_what_is_absent() {
    let counted = Page { count: 2, scanned_count: 3, ..Page::default() };
    assert_eq!(text(&counted), r#"{"Count":2,"ScannedCount":3}"#);
    let last_key = Some(item());
    let full = Page {
        items: Some(vec![item().into(), Item::new().into()]),
        count: 2,
        scanned_count: 2,
        last_key,
        capacity: None,
    };
    expect![[
        r#"{"Items":[{"pk":{"S":"a"}},{}],"Count":2,"ScannedCount":2,"LastEvaluatedKey":{"pk":{"S":"a"}}}"#
    ]]
    .assert_eq(&text(&full));
}

#[test]
fn capacity_is_told_in_floats_and_by_index_when_asked() {
    expect![[r#"{"TableName":"Music","CapacityUnits":0.5}"#]].assert_eq(&text(&capacity(None)));
    expect![[r#"{"TableName":"Music","CapacityUnits":0.5,"Table":{"CapacityUnits":2.0}}"#]].assert_eq(&text(
        &capacity(Some(CapacityDetail { table: CapacityUnits::whole(2), ..CapacityDetail::default() })),
    ));
    let detail = CapacityDetail {
        table: CapacityUnits::ZERO,
        local_indexes: BTreeMap::from([(IndexName::new("l"), CapacityUnits::whole(1))]),
        global_indexes: BTreeMap::from([(IndexName::new("g"), CapacityUnits::whole(3))]),
    };
    expect![[r#"{"TableName":"Music","CapacityUnits":0.5,"Table":{"CapacityUnits":0.0},"LocalSecondaryIndexes":{"l":{"CapacityUnits":1.0}},"GlobalSecondaryIndexes":{"g":{"CapacityUnits":3.0}}}"#]].assert_eq(&text(&capacity(Some(detail))));
}

#[test]
fn batches_always_say_what_was_left_undone() {
    expect![[r#"{"UnprocessedItems":{}}"#]].assert_eq(&text(&BatchWrite::default()));
    expect![[r#"{"Responses":{},"UnprocessedKeys":{}}"#]].assert_eq(&text(&BatchGet::default()));
}

#[test]
fn what_a_batch_left_undone_is_a_request_again() {
    let requests = vec![operation::BatchWrite::Put(item()), operation::BatchWrite::Delete(item())];
    let write = BatchWrite {
        unprocessed: vec![UnprocessedWrites { table: "Music".to_owned(), requests }],
        capacity: vec![capacity(None)],
        metrics: BTreeMap::from([(
            "Music".to_owned(),
            vec![ItemCollectionMetrics { key: item(), size_range_gb: [0.0, 1.0] }],
        )]),
    };
    expect![[r#"{"UnprocessedItems":{"Music":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]},"ConsumedCapacity":[{"TableName":"Music","CapacityUnits":0.5}],"ItemCollectionMetrics":{"Music":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]}}"#]].assert_eq(&text(&write));

    let options = ReadOptions { consistent_read: Some(true), ..ReadOptions::default() };
    let get = BatchGet {
        responses: vec![("Music".to_owned(), vec![item().into()]), ("Empty".to_owned(), vec![])],
        unprocessed: vec![UnprocessedKeys { table: "Music".to_owned(), keys: vec![item()], options }],
        capacity: vec![],
    };
    expect![[r#"{"Responses":{"Music":[{"pk":{"S":"a"}}],"Empty":[]},"UnprocessedKeys":{"Music":{"Keys":[{"pk":{"S":"a"}}],"ConsistentRead":true}}}"#]].assert_eq(&text(&get));
}
