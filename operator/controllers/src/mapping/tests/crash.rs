//! Processes that end in the midst of a pass: no mapping is left behind, and none is made twice.

use super::*;

/// The object `sink` of a table, whose first mapping is made when the process ends.
async fn begun(crash: Crash) -> World {
    let mut world = World::with_table().await;
    world.apply(&mapping("sink", json!({}))).await;
    world.crash(crash, "sink").await;
    world.assert_state("sink", "Creating", &["Reconciling"]).await;
    assert!(world.status("sink").await.uuid.is_some());
    world
}

/// Two points: before and after a mapping is made.
const CREATION: [Crash; 2] = [Crash::Before("create"), Crash::After("create")];

/// No Table object is there any more.
struct NoTables;

#[async_trait]
impl References for NoTables {
    async fn table_name(&self, _namespace: &str, _name: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_mapping_is_made_once() {
    for crash in CREATION {
        let world = begun(crash).await;
        assert_eq!(world.pass("sink").await, Next::Resync);
        world.assert_state("sink", "Settled", &["Ready"]).await;
        let Mapping { id, settings, .. } = world.only();
        assert_eq!(world.status("sink").await.uuid.as_deref(), Some(id.as_str()));
        assert_eq!(settings.starting_position, StartingPosition::Latest);
    }
}

#[tokio::test]
async fn a_mapping_takes_a_target_that_was_changed_meanwhile() {
    for crash in CREATION {
        let world = begun(crash).await;
        world.apply(&mapping("sink", json!({"target": {"url": "http://other.example"}}))).await;
        assert_eq!(world.pass("sink").await, Next::Resync);
        assert_eq!(world.only().target.name(), "http://other.example");
        world.assert_state("sink", "Settled", &["Ready"]).await;
    }
}

#[tokio::test]
async fn a_mapping_goes_with_its_object_after_its_table() {
    for crash in CREATION {
        let mut world = begun(crash).await;
        world.reconciler = world.reconciler_with(Arc::new(NoTables));
        world.delete("sink").await;
        assert_eq!(world.pass("sink").await, Next::Gone);
        assert!(world.is_gone("sink").await && world.mappings.all().is_empty(), "{crash:?}");
    }
}

#[tokio::test]
async fn a_mapping_whose_table_is_gone_is_kept_in_mind() {
    let mut world = begun(Crash::After("create")).await;
    world.reconciler = world.reconciler_with(Arc::new(NoTables));
    assert_eq!(world.pass("sink").await, Next::Poll);
    world.assert_state("sink", "ReferenceNotFound", &["Reconciling"]).await;
    world.delete("sink").await;
    assert_eq!(world.pass("sink").await, Next::Gone);
    assert!(world.mappings.all().is_empty());
}

#[tokio::test]
async fn a_new_stream_is_followed_from_its_beginning() {
    let mut world = begun(Crash::After("create")).await;
    world.mappings.stream("orders", SECOND);
    world.crash(Crash::After("delete"), "sink").await;
    assert!(world.mappings.all().is_empty());
    assert_eq!(world.pass("sink").await, Next::Resync);
    let Mapping { source, settings, .. } = world.only();
    assert_eq!((source, settings.starting_position), (stream(SECOND), StartingPosition::TrimHorizon));
    world.assert_state("sink", "Moved", &["Ready"]).await;
}

#[tokio::test]
async fn a_move_goes_on_where_it_ended() {
    for crash in [Crash::After("delete"), Crash::Before("create"), Crash::After("create")] {
        let mut world = World::settled(json!({})).await;
        world.mappings.stream("orders", SECOND);
        world.crash(crash, "sink").await;
        assert_eq!(world.pass("sink").await, Next::Resync);
        let Mapping { id, source, settings, .. } = world.only();
        assert_eq!(
            (source, settings.starting_position),
            (stream(SECOND), StartingPosition::TrimHorizon),
            "{crash:?}"
        );
        assert_eq!(world.status("sink").await.uuid.as_deref(), Some(id.as_str()));
        world.assert_state("sink", "Moved", &["Ready"]).await;
    }
}

/// Its mapping is made again when the process ends, and the object goes before the next one looks.
#[tokio::test]
async fn a_mapping_that_is_made_again_goes_too() {
    for crash in CREATION {
        let mut world = World::settled(json!({})).await;
        world.mappings.drop_mapping(&world.only().id);
        world.crash(crash, "sink").await;
        world.reconciler = world.reconciler_with(Arc::new(NoTables));
        world.delete("sink").await;
        assert_eq!(world.pass("sink").await, Next::Gone);
        assert!(world.mappings.all().is_empty(), "{crash:?}");
    }
}
