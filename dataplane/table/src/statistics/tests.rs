use super::*;

#[test]
fn value_has_one_figure_for_the_table_and_each_index() {
    let mut change = TallyChange::default();
    change.item(None, Some(10));
    change.index_entry(1, None, Some(4));
    assert_eq!(change.bytes(), 110 + 104);
    let tally = Tally::default().changed(&change).unwrap();
    assert_eq!(tally.table(), Statistics { item_count: 1, size_bytes: 110 });
    assert_eq!(tally.index(0), Statistics::default());
    assert_eq!(tally.index(1), Statistics { item_count: 1, size_bytes: 104 });

    let value = tally.value(2);
    assert_eq!(value.len(), 1 + 3 * 16);
    assert_eq!(value[..17], [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 110]);
    assert_eq!(Tally::read(b"k", &value).unwrap(), tally);
}

#[test]
fn replacing_changes_bytes_and_not_counts() {
    let mut put = TallyChange::default();
    put.item(None, Some(10));
    let mut replace = TallyChange::default();
    replace.item(Some(10), Some(3));
    let tally = Tally::default().changed(&put).and_then(|tally| tally.changed(&replace)).unwrap();
    assert_eq!(tally.table(), Statistics { item_count: 1, size_bytes: 103 });
}

#[test]
fn figures_below_zero_are_corruption() {
    let mut delete = TallyChange::default();
    delete.item(Some(1), None);
    assert_eq!(Tally::default().changed(&delete), None);
}

#[test]
fn malformed_values_are_refused() {
    let value = Tally::default().value(0);
    for bad in [&value[..0], &value[..1], &value[..16], &[2; 17], &[1; 1 + 7 * 16]] {
        assert!(matches!(Tally::read(b"k", bad), Err(Error::CorruptRow { .. })), "{bad:?}");
    }
}

#[test]
fn stripes_are_ranges_of_hashes() {
    let of = |first: u8| stripe_of([first; 16]);
    assert_eq!((of(0), of(3), of(4), of(255)), (0, 0, 1, STRIPES - 1));
    assert!((0..255).all(|first| of(first) <= of(first + 1)));
}
