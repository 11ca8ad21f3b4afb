//! What clients see of transactions over several shards.

use serde_json::{Value, json};

use super::support::{Fuse, Side, TABLE, World, add, at_least, write};

fn codes(error: &partita_protocol::ServiceError) -> Vec<&'static str> {
    assert_eq!(error.name(), "TransactionCanceledException", "{error}");
    error.cancellation_reasons().iter().map(|reason| reason.code()).collect()
}

#[tokio::test]
async fn items_of_several_shards_change_together_and_are_read_together() {
    let world = World::new(3).await;
    let mut body = json!({"TransactItems": [add("a0", 1), add("b1", 2), add("c2", 3), add("d1", 4)]});
    body["ReturnConsumedCapacity"] = json!("TOTAL");
    let answer = world.write(body).await.unwrap();
    let capacity = json!([{"TableName": TABLE, "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}]);
    assert_eq!(answer, json!({"ConsumedCapacity": capacity}));
    let values = world.read(&["c2", "a0", "x9", "b1"]).await.unwrap();
    assert_eq!(values, [json!({"N": "3"}), json!({"N": "1"}), Value::Null, json!({"N": "2"})]);
}

#[tokio::test]
async fn reasons_stand_in_the_order_of_the_request() {
    let world = World::new(2).await;
    let text = json!({"Put": {"TableName": TABLE, "Item": {"p": {"S": "t1"}, "v": {"S": "text"}}}});
    world.write(json!({"TransactItems": [text]})).await.unwrap();
    let actions = [add("a0", 1), at_least("b1", 1), add("t1", 1), at_least("c0", 1), add("d1", 1)];
    let refused = world.write(json!({"TransactItems": actions})).await.unwrap_err();
    assert_eq!(
        codes(&refused),
        ["None", "ConditionalCheckFailed", "ValidationError", "ConditionalCheckFailed", "None"]
    );
    let all = world.read(&["a0", "b1", "c0", "d1"]).await.unwrap();
    assert_eq!(
        all,
        [Value::Null, Value::Null, Value::Null, Value::Null],
        "nothing is locked, nothing is written"
    );
}

#[tokio::test]
async fn what_one_shard_refuses_outright_is_refused_as_a_whole() {
    let world = World::new(2).await;
    let wrong = json!({"Delete": {"TableName": TABLE, "Key": {"p": {"S": "b1"}, "q": {"S": "?"}}}});
    let refused = world.write(json!({"TransactItems": [add("a0", 1), wrong]})).await.unwrap_err();
    assert_eq!(refused.name(), "ValidationException");
    let twice = json!({"TransactItems": [add("a0", 1), add("b1", 1), add("b1", 1)]});
    let refused = world.write(twice).await.unwrap_err();
    let sentence = "Transaction request cannot include multiple operations on one item";
    assert_eq!(refused.message(Default::default()).as_deref(), Some(sentence));
    assert_eq!(world.read(&["a0", "b1"]).await.unwrap(), [Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_token_works_over_several_shards_and_across_them() {
    let world = World::new(3).await;
    // So many that their tokens are at home on every shard; some have all their items on one shard, and it may be another one.
    for number in 0..12 {
        let token = format!("token-{number}");
        let name = format!("n{number}-{}", number % 3);
        let both = number % 2 == 0;
        let mut actions = vec![add(&name, 1)];
        if both {
            actions.push(add(&format!("m{number}-{}", (number + 1) % 3), 1));
        }
        let body =
            json!({"TransactItems": actions, "ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL"});
        let first = world.write(body.clone()).await.unwrap();
        let again = world.write(body).await.unwrap();
        let units = if both { 4.0 } else { 2.0 };
        assert_eq!(first["ConsumedCapacity"][0]["WriteCapacityUnits"], units);
        assert_eq!(again["ConsumedCapacity"][0]["ReadCapacityUnits"], units);
        assert_eq!(world.read(&[&name]).await.unwrap(), [json!({"N": "1"})]);
        let other = json!({"TransactItems": [add("elsewhere2", 1)], "ClientRequestToken": token});
        assert_eq!(world.write(other).await.unwrap_err().name(), "IdempotentParameterMismatchException");
    }
    assert_eq!(world.read(&["elsewhere2"]).await.unwrap(), [Value::Null]);
}

#[tokio::test]
async fn whoever_meets_a_transaction_under_way_is_told_of_the_conflict() {
    let world = World::new(2).await;
    // Begun and prepared, and then gone.
    let coordinator = world.mortal(&Fuse::new(4, Side::Before));
    let call = tokio::spawn(async move {
        write(&coordinator, json!({"TransactItems": [add("a0", 1), add("b1", 1)]})).await
    });
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished());
    let refused = world.write(json!({"TransactItems": [add("c0", 1), add("b1", 1)]})).await.unwrap_err();
    assert_eq!(codes(&refused), ["None", "TransactionConflict"]);
    let refused = world.write(json!({"TransactItems": [add("a0", 1)]})).await.unwrap_err();
    assert_eq!(codes(&refused), ["TransactionConflict"], "also when all its items are on one shard");
    let refused = world.read(&["c0", "b1"]).await.unwrap_err();
    assert_eq!(codes(&refused), ["None", "TransactionConflict"]);
    let refused = world.read(&["a0"]).await.unwrap_err();
    assert_eq!(codes(&refused), ["TransactionConflict"]);
    world.clock.pass(5_000);
    assert_eq!(world.coordinator().recover().await.settled, 2);
    world.write(json!({"TransactItems": [add("a0", 1), add("b1", 1)]})).await.unwrap();
}
