//! Global indexes over HTTP.

use partita_index::{Keeper, Limits, Step};
use partita_model::descriptor::Generation;
use partita_model::schema::{GlobalIndex, KeyAttribute, Projection};
use partita_model::{IndexName, ScalarType, TableDescriptor, TableId, TableName};

use super::*;

/// A gateway before `music` with the index `by-label` on `label` (S) and `year` (N), which includes `title`.
async fn indexed() -> (World, TableId) {
    let world = World::open(options()).await;
    let key = |name: &str, scalar| KeyAttribute { name: name.to_owned(), scalar };
    let by_label = GlobalIndex {
        id: TableId(1001),
        active: true,
        name: IndexName::new("by-label"),
        hash: vec![key("label", ScalarType::S)],
        range: vec![key("year", ScalarType::N)],
        projection: Projection::Include(vec!["title".to_owned()]),
        throughput: None,
    };
    let music = world.engine.descriptor_of(&TableName::new("music")).expect("the table of these tests");
    let table = music.id;
    let music = TableDescriptor { global_indexes: vec![by_label], generation: Generation(2), ..music };
    world.engine.apply(music).await.expect("a good descriptor");
    (world, table)
}

#[tokio::test]
async fn a_query_of_an_index_is_answered_with_what_it_costs() {
    let (world, table) = indexed().await;
    for (p, year) in [("a", "1997"), ("b", "1991"), ("c", "2001")] {
        let item = json!({ "p": { "S": p }, "label": { "S": "ecm" }, "year": { "N": year }, "title": { "S": p },
                           "notes": { "S": "n".repeat(1500) } });
        let body = json!({ "TableName": "music", "Item": item, "ReturnConsumedCapacity": "INDEXES" });
        let answer = world.gateway.handle(call("PutItem", body.to_string())).await;
        let consumed = json!({ "ConsumedCapacity": {
            "TableName": "music", "CapacityUnits": 3.0, "Table": { "CapacityUnits": 2.0 },
            "GlobalSecondaryIndexes": { "by-label": { "CapacityUnits": 1.0 } },
        } });
        assert_eq!((answer.status.as_u16(), json_of(&answer)), (200, consumed));
    }
    let mut keeper = Keeper::new(Arc::clone(&world.engine), table, Limits::default());
    while keeper.step().await.expect("memory does not fail") != Step::Idle {}

    let body = json!({
        "TableName": "music", "IndexName": "by-label", "Limit": 2, "ReturnConsumedCapacity": "INDEXES",
        "KeyConditionExpression": "label = :label AND #year < :year", "ExpressionAttributeNames": { "#year": "year" },
        "ExpressionAttributeValues": { ":label": { "S": "ecm" }, ":year": { "N": "2000" } },
    });
    let answer = world.gateway.handle(call("Query", body.to_string())).await;
    let entry = |p: &str, year: &str| json!({ "p": { "S": p }, "label": { "S": "ecm" }, "year": { "N": year }, "title": { "S": p } });
    let expected = json!({
        "Items": [entry("b", "1991"), entry("a", "1997")], "Count": 2, "ScannedCount": 2,
        "LastEvaluatedKey": { "p": { "S": "a" }, "label": { "S": "ecm" }, "year": { "N": "1997" } },
        "ConsumedCapacity": {
            "TableName": "music", "CapacityUnits": 0.5, "Table": { "CapacityUnits": 0.0 },
            "GlobalSecondaryIndexes": { "by-label": { "CapacityUnits": 0.5 } },
        },
    });
    assert_eq!((answer.status.as_u16(), json_of(&answer)), (200, expected));

    let strong = json!({ "TableName": "music", "IndexName": "by-label", "ConsistentRead": true });
    let answer = world.gateway.handle(call("Scan", strong.to_string())).await;
    assert_eq!(error_of(&answer, 400), "ValidationException");
    let sentence = "Consistent reads are not supported on global secondary indexes";
    assert_eq!(json_of(&answer)["message"], sentence);
}
