use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

const TABLE: TableId = TableId(7);

fn place(index: u64, row: &[u8], size_bytes: u32) -> Place {
    Place { row: space::table_key(TABLE_ROWS, TableId(index), row), size_bytes }
}

fn entry(index: u64, before: Option<Place>, after: Option<Place>) -> EntryMove {
    EntryMove { index: TableId(index), before, after, value: None }
}

fn moves(item: &[u8], entries: Vec<EntryMove>) -> ItemMoves {
    ItemMoves { item: space::table_key(TABLE_ROWS, TABLE, item), entries }
}

/// These bytes are on disks.
#[test]
fn records_never_change() {
    let moves = moves(
        b"item",
        vec![
            entry(9, None, Some(place(9, b"new", 5))),
            entry(10, Some(place(10, b"same", 6)), Some(place(10, b"same", 7))),
            entry(11, Some(place(11, b"from", 8)), Some(place(11, b"to", 9))),
            entry(12, Some(place(12, b"gone", 10)), None),
        ],
    );
    let expected = [
        "03",
        "0004",
        "6974656d",
        "0000000000000009",
        "02",
        "00000005",
        "0003",
        "6e6577",
        "000000000000000a",
        "07",
        "00000006",
        "00000007",
        "0004",
        "73616d65",
        "000000000000000b",
        "03",
        "00000008",
        "00000009",
        "0004",
        "66726f6d",
        "0002",
        "746f",
        "000000000000000c",
        "01",
        "0000000a",
        "0004",
        "676f6e65",
    ];
    let record = moves.encode();
    let hex: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected.concat());
    assert_eq!(ItemMoves::decode(TABLE, &record), Ok(Some(moves)));
}

#[test]
fn what_entries_hold_is_not_recorded() {
    let known =
        EntryMove { value: Some(Bytes::from_static(b"held")), ..entry(9, None, Some(place(9, b"a", 1))) };
    let unknown = EntryMove { value: None, ..known.clone() };
    let record = moves(b"i", vec![known]).encode();
    assert_eq!(ItemMoves::decode(TABLE, &record), Ok(Some(moves(b"i", vec![unknown]))));
}

#[test]
fn records_of_other_forms_are_told_apart() {
    for other in [&[][..], &[2, 1], &[4]] {
        assert_eq!(ItemMoves::decode(TABLE, &Bytes::copy_from_slice(other)), Ok(None));
    }
}

fn arbitrary_place(index: u64) -> impl Strategy<Value = Place> {
    (vec(any::<u8>(), 0..6), any::<u32>()).prop_map(move |(row, size)| place(index, &row, size))
}

fn arbitrary_entry() -> impl Strategy<Value = EntryMove> {
    (1..4u64).prop_flat_map(|index| {
        let places = (option::of(arbitrary_place(index)), option::of(arbitrary_place(index)), any::<bool>());
        places.prop_filter_map("no move", move |(before, mut after, in_place)| {
            if let (Some(before), Some(after)) = (&before, &mut after)
                && in_place
            {
                after.row = before.row.clone();
            }
            (before.is_some() || after.is_some()).then(|| entry(index, before, after))
        })
    })
}

proptest! {
    #[test]
    fn records_are_read_back(item in vec(any::<u8>(), 0..6), entries in vec(arbitrary_entry(), 0..5)) {
        let moves = moves(&item, entries);
        prop_assert_eq!(ItemMoves::decode(TABLE, &moves.encode()), Ok(Some(moves)));
    }

    /// Bytes that are cut, or anything at all, are refused or read as something else, and never more.
    #[test]
    fn damage_is_met_without_panic(
        entries in vec(arbitrary_entry(), 1..4),
        cut in any::<prop::sample::Index>(),
        noise in vec(any::<u8>(), 0..40),
    ) {
        let moves = moves(b"item", entries);
        let record = moves.encode();
        let cut = record.slice(..cut.index(record.len()));
        prop_assert_ne!(ItemMoves::decode(TABLE, &cut), Ok(Some(moves)));
        let noise = Bytes::from([&[ENTRIES_VERSION], noise.as_slice()].concat());
        if let Ok(Some(read)) = ItemMoves::decode(TABLE, &noise) {
            prop_assert_eq!(ItemMoves::decode(TABLE, &read.encode()), Ok(Some(read)));
        }
    }
}
