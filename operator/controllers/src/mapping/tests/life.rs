//! From a manifest to a mapping and back.

use super::*;

#[tokio::test]
async fn a_mapping_is_made_as_declared_and_shown() {
    let more = json!({
        "batchSize": 10, "maximumRetryAttempts": 3, "functionResponseTypes": ["ReportBatchItemFailures"],
        "filterCriteria": {"filters": [{"pattern": "{\"eventName\": [\"INSERT\"]}"}]},
        "destinationConfig": {"onFailure": {"destination": "http://failures.example"}},
    });
    let world = World::settled(more).await;
    let made = world.only();
    assert_eq!((&made.source, &made.target), (&stream(FIRST), &sink()));
    let expected = Settings {
        batch_size: 10,
        starting_position: StartingPosition::Latest,
        retries_max: Some(3),
        reports_item_failures: true,
        filters: partita_mapping::Filters::new(vec![r#"{"eventName": ["INSERT"]}"#.to_owned()]).unwrap(),
        on_failure: Url::parse("http://failures.example"),
        ..Settings::default()
    };
    assert_eq!(made.settings, expected);
    world.assert_state("sink", "Settled", &["Ready"]).await;
    let status = world.status("sink").await;
    assert_eq!(status.uuid.as_deref(), Some(made.id.as_str()));
    assert_eq!(status.event_source_arn.as_deref(), Some(made.source.as_str()));
    assert_eq!((status.table_name.as_deref(), status.target.as_deref()), (Some("orders"), Some(URL)));
    assert_eq!((status.state.as_deref(), status.function_arn), (Some("Enabled"), None));
    assert_eq!(status.observed_generation, Some(1));
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert!(world.mappings.calls().is_empty());
    assert_eq!(world.reasons("sink"), ["Creating", "Settled"]);
}

#[tokio::test]
async fn a_function_has_an_arn() {
    let world = World::settled(json!({"target": {"function": {"name": "indexer"}}})).await;
    let arn = "arn:aws:lambda:eu-central-1:000000000000:function:indexer";
    assert_eq!(world.status("sink").await.function_arn.as_deref(), Some(arn));
}

#[tokio::test]
async fn what_is_not_there_yet_is_waited_for() {
    let world = World::new();
    world.apply(&mapping("sink", json!({}))).await;
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "ReferenceNotFound", &["Reconciling"]).await;
    assert_eq!(world.message("sink").await, "waiting for the Table default/orders");
    world.apply(&manifest("orders", json!({}))).await;
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "SourceNotFound", &["Reconciling"]).await;
    world.mappings.stream("orders", FIRST);
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "Settled", &["Ready"]).await;
    assert_eq!(world.mappings.calls(), ["create"]);
}

#[tokio::test]
async fn a_stream_by_its_arn_must_be_the_latest_of_its_table_to_begin_with() {
    let world = World::new();
    let arn = stream(FIRST);
    world.apply(&mapping("sink", json!({"tableRef": null, "eventSourceARN": arn}))).await;
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.mappings.stream("orders", FIRST);
    assert_eq!(world.pass("sink").await, Next::Resync);
    // A mapping outlives its stream.
    world.mappings.stream("orders", SECOND);
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "Settled", &["Ready"]).await;
    assert_eq!((world.only().source, world.mappings.calls()), (arn, vec!["create"]));
}

#[tokio::test]
async fn a_mapping_of_a_table_moves_to_its_new_stream() {
    let world = World::settled(json!({})).await;
    world.mappings.stream("orders", SECOND);
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_eq!(world.mappings.calls(), ["delete", "create"]);
    let made = world.only();
    assert_eq!(
        (made.source, made.settings.starting_position),
        (stream(SECOND), StartingPosition::TrimHorizon)
    );
    world.assert_state("sink", "Moved", &["Ready"]).await;
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert!(world.mappings.calls().is_empty());
    assert_eq!(world.reasons("sink"), ["Creating", "Settled", "Moved"]);
}

#[tokio::test]
async fn a_slow_data_plane_is_waited_for_also_between_two_streams() {
    let world = World::with_table().await;
    world.mappings.make_slow();
    world.apply(&mapping("sink", json!({}))).await;
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "Creating", &["Reconciling"]).await;
    world.mappings.finish();
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.mappings.stream("orders", SECOND);
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "Moved", &["Reconciling"]).await;
    world.mappings.finish();
    assert_eq!(world.pass("sink").await, Next::Poll);
    assert_eq!(world.only().settings.starting_position, StartingPosition::TrimHorizon);
    world.mappings.finish();
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "Moved", &["Ready"]).await;
    assert_eq!(world.mappings.calls(), ["create", "delete", "create"]);
}

