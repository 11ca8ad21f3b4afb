use partita_model::AttributeValue;

use super::*;

fn item(value: &str) -> Item {
    Item::from([("k".to_owned(), AttributeValue::S(value.to_owned()))])
}

fn record(old: Option<&str>, new: Option<&str>) -> ChangeRecord {
    ChangeRecord {
        at: UnixMillis(1_700_000_000_123),
        keys: item("k"),
        old: old.map(item),
        new: new.map(item),
    }
}

#[test]
fn records_come_back_as_they_were() {
    for record in [record(None, Some("b")), record(Some("a"), Some("b")), record(Some("a"), None)] {
        assert_eq!(ChangeRecord::decode(&record.encode()), Ok(record));
    }
}

/// Records are on disk until they are read.
#[test]
fn stored_form_is_the_documented_one() {
    let encoded = record(None, Some("b")).encode();
    let keys = StoredItem::of(&item("k")).as_bytes().clone();
    assert_eq!(encoded[..10], [1, 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0x7b, 2]);
    assert_eq!(encoded[10..14], (keys.len() as u32).to_be_bytes());
    assert_eq!(encoded[14..14 + keys.len()], keys);
}

#[test]
fn every_shortened_or_lengthened_record_is_refused() {
    let encoded = record(Some("a"), Some("b")).encode();
    for length in 0..encoded.len() {
        assert!(ChangeRecord::decode(&encoded[..length]).is_err(), "{length} bytes");
    }
    let longer = [&encoded[..], &[0]].concat();
    assert_eq!(ChangeRecord::decode(&longer), Err(ChangeError::Malformed));
}

#[test]
fn unknown_versions_and_flags_are_refused() {
    let mut encoded = record(Some("a"), Some("b")).encode().to_vec();
    encoded[9] = 4;
    assert_eq!(ChangeRecord::decode(&encoded), Err(ChangeError::Malformed));
    encoded[0] = 9;
    assert_eq!(ChangeRecord::decode(&encoded), Err(ChangeError::UnknownVersion));
}
