use std::collections::BTreeMap;

use bytes::Bytes;
use partita_model::clock::UnixMillis;
use proptest::prelude::*;

use super::*;

fn shape(lanes: usize, batch_size: usize, window_s: u64) -> Shape {
    Shape { lanes, batch_size, window: Duration::from_secs(window_s) }
}

fn event(position: u64, item: u64) -> Event {
    Event { position, at: UnixMillis(0), item, json: Bytes::from_static(b"{}") }
}

fn positions(ready: &Ready) -> Vec<u64> {
    ready.events.iter().map(|event| event.position).collect()
}

#[test]
fn a_lane_has_one_batch_under_way() {
    let now = Instant::now();
    let mut lanes = Lanes::new(shape(1, 2, 0), 0);
    for position in 1..=3 {
        lanes.push(event(position, 0), now);
    }
    let first = lanes.take(now).unwrap();
    assert_eq!(positions(&first), [1, 2]);
    assert!(lanes.take(now).is_none());
    lanes.finished(first.lane);
    assert_eq!(positions(&lanes.take(now).unwrap()), [3]);
}

#[test]
fn records_wait_for_a_full_batch_until_the_window_is_over() {
    let now = Instant::now();
    let mut lanes = Lanes::new(shape(1, 3, 10), 0);
    lanes.push(event(1, 0), now);
    lanes.push(event(2, 0), now + Duration::from_secs(4));
    assert_eq!(lanes.ready_at(), Some(now + Duration::from_secs(10)));
    assert!(lanes.take(now + Duration::from_millis(9999)).is_none());
    assert_eq!(positions(&lanes.take(now + Duration::from_secs(10)).unwrap()), [1, 2]);

    let mut full = Lanes::new(shape(1, 2, 10), 0);
    full.push(event(1, 0), now);
    full.push(event(2, 0), now);
    assert_eq!(positions(&full.take(now).unwrap()), [1, 2]);

    let mut over = Lanes::new(shape(1, 3, 10), 0);
    over.push(event(1, 0), now);
    over.end();
    assert_eq!(positions(&over.take(now).unwrap()), [1], "nothing more comes");
}

#[test]
fn the_cursor_is_before_what_any_lane_has_not_finished() {
    let now = Instant::now();
    let mut lanes = Lanes::new(shape(2, 2, 0), 5);
    assert_eq!(lanes.cursor(), 5);
    for (position, item) in [(6, 0), (7, 1), (9, 0), (10, 1)] {
        lanes.push(event(position, item), now);
    }
    lanes.pass(12);
    assert_eq!((lanes.cursor(), lanes.read()), (5, 12));
    let (even, odd) = (lanes.take(now).unwrap(), lanes.take(now).unwrap());
    assert!(even.progress.set(Some(9)));
    assert_eq!(lanes.cursor(), 6, "the other lane has not finished 7");
    odd.progress.set(None);
    assert_eq!(lanes.cursor(), 8);
    assert!(!even.progress.set(Some(9)), "no news");
    lanes.finished(odd.lane);
    assert_eq!(lanes.cursor(), 8);
    even.progress.set(None);
    lanes.finished(even.lane);
    assert_eq!(lanes.cursor(), 12);
    assert!(lanes.is_empty());
}

#[test]
fn a_delivery_stays_below_the_payload_limit() {
    let now = Instant::now();
    let large = Bytes::from(vec![b'x'; PAYLOAD_BYTES_MAX / 2]);
    let mut lanes = Lanes::new(shape(1, 100, 300), 0);
    for position in 1..=3 {
        lanes.push(Event { json: large.clone(), ..event(position, 0) }, now);
    }
    assert!(!lanes.has_room());
    let first = lanes.take(now).unwrap();
    assert_eq!(positions(&first), [1], "two and what joins them are too much");
    lanes.finished(first.lane);

    let mut huge = Lanes::new(shape(1, 100, 0), 0);
    huge.push(Event { json: vec![b'x'; 2 * PAYLOAD_BYTES_MAX].into(), ..event(1, 0) }, now);
    assert_eq!(positions(&huge.take(now).unwrap()), [1], "what is too large alone is delivered all the same");
}

proptest! {
    /// However batches are formed and finished: an item's records come out in order, each once, never two batches of a lane at a
    /// time, and the cursor is exactly before the first record that is not finished.
    #[test]
    fn items_keep_their_order(
        items in proptest::collection::vec(0_u64..6, 1..80), lanes in 1_usize..5, batch_size in 1_usize..6,
        actions in proptest::collection::vec((0_u8..3, 0_usize..8), 0..300),
    ) {
        let now = Instant::now();
        let mut lanes = Lanes::new(shape(lanes, batch_size, 0), 0);
        let mut incoming = items.iter().enumerate().map(|(index, item)| event(index as u64 + 1, *item));
        let mut under_way: Vec<Ready> = Vec::new();
        let mut unfinished: std::collections::BTreeSet<u64> = (1..=items.len() as u64).collect();
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        let drain = std::iter::repeat_n([(0, 0), (1, 0), (2, 0)], 200).flatten();
        for (action, choice) in actions.into_iter().chain(drain) {
            match action {
                0 => if let Some(event) = incoming.next() { lanes.push(event, now) },
                1 => if let Some(ready) = lanes.take(now) {
                    prop_assert!(ready.events.len() <= batch_size);
                    prop_assert!(under_way.iter().all(|other| other.lane != ready.lane));
                    for event in &ready.events {
                        let last = seen.insert(event.item, event.position);
                        prop_assert!(last.is_none_or(|last| last < event.position));
                    }
                    under_way.push(ready);
                },
                _ => if !under_way.is_empty() {
                    let ready = under_way.remove(choice % under_way.len());
                    ready.progress.set(None);
                    lanes.finished(ready.lane);
                    for event in ready.events { unfinished.remove(&event.position); }
                },
            }
            let first = unfinished.first().map_or(lanes.read(), |first| first - 1);
            prop_assert_eq!(lanes.cursor(), first.min(lanes.read()));
        }
        prop_assert!(lanes.is_empty() && unfinished.is_empty());
    }
}
