use bytes::Bytes;
use partita_model::clock::UnixMillis;
use partita_model::{AttributeValue, Item};
use partita_protocol::output::Answer;
use partita_storage::LogSequence;
use serde_json::{Value, json};

use super::*;
use crate::tests::support::table;

fn item(key: &str, more: Option<(&str, &str)>) -> StoredItem {
    let key = ("id".to_owned(), AttributeValue::S(key.to_owned()));
    let more = more.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    StoredItem::of(&[key].into_iter().chain(more).collect::<Item>())
}

fn record(change: &ChangeRecord, position: u64) -> Value {
    let mut table = table(1, "music", 1, None);
    table.key.hash.name = "id".to_owned();
    table.settings.uuid = "0b8b6f7e-0c8e-4b1c-9d57-4e2a3f6f1a11".to_owned();
    let recorder =
        Recorder { table: &table, view: StreamView::NewAndOldImages, region: &Arc::from("eu-central-1") };
    let payload: Bytes = change.encode();
    let entry = LogRecord {
        sequence: LogSequence(position),
        at: UnixMillis(1_700_000_000_999),
        payload,
        attachment: None,
    };
    recorder.record(&entry).unwrap().to_json()
}

/// Sizes that the service was seen to tell.
#[test]
fn sizes_are_those_of_the_key_and_of_each_image() {
    let fred = || Some(item("Fred", None));
    let named = || Some(item("Fred", Some(("name", "Fred"))));
    for (old, new, size) in [
        (None, fred(), 12),
        (None, Some(item("NewKey", None)), 16),
        (Some(item("NewKey", None)), None, 16),
        (fred(), named(), 26),
    ] {
        let record = record(&ChangeRecord { old, new, expired: false }, 1);
        assert_eq!(record["dynamodb"]["SizeBytes"], size, "{record}");
    }
}

#[test]
fn an_expired_item_was_removed_by_the_service() {
    let removed = |expired| record(&ChangeRecord { old: Some(item("Fred", None)), new: None, expired }, 1);
    let identity = json!({ "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com" });
    assert_eq!(removed(true)["userIdentity"], identity);
    assert_eq!(removed(true)["eventName"], "REMOVE");
    assert_eq!(removed(false).get("userIdentity"), None);
}

#[test]
fn ids_never_change() {
    let change = ChangeRecord { old: None, new: Some(item("Fred", None)), expired: false };
    let ids: Vec<_> = [1, 2].map(|position| record(&change, position)["eventID"].clone()).into();
    assert_eq!(json!(ids), json!(["81a56e541a3dc0a42bfd1952b5d1461a", "5053f135aaff4be99005928c1f4f871e"]));
}

#[test]
fn a_damaged_change_is_no_record() {
    let table = table(1, "music", 1, None);
    let recorder = Recorder { table: &table, view: StreamView::KeysOnly, region: &Arc::from("eu-central-1") };
    let payload = Bytes::from_static(b"nonsense");
    let entry = LogRecord { sequence: LogSequence(1), at: UnixMillis(0), payload, attachment: None };
    assert!(recorder.record(&entry).is_err());
}
