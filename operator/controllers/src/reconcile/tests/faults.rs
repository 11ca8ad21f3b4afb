//! Any call may fail: the reconciler says so, and gets there all the same.

use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn a_failing_step_is_told_and_tried_again() {
    let world = World::new();
    world.apply(on_demand()).await;
    world.tables.fail([None, Some(ServiceError::internal())]);
    assert_eq!(world.pass().await, Next::Retry);
    world.assert_state("StepFailed", &["Reconciling"]).await;
    let conditions = world.status().await.conditions;
    let recoverable = conditions.iter().find(|c| c.type_ == types::ACK_RECOVERABLE).unwrap();
    assert_eq!(
        recoverable.message.as_deref(),
        Some("CreateTable: InternalServerError: Internal server error")
    );
    assert_eq!(world.pass().await, Next::Resync);
    world.assert_state("Settled", &["Ready"]).await;
    assert!(world.status().await.conditions.iter().all(|c| c.type_ != types::ACK_RECOVERABLE));
}

#[tokio::test]
async fn what_the_rules_refuse_stalls_and_is_looked_at_with_the_next_resync() {
    let world = World::settled(on_demand()).await;
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "tags": [{"key": "a"}]})).await;
    world.tables.fail([None, Some(ServiceError::validation("no"))]);
    assert_eq!(world.pass().await, Next::Resync);
    world.assert_state("InvalidSpec", &["Stalled"]).await;
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
}

#[tokio::test]
async fn a_control_plane_that_does_not_answer_leaves_what_was_seen_last() {
    let world = World::settled(on_demand()).await;
    let seen = TableStatus { conditions: Vec::new(), ..world.status().await };
    world.tables.fail([Some(ServiceError::unavailable())]);
    assert_eq!(world.pass().await, Next::Retry);
    world.assert_state("StepFailed", &["Reconciling"]).await;
    assert_eq!(TableStatus { conditions: Vec::new(), ..world.status().await }, seen);
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.tables.calls(), [""; 0]);
}

#[tokio::test]
async fn a_table_whose_making_was_not_answered_is_the_objects_own() {
    let world = World::new();
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "adoptionPolicy": "Create"})).await;
    world.tables.lose_answers(1);
    assert_eq!(world.pass().await, Next::Retry);
    world.tables.fail([Some(ServiceError::unavailable())]);
    assert_eq!(world.pass().await, Next::Retry);
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.tables.calls(), ["CreateTable"]);

    world.tables.drop_table("orders");
    world.tables.lose_answers(1);
    assert_eq!(world.pass().await, Next::Retry);
    world.pass().await;
    world.assert_state("Recreated", &["Ready"]).await;
}

#[tokio::test]
async fn a_table_that_the_api_made_first_is_not_the_objects_own() {
    let world = World::new();
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "adoptionPolicy": "Create"})).await;
    world.tables.fail([None, Some(ServiceError::table_exists(&TableName::new("orders")))]);
    assert_eq!(world.pass().await, Next::Retry);
    world.tables.add("orders", &definition::definition(&spec(on_demand())).unwrap());
    world.pass().await;
    world.assert_state("AlreadyExists", &["Stalled"]).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert!(world.tables.table("orders").is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_fails_the_table_ends_as_declared(
        faults in proptest::collection::vec(any::<bool>(), 0..24),
        lost in 0..3_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            world.apply(json!({
                "provisionedThroughput": {"readCapacityUnits": 1, "writeCapacityUnits": 1}, "tags": [{"key": "a"}],
                "adoptionPolicy": "Create",
            })).await;
            world.tables.fail(faults.iter().map(|fails| fails.then(ServiceError::internal)));
            world.tables.lose_answers(lost);
            for _ in 0..=faults.len() + 3 {
                world.pass().await;
            }
            world.apply(json!({
                "billingMode": "PAY_PER_REQUEST", "tags": [{"key": "b"}], "deletionProtectionEnabled": true,
                "tableClass": "STANDARD_INFREQUENT_ACCESS", "adoptionPolicy": "Create",
            })).await;
            world.tables.fail(faults.iter().rev().map(|fails| fails.then(ServiceError::unavailable)));
            for _ in 0..=faults.len() + 3 {
                world.pass().await;
            }
            world.assert_state("Settled", &["Ready"]).await;
            let table = world.tables.table("orders").unwrap();
            assert_eq!(table.tags.iter().map(|tag| tag.key.as_str()).collect::<Vec<_>>(), ["b"]);
            assert!(table.description.deletion_protection_enabled);
            world.tables.calls();
            world.writes();
            world.pass().await;
            assert_eq!((world.tables.calls(), world.writes()), (vec![], 0));
        });
    }
}
