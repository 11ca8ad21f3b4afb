use partita_storage::KeyRange;

use super::*;

fn rows(index: u32, total: u32) -> KeyRange {
    segment_rows(TableId(3), Some(Segment { index, total }))
}

#[test]
fn segments_cut_the_table_without_gap_or_overlap() {
    let whole = segment_rows(TableId(3), None);
    for total in [1, 2, 3, 7, 1000, 999_983, 1_000_000] {
        assert!(rows(0, total).start() >= whole.start());
        assert_eq!(rows(0, total).start()[9..], [0; 16]);
        assert_eq!(rows(total - 1, total).end(), whole.end());
        for index in [0, 1, total / 2, total.saturating_sub(2)] {
            if index + 1 < total {
                assert_eq!(rows(index, total).end(), Some(rows(index + 1, total).start()));
            }
        }
    }
}

#[test]
fn segments_are_equal() {
    assert_eq!(segment_start(1, 2), 1 << 127);
    assert_eq!(segment_start(3, 4), 3 << 126);
    // A third of 2^128 rounded down, twice a third rounded down.
    assert_eq!(segment_start(1, 3), u128::MAX / 3);
    assert_eq!(segment_start(2, 3), u128::MAX / 3 * 2);
    assert_eq!(segment_start(0, 5), 0);
    let sizes = (0..6).map(|index| segment_start(index + 1, 7) - segment_start(index, 7));
    let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
    assert!(most - least <= 1);
}
