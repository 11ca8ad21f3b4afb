use super::*;

#[test]
fn prefix_ranges_end_behind_the_last_key_with_the_prefix() {
    assert_eq!(KeyRange::prefix(&b"a\x01"[..]).end().map(Bytes::as_ref), Some(&b"a\x02"[..]));
    assert_eq!(KeyRange::prefix(&b"a\xff\xff"[..]).end().map(Bytes::as_ref), Some(&b"b"[..]));
    assert_eq!(KeyRange::prefix(&b"\xff\xff"[..]).end(), None);
    assert_eq!(KeyRange::prefix(Bytes::new()), KeyRange::all());
}

#[test]
fn after_and_before_exclude_the_key_and_never_widen() {
    let range = KeyRange::new(&b"b"[..], &b"y"[..]);
    let after = range.clone().after(b"c");
    assert!(!after.contains(b"c") && after.contains(b"c\0") && !after.contains(b"bz"));
    assert_eq!(range.clone().after(b"a"), range);
    let before = range.clone().before(b"c");
    assert!(!before.contains(b"c") && before.contains(b"bz"));
    assert_eq!(range.clone().before(b"z"), range);
    assert!(range.clone().after(b"y").is_empty());
    assert!(KeyRange::new(&b"b"[..], &b"b"[..]).is_empty());
}

#[test]
fn batches_that_an_engine_could_not_store_are_refused() {
    let mut empty_key = WriteBatch::new();
    empty_key.put(Bytes::new(), Bytes::new());
    let mut long_key = WriteBatch::new();
    long_key.delete(vec![0; KEY_BYTES_MAX + 1]);
    let mut long_value = WriteBatch::new();
    long_value.put(vec![1], vec![0; VALUE_BYTES_MAX + 1]);
    for batch in [empty_key, long_key, long_value] {
        assert!(matches!(batch.check(), Err(Error::InvalidBatch { .. })));
    }
    let mut largest = WriteBatch::new();
    largest.put(vec![0; KEY_BYTES_MAX], vec![0; VALUE_BYTES_MAX]);
    assert!(largest.check().is_ok());
}
