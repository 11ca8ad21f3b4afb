use partita_model::TableId;

use super::*;
use crate::row::build;

/// The row of an item, as far as a build looks at it.
fn row(place: &str) -> Vec<u8> {
    [&[0; TABLE_PREFIX_BYTES], place.as_bytes()].concat()
}

fn follows(state: &BuildState, place: &str, record: u64) -> bool {
    state.follows(&row(place), LogSequence(record))
}

#[test]
fn records_are_followed_from_where_the_build_stands() {
    let begun = BuildState::default();
    assert!(!follows(&begun, "a", 1) && !follows(&begun, "z", 99), "nothing is in the index");
    let first = begun.after_chunk(LogSequence(5), 2, Some(&row("f")));
    assert!(!follows(&first, "a", 5), "the chunk holds it");
    assert!(follows(&first, "a", 6) && follows(&first, "f", 6));
    assert!(!follows(&first, "g", 6), "a later chunk will hold it");
    let second = first.after_chunk(LogSequence(8), 1, Some(&row("k")));
    assert!(follows(&second, "f", 8), "was there before the chunk");
    assert!(!follows(&second, "g", 8) && follows(&second, "g", 9) && !follows(&second, "l", 9));
    let last = second.after_chunk(LogSequence(9), 1, None);
    assert!(follows(&last, "k", 9) && !follows(&last, "l", 9) && follows(&last, "z", 10));
    assert_eq!(last.told(), Build { scanned_items: 4, finished: true });
    let made_with_table = BuildState::of_empty_table();
    assert!(follows(&made_with_table, "a", 1));
}

#[test]
fn a_chunk_waits_for_the_cursor() {
    let state = BuildState::default();
    assert!(state.is_due(LogSequence(0)));
    assert_eq!(state.done(), None);
    let state = state.after_chunk(LogSequence(5), 2, Some(&row("f")));
    assert!(!state.is_due(LogSequence(4)) && state.is_due(LogSequence(5)));
    assert_eq!(state.done().map(AsRef::as_ref), Some(&b"f"[..]));
    assert!(!state.after_chunk(LogSequence(5), 0, None).is_due(LogSequence(5)));
}

/// These bytes are on disks.
#[test]
fn stored_form_never_changes() {
    let key = build(TableId(7));
    assert_eq!(key.as_ref(), b"\x08\0\0\0\0\0\0\0\x07");
    let first = BuildState::default().after_chunk(LogSequence(5), 258, Some(&row("fg")));
    let second = first.after_chunk(LogSequence(6), 1, Some(&row("k")));
    let expected = b"\x01\x00\0\0\0\0\0\0\x01\x03\0\0\0\0\0\0\0\x06\0\x02fgk";
    assert_eq!(second.encode().as_ref(), expected);
    for state in [BuildState::default(), BuildState::of_empty_table(), first, second.clone()] {
        assert_eq!(BuildState::decode(&key, &state.encode()).unwrap(), state);
    }
    assert!(BuildState::decode(&key, &second.encode().slice(..19)).is_err());
    assert!(BuildState::decode(&key, &second.encode().slice(..20)).is_err(), "the first end is cut");
    assert!(BuildState::decode(&key, &Bytes::from_static(b"\x02")).is_err());
}
