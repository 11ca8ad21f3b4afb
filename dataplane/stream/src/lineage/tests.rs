use super::*;

const TABLE: TableId = TableId(7);
const LABEL: &str = "2026-10-08T23:20:48.000";

/// What touches: names aside, the ranges of all shards.
fn ranges(lineage: &Lineage, closed_at: Option<u64>) -> Vec<(u64, Option<u64>, bool)> {
    lineage.extents(closed_at).map(|shard| (shard.first, shard.end, shard.closed)).collect()
}

fn continued(mut lineage: Lineage, end: u64, now: u64) -> Lineage {
    lineage.begin_to_end(end);
    lineage.continued(TABLE, LABEL, UnixMillis(now))
}

#[test]
fn the_first_shard_is_always_the_same() {
    let lineage = Lineage::new(TABLE, LABEL, 41);
    assert_eq!(lineage, Lineage::new(TABLE, LABEL, 41));
    let ids: Vec<_> = lineage.extents(None).map(|shard| shard.id.as_str().to_owned()).collect();
    assert_eq!(ids, ["shardId-00000001791501648000-37ace518"]);
    assert_eq!(ranges(&lineage, None), [(42, None, false)]);
    assert_eq!(ranges(&lineage, Some(50)), [(42, Some(50), true)]);
}

#[test]
fn an_end_is_kept_to_before_it_is_told() {
    let mut lineage = Lineage::new(TABLE, LABEL, 0);
    lineage.begin_to_end(5);
    assert_eq!(ranges(&lineage, None), [(1, Some(5), false)]);
    let next = lineage.continued(TABLE, LABEL, UnixMillis(0));
    assert_eq!(ranges(&next, None), [(1, Some(5), true), (6, None, false)]);
}

#[test]
fn names_grow_even_when_the_clock_does_not() {
    let mut lineage = Lineage::new(TABLE, LABEL, 0);
    for (end, now) in [(1, 0), (2, 1_791_501_648_000), (3, 1_791_501_648_000), (4, u64::from(u32::MAX))] {
        lineage = continued(lineage, end, now);
    }
    let shards: Vec<_> = lineage.extents(None).collect();
    for (parent, child) in shards.iter().zip(&shards[1..]) {
        assert!(child.id > parent.id, "{child:?}");
        assert_eq!(child.parent, Some(parent.id));
    }
}

#[test]
fn a_shard_goes_with_its_last_record_and_the_open_one_never() {
    let lineage = continued(continued(Lineage::new(TABLE, LABEL, 0), 5, 0), 9, 0);
    for (cursor, left) in [(0, 3), (4, 3), (5, 2), (8, 2), (9, 1), (100, 1)] {
        assert_eq!(lineage.trimmed(cursor).extents(None).count(), left, "{cursor}");
    }
}

#[test]
fn lineages_are_read_back_without_what_is_not_durable() {
    let mut lineage = continued(Lineage::new(TABLE, LABEL, 0), 5, 0);
    lineage.ended = Some(UnixMillis(9));
    let stored = lineage.encode();
    assert_eq!(Lineage::decode(&stored), Some(lineage.clone()));
    lineage.begin_to_end(8);
    assert_eq!(lineage.encode(), stored);
    for damaged in [&b""[..], b"\x01", b"\x02{}", b"\x01{\"shards\":[]}"] {
        assert_eq!(Lineage::decode(damaged), None, "{damaged:?}");
    }
}

#[test]
fn stored_lineages_never_change() {
    let lineage = continued(Lineage::new(TABLE, LABEL, 0), 5, 1_791_501_649_000);
    let shards = [
        r#"{"id":"shardId-00000001791501648000-37ace518","parent":null,"first":1,"created":1791501648000}"#,
        r#"{"id":"shardId-00000001791501649000-8baf62f8","parent":"shardId-00000001791501648000-37ace518","first":6,"created":1791501649000}"#,
    ];
    let stored = format!("\u{1}{{\"shards\":[{}],\"ended\":null}}", shards.join(","));
    assert_eq!(String::from_utf8_lossy(&lineage.encode()), stored);
}

#[test]
fn labels_say_when_a_stream_was_asked_for() {
    assert_eq!(created("2026-10-08T23:20:48.123"), Some(UnixMillis(1_791_501_648_123)));
    assert_eq!(created("1969-12-31T23:59:59.999"), None);
    assert_eq!(created("a label"), None);
}
