//! Rows that cannot be read.

use std::time::Duration;

use bytes::Bytes;
use partita_mapping::{Mapping, MappingId, Settings};
use partita_model::TableId;
use partita_storage::{KeyRange, Order, Visibility, WriteBatch, space};

use super::support::{ID, World, id, mapping};

const OTHER: &str = "24e0db71-5d35-4eb5-b481-8945cf9d10c2";

fn row(rest: &str) -> Bytes {
    space::table_key(space::MAPPINGS, TableId(0), rest.as_bytes())
}

/// The number of rows whose names begin so.
async fn rows(world: &World, prefix: &str) -> usize {
    let snapshot = world.engine.shard().store().snapshot(Visibility::Applied).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::prefix(row(prefix)), Order::Ascending).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

async fn write(world: &World, rest: &str, value: &'static [u8]) {
    let mut batch = WriteBatch::new();
    batch.put(row(rest), Bytes::from_static(value));
    world.engine.shard().commit(batch, Vec::new()).await.unwrap().durable().await.unwrap();
}

/// A world in which a mapping has delivered `a=1`, and then `b"\x09?"` stands in its place.
async fn damaged() -> World {
    let mut world = World::mapped(Settings::default()).await;
    let disabled = Settings { enabled: false, ..Settings::default() };
    world.put("a", 1).await;
    world.delivered(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.apply(Mapping { id: MappingId::parse(OTHER).unwrap(), ..mapping(1, disabled) }).await;
    world.dispatcher().stop().await;
    write(&world, ID, b"\x09?").await;
    world.crash().await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_cannot_be_read_stops_no_other() {
    let world = damaged().await;
    let known: Vec<_> = world.dispatcher().list().iter().map(|mapping| mapping.id.to_string()).collect();
    assert_eq!(known, [OTHER]);
    assert_eq!(world.dispatcher().status(&id()), None);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_is_told_again_goes_on_where_it_was() {
    let mut world = damaged().await;
    world.crash().await;
    assert_eq!(rows(&world, ID).await, 3, "itself, its beginning, and how far it came in one shard");
    world.put("a", 2).await;
    world.apply(mapping(1, Settings::default())).await;
    world.delivered(1).await;
    assert_eq!(world.target().changes(), [["a=1"], ["a=2"]], "nothing is delivered again");
    world.crash().await;
    assert_eq!(world.dispatcher().list().len(), 2, "and it can be read again");
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_cannot_be_read_can_be_removed() {
    let world = damaged().await;
    world.dispatcher().remove(&id()).await.unwrap();
    assert_eq!((rows(&world, ID).await, rows(&world, OTHER).await), (0, 1));
}
