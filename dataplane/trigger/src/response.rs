//! What a target says about the records of a delivery.

use serde::Deserialize;

use crate::event::Event;
use partita_protocol::stream::SequenceNumber;

/// What became of a delivery's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of them were taken.
    Taken,
    /// Those before this index were taken, and the rest is to be delivered again.
    TakenBefore(usize),
    /// None of them was, as far as anybody knows.
    Failed,
}

/// The form in which failed records are told.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    batch_item_failures: Option<Vec<ItemFailure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: Option<String>,
}

/// Reads a response of a target that tells which records failed. The first failed one is where to go on: order forbids to go on
/// behind it. A response that names what was not delivered, or cannot be read, says that everything failed, as with Lambda.
pub(crate) fn verdict(body: &[u8], events: &[Event]) -> Verdict {
    let body = body.trim_ascii();
    if body.is_empty() || body == b"null" || body == b"\"\"" {
        return Verdict::Taken;
    }
    let Ok(response) = serde_json::from_slice::<Response>(body) else { return Verdict::Failed };
    let mut first: Option<usize> = None;
    for failure in response.batch_item_failures.unwrap_or_default() {
        let index = failure.item_identifier.and_then(|number| {
            events.iter().position(|event| SequenceNumber::of(event.position).to_string() == number)
        });
        let Some(index) = index else { return Verdict::Failed };
        first = Some(first.map_or(index, |first| first.min(index)));
    }
    first.map_or(Verdict::Taken, Verdict::TakenBefore)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use partita_model::clock::UnixMillis;

    use super::*;

    #[test]
    fn the_first_failure_is_where_to_go_on() {
        let event = |position| Event { position, at: UnixMillis(0), item: 0, json: Bytes::new() };
        let events: Vec<_> = (7..10).map(event).collect();
        let number = |position| SequenceNumber::of(position).to_string();
        let failures = |numbers: &[String]| {
            let failures: Vec<_> =
                numbers.iter().map(|number| serde_json::json!({"itemIdentifier": number})).collect();
            serde_json::json!({ "batchItemFailures": failures }).to_string()
        };
        for (body, expected) in [
            (String::new(), Verdict::Taken),
            ("null".to_owned(), Verdict::Taken),
            ("{}".to_owned(), Verdict::Taken),
            (r#"{"batchItemFailures":null}"#.to_owned(), Verdict::Taken),
            (failures(&[]), Verdict::Taken),
            (failures(&[number(9), number(8)]), Verdict::TakenBefore(1)),
            (failures(&[number(7)]), Verdict::TakenBefore(0)),
            (failures(&[number(8), number(10)]), Verdict::Failed),
            (failures(&[String::new()]), Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#.to_owned(), Verdict::Failed),
            (r#"{"batchItemFailures":[{"other":"x"}]}"#.to_owned(), Verdict::Failed),
            (r#"{"batchItemFailures":"x"}"#.to_owned(), Verdict::Failed),
            ("[1]".to_owned(), Verdict::Failed),
            ("not json".to_owned(), Verdict::Failed),
        ] {
            assert_eq!(verdict(body.as_bytes(), &events), expected, "{body}");
        }
    }
}
