//! Objects while there is nothing to make tables with.

use super::*;

async fn pass(world: &World) -> Next {
    world.reconciler.reconcile(&world.key, &Claim::Owner, None).await.unwrap()
}

#[tokio::test]
async fn a_table_waits_visibly_and_is_made_once_there_is_a_place() {
    let world = World::new();
    world.apply(on_demand()).await;
    assert_eq!(pass(&world).await, Next::Resync);
    world.assert_state("RegionNotReady", &["Reconciling"]).await;
    world.writes();
    pass(&world).await;
    assert_eq!(world.writes(), 0);
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
}

#[tokio::test]
async fn what_was_seen_of_a_table_stays() {
    let world = World::settled(on_demand()).await;
    let seen = TableStatus { conditions: Vec::new(), ..world.status().await };
    pass(&world).await;
    world.assert_state("RegionNotReady", &["Reconciling"]).await;
    assert_eq!(TableStatus { conditions: Vec::new(), ..world.status().await }, seen);
}

#[tokio::test]
async fn an_object_that_never_had_a_table_goes() {
    let world = World::new();
    world.apply(on_demand()).await;
    pass(&world).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(pass(&world).await, Next::Gone);
    assert_eq!(world.keeper.get(&world.key).await.unwrap(), None);
}

#[tokio::test]
async fn the_deletion_of_a_table_waits_visibly_and_a_retained_one_is_left() {
    let world = World::settled(on_demand()).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(pass(&world).await, Next::Resync);
    world.assert_state("RegionNotReady", &["Reconciling"]).await;
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "deletionPolicy": "Retain"})).await;
    assert_eq!(pass(&world).await, Next::Gone);
    assert!(world.tables.table("orders").is_some());
}

#[tokio::test]
async fn a_table_that_may_have_been_made_is_waited_for() {
    let world = World::new();
    world.apply(on_demand()).await;
    world.tables.lose_answers(1);
    assert_eq!(world.pass().await, Next::Retry);
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(pass(&world).await, Next::Resync);
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!(world.tables.table("orders"), None);
}
