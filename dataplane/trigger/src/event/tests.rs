use std::sync::Arc;

use partita_model::AttributeValue;
use partita_model::descriptor::StreamView;
use partita_protocol::output::EventName;
use partita_protocol::stream::SequenceNumber;
use serde_json::{Value, json};

use super::*;

const STREAM: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";

fn record(key: &str, expired: bool) -> Record {
    let item = |text: &str| Item::from([("p".to_owned(), AttributeValue::S(text.to_owned()))]);
    Record {
        event_id: 7,
        event_name: EventName::Remove,
        region: Arc::from("eu-central-1"),
        expired,
        created: UnixMillis(1_791_501_648_999),
        keys: item(key).into(),
        new_image: None,
        old_image: Some(item(key).into()),
        sequence_number: SequenceNumber::of(12),
        size_bytes: 2,
        view: StreamView::NewAndOldImages,
    }
}

fn event(key: &str, expired: bool) -> Event {
    Event::new(record(key, expired), &StreamArn::as_given(STREAM))
}

#[test]
fn functions_get_records_in_lambdas_form() {
    let event = event("a", true);
    assert_eq!((event.position, event.at), (12, UnixMillis(1_791_501_648_999)));
    let expected = json!({
        "eventID": "00000000000000000000000000000007",
        "eventName": "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_791_501_648,
            "Keys": {"p": {"S": "a"}},
            "OldImage": {"p": {"S": "a"}},
            "SequenceNumber": "100000000000000000012",
            "SizeBytes": 2,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "eventSourceARN": STREAM,
    });
    assert_eq!(serde_json::from_slice::<Value>(&event.json).unwrap(), expected);
}

#[test]
fn a_callers_delete_names_nobody() {
    let json: Value = serde_json::from_slice(&event("a", false).json).unwrap();
    assert!(json.get("userIdentity").is_none());
}

#[test]
fn a_payload_is_a_list_of_records() {
    let events = [event("a", false), event("b", true)];
    let payload: Value = serde_json::from_slice(&payload(&events)).unwrap();
    let records: Vec<Value> =
        events.iter().map(|event| serde_json::from_slice(&event.json).unwrap()).collect();
    assert_eq!(payload, json!({ "Records": records }));
}

#[test]
fn records_of_an_item_are_told_apart_from_those_of_others() {
    assert_eq!(event("a", false).item, event("a", true).item);
    assert_ne!(event("a", false).item, event("b", false).item);
}

#[test]
fn times_are_told_as_texts() {
    assert_eq!(rfc3339(UnixMillis(1_791_501_648_250)), "2026-10-08T23:20:48.25Z");
}
