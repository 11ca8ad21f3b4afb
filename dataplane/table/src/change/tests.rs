use partita_model::AttributeValue;

use super::*;

fn item(value: &str) -> StoredItem {
    StoredItem::of(&Item::from([("k".to_owned(), AttributeValue::S(value.to_owned()))]))
}

fn record(old: Option<&str>, new: Option<&str>) -> ChangeRecord {
    ChangeRecord { old: old.map(item), new: new.map(item), expired: false }
}

#[test]
fn records_come_back_as_they_were() {
    let expired = ChangeRecord { expired: true, ..record(Some("a"), None) };
    for record in [record(None, Some("b")), record(Some("a"), Some("b")), record(Some("a"), None), expired] {
        assert_eq!(ChangeRecord::decode(&record.encode()), Ok(record));
    }
}

/// Records are on disk until they are read.
#[test]
fn stored_form_is_the_documented_one() {
    let (old, new) = (item("a"), item("b"));
    let encoded = record(Some("a"), Some("b")).encode();
    let length = (old.as_bytes().len() as u32).to_be_bytes();
    assert_eq!(encoded, [&[2, 3][..], &length, old.as_bytes(), new.as_bytes()].concat());
    assert_eq!(record(None, Some("b")).encode(), [&[2, 2][..], new.as_bytes()].concat());
}

#[test]
fn every_shortened_or_lengthened_record_is_refused() {
    for encoded in [record(Some("a"), Some("b")).encode(), record(Some("a"), None).encode()] {
        for length in 0..encoded.len() {
            assert!(ChangeRecord::decode(&encoded.slice(..length)).is_err(), "{length} bytes");
        }
        let longer = Bytes::from([&encoded[..], &[0]].concat());
        assert!(ChangeRecord::decode(&longer).is_err());
    }
}

#[test]
fn unknown_versions_and_flags_are_refused() {
    let encoded = record(Some("a"), Some("b")).encode();
    let with = |at: usize, byte: u8| {
        let mut changed = encoded.to_vec();
        changed[at] = byte;
        ChangeRecord::decode(&changed.into())
    };
    for flags in [0, 4, 11] {
        assert_eq!(with(1, flags), Err(ChangeError::Malformed));
    }
    assert_eq!(with(0, 9), Err(ChangeError::UnknownVersion));
    assert_eq!(with(0, 1), Err(ChangeError::UnknownVersion));
}