#[tokio::test]
async fn deletion_waits_for_the_mapping_to_go() {
    let world = World::settled(json!({})).await;
    world.mappings.make_slow();
    world.delete("sink").await;
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "Deleting", &["Reconciling"]).await;
    world.mappings.finish();
    assert_eq!(world.pass("sink").await, Next::Gone);
    assert!(world.is_gone("sink").await && world.mappings.all().is_empty());
}

/// Objects that cannot be read, for whoever asks nevertheless.
struct Unreadable;

#[async_trait]
impl References for Unreadable {
    async fn table_name(&self, _namespace: &str, _name: &str) -> Result<Option<String>, Error> {
        Err(Error::Objects("unreadable".into()))
    }
}

#[tokio::test]
async fn deletion_of_a_known_mapping_follows_no_reference() {
    let mut world = World::settled(json!({})).await;
    world.reconciler = world.reconciler_with(Arc::new(Unreadable));
    let place = MappingPlace { control: world.mappings.clone(), scope: scope(), in_cluster: false };
    assert!(world.reconciler.reconcile(&key("sink"), Some(&place)).await.is_err());
    world.delete("sink").await;
    assert_eq!(world.pass("sink").await, Next::Gone);
    assert!(world.is_gone("sink").await && world.mappings.all().is_empty());
}

#[tokio::test]
async fn retain_leaves_the_mapping_in_a_field_or_in_an_annotation() {
    let mut annotated = mapping("sink", json!({}));
    annotated["metadata"]["annotations"] = json!({"services.k8s.aws/deletion-policy": "retain"});
    for manifest in [annotated, mapping("sink", json!({"deletionPolicy": "Retain"}))] {
        let world = World::settled(json!({})).await;
        world.apply(&manifest).await;
        world.delete("sink").await;
        assert_eq!(world.pass("sink").await, Next::Gone);
        assert_eq!((world.mappings.calls(), world.mappings.all().len()), (vec![], 1));
    }
}

#[tokio::test]
async fn without_a_place_an_object_says_so_and_goes_only_if_its_mapping_may_stay() {
    let world = World::with_table().await;
    world.apply(&mapping("new", json!({"deletionPolicy": "Retain"}))).await;
    assert_eq!(world.reconciler.reconcile(&key("new"), None).await.unwrap(), Next::Resync);
    world.assert_state("new", "RegionNotReady", &["Reconciling"]).await;
    world.delete("new").await;
    assert_eq!(world.reconciler.reconcile(&key("new"), None).await.unwrap(), Next::Gone);

    let world = World::settled(json!({})).await;
    let before = world.status("sink").await;
    world.delete("sink").await;
    assert_eq!(world.reconciler.reconcile(&key("sink"), None).await.unwrap(), Next::Resync);
    assert_eq!(world.status("sink").await.uuid, before.uuid);
}

#[tokio::test]
async fn a_service_is_a_target_in_a_cluster_only() {
    let world = World::with_table().await;
    world.apply(&mapping("sink", json!({"target": {"service": {"name": "sink", "port": 8080}}}))).await;
    assert_eq!(world.pass("sink").await, Next::Resync);
    world.assert_state("sink", "FieldsNotActedUpon", &["Stalled"]).await;
    assert!(world.message("sink").await.contains("target.url"));
    let place = MappingPlace { control: world.mappings.clone(), scope: scope(), in_cluster: true };
    assert_eq!(world.reconciler.reconcile(&key("sink"), Some(&place)).await.unwrap(), Next::Resync);
    assert_eq!(world.only().target.name(), "http://sink.default.svc:8080/");
}

#[tokio::test]
async fn the_latest_result_is_told_at_most_once_a_minute() {
    let world = World::settled(json!({})).await;
    let id = world.only().id;
    for (second, expected) in [(1, None), (59, None), (60, Some("OK"))] {
        world.clock.set(second * 1000);
        world.mappings.change(&id, |observed| observed.last_result = Some("OK".to_owned()));
        world.pass("sink").await;
        assert_eq!(world.status("sink").await.last_processing_result.as_deref(), expected, "{second}");
    }
}

#[tokio::test]
async fn a_control_plane_that_begins_anew_changes_no_status() {
    let world = World::settled(json!({})).await;
    let id = world.only().id;
    world.mappings.change(&id, |observed| observed.last_result = Some("OK".to_owned()));
    world.clock.set(60_000);
    world.pass("sink").await;
    let before = world.status("sink").await;
    world.mappings.change(&id, |observed| {
        observed.state = State::Creating;
        observed.last_result = None;
    });
    world.clock.set(120_000);
    assert_eq!(world.pass("sink").await, Next::Resync);
    assert_eq!(world.status("sink").await, before);
    // A change that nobody has told of yet is one.
    world.mappings.change(&id, |observed| {
        observed.state = State::Updating;
        observed.mapping.last_modified.0 += 1_000;
    });
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "Updating", &["Reconciling"]).await;
}
