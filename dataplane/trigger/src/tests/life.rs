use std::time::Duration;

use partita_mapping::limits::MAPPINGS_MAX;
use partita_mapping::{MappingId, Settings, StartingPosition};
use partita_stream::StreamOptions;

use super::support::{World, failed, id, mapping, ok, table};
use crate::Error;

fn latest() -> Settings {
    Settings { starting_position: StartingPosition::Latest, ..Settings::default() }
}

#[tokio::test(start_paused = true)]
async fn a_mapping_begins_where_it_was_asked_to() {
    for (settings, expected) in [(Settings::default(), vec!["a=1", "a=2"]), (latest(), vec!["a=2"])] {
        let mut world = World::new().await;
        world.dispatch().await;
        world.put("a", 1).await;
        world.apply(mapping(1, settings)).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.put("a", 2).await;
        world.delivered(expected.len() as u64).await;
        assert_eq!(world.target().changes().concat(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn latest_is_when_the_mapping_began_and_not_when_the_process_did() {
    let mut world = World::new().await;
    world.dispatch().await;
    world.put("a", 1).await;
    world.apply(mapping(1, latest())).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.target().answers(|_, _| failed());
    world.put("a", 2).await;
    world.answered(1).await;
    world.target().answers(|_, _| ok());
    world.crash().await;
    world.delivered(1).await;
    assert!(world.target().changes().iter().all(|changes| changes == &["a=2"]));
}

#[tokio::test(start_paused = true)]
async fn a_mapping_goes_on_where_it_was_after_a_restart() {
    let mut world = World::mapped(Settings::default()).await;
    world.put("a", 1).await;
    world.delivered(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.dispatcher().stop().await;
    world.crash().await;
    world.put("a", 2).await;
    world.delivered(1).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=2"]]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_mapping_waits_and_loses_nothing() {
    let world = World::mapped(Settings::default()).await;
    world.put("a", 1).await;
    world.delivered(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.apply(mapping(2, Settings { enabled: false, ..Settings::default() })).await;
    world.put("a", 2).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let status = world.dispatcher().status(&id()).unwrap();
    assert_eq!((status.enabled, status.generation, status.delivered), (false, 2, 1));
    assert_eq!(world.target().changes(), [["a=1"]]);
    world.apply(mapping(3, Settings::default())).await;
    world.delivered(2).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=2"]]);
}

#[tokio::test(start_paused = true)]
async fn only_newer_generations_are_carried_out() {
    let world = World::mapped(Settings::default()).await;
    world.apply(mapping(3, Settings { batch_size: 7, ..Settings::default() })).await;
    world.apply(mapping(2, Settings { batch_size: 9, ..Settings::default() })).await;
    let kept = world.dispatcher().list();
    assert_eq!((kept.len(), kept[0].generation, kept[0].settings.batch_size), (1, 3, 7));
}

#[tokio::test(start_paused = true)]
async fn a_removed_mapping_is_forgotten() {
    let mut world = World::mapped(Settings::default()).await;
    world.put("a", 1).await;
    world.delivered(1).await;
    world.dispatcher().remove(&id()).await.unwrap();
    world.dispatcher().remove(&id()).await.unwrap();
    world.apply(mapping(2, Settings::default())).await;
    assert_eq!(world.dispatcher().status(&id()), None, "an ID is used once");
    world.crash().await;
    assert!(world.dispatcher().list().is_empty());
    // Nothing is left of it.
    world.apply(mapping(1, Settings::default())).await;
    world.delivered(1).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_node_has_so_many_mappings_and_no_more() {
    let mut world = World::new().await;
    world.dispatch().await;
    let numbered = |number: usize| {
        let id = MappingId::parse(&format!("14e0db71-5d35-4eb5-b481-{number:012x}")).unwrap();
        partita_mapping::Mapping { id, ..mapping(1, Settings { enabled: false, ..Settings::default() }) }
    };
    for number in 0..MAPPINGS_MAX {
        world.apply(numbered(number)).await;
    }
    let refused = world.dispatcher().apply(numbered(MAPPINGS_MAX)).await;
    assert!(matches!(refused, Err(Error::TooMany { limit: MAPPINGS_MAX, .. })));
    world.apply(partita_mapping::Mapping { generation: 2, ..numbered(0) }).await;
}

#[tokio::test(start_paused = true)]
async fn a_mapping_waits_for_a_stream_that_is_not_there() {
    let mut world = World::new().await;
    world.engine.drop_table(partita_model::TableId(1)).await.unwrap();
    world.dispatch().await;
    world.apply(mapping(1, Settings::default())).await;
    let problem = Some("PROBLEM: The stream was not found".to_owned());
    world.until("a problem", |world| world.dispatcher().status(&id()).unwrap().last_result == problem).await;
}

#[tokio::test(start_paused = true)]
async fn children_are_begun_when_their_parents_are_finished() {
    let mut world = World::with(StreamOptions { shard_records_max: 3, ..StreamOptions::default() }).await;
    world.dispatch().await;
    // The first delivery fails a few times: nothing of a child may come before it is taken.
    world.target().answers(|number, _| if number < 4 { failed() } else { ok() });
    world.apply(mapping(1, Settings::default())).await;
    for value in 0..10 {
        world.put("a", value).await;
        world.streams.tend().await.unwrap();
    }
    world.delivered(10).await;
    let taken: Vec<_> = world.target().seen().into_iter().filter(|seen| seen.reply == Some(ok())).collect();
    let taken: Vec<_> = taken.into_iter().flat_map(|seen| seen.changes).collect();
    assert_eq!(taken, (0..10).map(|value| format!("a={value}")).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_disabled_is_read_to_its_end() {
    let mut world = World::new().await;
    world.put("a", 1).await;
    world.engine.apply(table(2, false)).await.unwrap();
    world.put("a", 2).await;
    world.streams.tend().await.unwrap();
    world.dispatch().await;
    world.apply(mapping(1, Settings::default())).await;
    world.delivered(1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.target().changes(), [["a=1"]]);
    world.crash().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.target().changes(), [["a=1"]], "a finished shard is not read again");
}

#[tokio::test(start_paused = true)]
async fn records_that_are_gone_are_passed() {
    let options = StreamOptions { retention: Duration::from_secs(100), ..StreamOptions::default() };
    let mut world = World::with(options).await;
    world.dispatch().await;
    world.apply(mapping(1, Settings { batch_size: 1, ..Settings::default() })).await;
    world.put("a", 1).await;
    world.delivered(1).await;
    world.apply(mapping(2, Settings { enabled: false, ..Settings::default() })).await;
    world.put("a", 2).await;
    tokio::time::sleep(Duration::from_secs(200)).await;
    world.put("a", 3).await;
    world.streams.tend().await.unwrap();
    world.apply(mapping(3, Settings { batch_size: 1, ..Settings::default() })).await;
    world.delivered(2).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=3"]]);
}
