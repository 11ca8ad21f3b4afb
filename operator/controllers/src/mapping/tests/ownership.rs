//! Who says what a mapping is like, and which mapping is whose.

use super::*;

#[tokio::test]
async fn named_fields_are_put_back_and_others_are_left_alone() {
    let world = World::settled(json!({"batchSize": 10})).await;
    let id = world.only().id;
    world.mappings.change(&id, |observed| {
        observed.mapping.settings.batch_size = 20;
        observed.mapping.settings.parallelization_factor = 5;
    });
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_eq!(world.mappings.calls(), ["update"]);
    let settings = world.only().settings;
    assert_eq!((settings.batch_size, settings.parallelization_factor), (10, 5));
}

#[tokio::test]
async fn an_empty_list_removes() {
    let filter = json!({"filters": [{"pattern": "{\"eventName\": [\"INSERT\"]}"}]});
    let world = World::settled(json!({"filterCriteria": filter})).await;
    world.apply(&mapping("sink", json!({}))).await;
    world.pass("sink").await;
    assert_eq!(world.only().settings.filters.patterns().len(), 1, "absent is not managed");
    world.apply(&mapping("sink", json!({"filterCriteria": {"filters": []}}))).await;
    world.pass("sink").await;
    assert_eq!(world.only().settings.filters.patterns().len(), 0);
}

#[tokio::test]
async fn another_target_is_an_update() {
    let world = World::settled(json!({})).await;
    let id = world.only().id;
    world.apply(&mapping("sink", json!({"target": {"url": "http://other.example"}}))).await;
    world.pass("sink").await;
    assert_eq!((world.only().id, world.mappings.calls()), (id, vec!["update"]));
    assert_eq!(world.only().target.name(), "http://other.example");
}

#[tokio::test]
async fn a_mapping_of_the_api_is_taken_over() {
    let world = World::with_table().await;
    let id = world.mappings.add(stream(FIRST), sink(), Settings { batch_size: 7, ..Settings::default() });
    world.apply(&mapping("sink", json!({"enabled": false}))).await;
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_eq!(world.mappings.calls(), ["update"]);
    let Mapping { id: taken, settings, .. } = world.only();
    assert_eq!((taken, settings.batch_size, settings.enabled), (id, 7, false));
    world.assert_state("sink", "Adopted", &["Ready"]).await;
}

#[tokio::test]
async fn a_mapping_deleted_through_the_api_is_made_again() {
    let world = World::settled(json!({})).await;
    let before = world.only().id;
    world.mappings.drop_mapping(&before);
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_ne!(world.only().id, before);
    assert_eq!(world.only().settings.starting_position, StartingPosition::Latest);
    world.assert_state("sink", "Recreated", &["Ready"]).await;
}

#[tokio::test]
async fn a_mapping_is_one_objects_and_the_next_has_it_after() {
    let world = World::settled(json!({})).await;
    world.apply(&mapping("rival", json!({}))).await;
    assert_eq!(world.pass("rival").await, Next::Resync);
    world.assert_state("rival", "Conflict", &["Stalled"]).await;
    assert_eq!(world.message("rival").await, "EventSourceMapping default/sink manages the mapping");
    assert_eq!(world.status("rival").await.uuid, None);
    world.delete("rival").await;
    assert_eq!(world.pass("rival").await, Next::Gone);
    assert_eq!((world.mappings.all().len(), world.mappings.calls()), (1, vec![]));

    world.apply(&mapping("heir", json!({}))).await;
    world.pass("heir").await;
    world.apply(&mapping("sink", json!({"deletionPolicy": "Retain"}))).await;
    world.delete("sink").await;
    assert_eq!(world.pass("sink").await, Next::Gone);
    assert_eq!(world.pass("heir").await, Next::Resync);
    world.assert_state("heir", "Adopted", &["Ready"]).await;
}

/// Another object may be looked at between the making of a mapping and the answer.
#[tokio::test]
async fn a_mapping_is_its_objects_before_it_is_made() {
    let world = World::with_table().await;
    for name in ["sink", "rival"] {
        world.apply(&mapping(name, json!({}))).await;
    }
    world.mappings.lose_answers(1);
    assert_eq!(world.pass("sink").await, Next::Retry);
    assert_eq!(world.pass("rival").await, Next::Resync);
    world.assert_state("rival", "Conflict", &["Stalled"]).await;
    assert_eq!(world.status("rival").await.uuid, None);
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "Settled", &["Ready"]).await;
}

/// A process that ends forgets what it claimed; statuses still tell.
#[tokio::test]
async fn a_new_process_knows_whose_a_mapping_is() {
    let mut world = World::settled(json!({})).await;
    world.reconciler = world.reconciler_with(Arc::clone(&world.keeper) as _);
    world.apply(&mapping("rival", json!({}))).await;
    world.pass("rival").await;
    world.assert_state("rival", "Conflict", &["Stalled"]).await;
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_mapping_and_leaves_none_behind() {
    let world = World::with_table().await;
    world.apply(&mapping("sink", json!({}))).await;
    world.mappings.lose_answers(1);
    assert_eq!(world.pass("sink").await, Next::Retry);
    world.assert_state("sink", "StepFailed", &["Reconciling"]).await;
    world.delete("sink").await;
    assert_eq!(world.pass("sink").await, Next::Gone);
    assert!(world.mappings.all().is_empty());
}

#[tokio::test]
async fn what_is_refused_stalls_and_what_fails_is_tried_again() {
    let world = World::with_table().await;
    world.apply(&mapping("sink", json!({"filterCriteria": {"filters": [{"pattern": "{\"a\": 1}"}]}}))).await;
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "InvalidSpec", &["Stalled"]).await;
    world.apply(&mapping("sink", json!({}))).await;
    world.mappings.fail([Refusal::InvalidParameter("no".to_owned()), Refusal::Internal]);
    assert_eq!(world.pass("sink").await, Next::Resync);
    let message = "CreateEventSourceMapping: InvalidParameterValueException: no";
    assert_eq!(world.message("sink").await, message);
    assert_eq!(world.pass("sink").await, Next::Retry);
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "Settled", &["Ready"]).await;
}

#[tokio::test]
async fn a_suspended_object_changes_nothing_and_says_what_it_would() {
    let world = World::with_table().await;
    world.apply(&mapping("sink", json!({"suspend": true}))).await;
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_eq!(world.message("sink").await, "suspended; waiting: CreateEventSourceMapping");
    assert!(world.mappings.calls().is_empty());
}
