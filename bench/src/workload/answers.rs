//! Whether an answer is what was asked for. A service that answers quickly and wrongly is not fast.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{BATCH_ITEMS, QUERY_ITEMS, TRANSACT_ITEMS, Workload};

/// [`QUERY_ITEMS`] as a length.
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
const QUERY_LENGTH: usize = QUERY_ITEMS as usize;

/// What a successful answer brought or confirmed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Items read or written.
    pub(crate) items: u64,
    /// `LastEvaluatedKey` of a scan's page.
    pub(crate) last_key: Option<String>,
}

/// A page of a scan, as far as it is of interest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScanPage<'a> {
    count: u64,
    #[serde(borrow)]
    last_evaluated_key: Option<&'a RawValue>,
    #[serde(rename = "Items")]
    _items: IgnoredAny,
}

impl Page {
    /// Reads the body of an answer with status 200. An error says what is missing, and is counted under these words.
    ///
    /// Values hold no character that JSON escapes, so that a body with all of an item's bytes is at least as long as the item; reading
    /// more than its length would cost the client as much as writing it cost the server.
    pub(crate) fn read(workload: Workload, item_bytes: usize, body: &[u8]) -> Result<Self, &'static str> {
        let all = |items| Ok(Self { items, last_key: None });
        match workload {
            Workload::Put | Workload::GsiWrite | Workload::Update => all(1),
            Workload::TransactWrite => all(TRANSACT_ITEMS),
            Workload::Get if body.len() < item_bytes => Err("item missing"),
            Workload::Get => all(1),
            Workload::Query if body.len() < item_bytes.saturating_mul(QUERY_LENGTH) => Err("items missing"),
            Workload::Query => all(QUERY_ITEMS),
            Workload::BatchWrite if mentions(body, b"PutRequest") => Err("unprocessed items"),
            Workload::BatchWrite => all(BATCH_ITEMS),
            Workload::Scan => {
                let page: ScanPage<'_> = serde_json::from_slice(body).map_err(|_| "not a page of a scan")?;
                let last_key = page.last_evaluated_key.map(|key| key.get().to_owned());
                Ok(Self { items: page.count, last_key })
            }
        }
    }
}

fn mentions(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_are_no_answers() {
        assert_eq!(Page::read(Workload::Get, 64, b"{}"), Err("item missing"));
        assert_eq!(Page::read(Workload::Query, 64, &[b' '; 639]), Err("items missing"));
        assert_eq!(Page::read(Workload::Query, 64, &[b' '; 640]).unwrap().items, 10);
    }

    #[test]
    fn unprocessed_items_are_not_written() {
        assert_eq!(Page::read(Workload::BatchWrite, 64, br#"{"UnprocessedItems":{}}"#).unwrap().items, 25);
        let some = br#"{"UnprocessedItems":{"t":[{"PutRequest":{"Item":{}}}]}}"#;
        assert_eq!(Page::read(Workload::BatchWrite, 64, some), Err("unprocessed items"));
    }

    #[test]
    fn pages_of_scans_are_counted_and_continued() {
        let page =
            br#"{"Items":[{"id":{"S":"a"}}],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"id":{"S":"a"}}}"#;
        let page = Page::read(Workload::Scan, 64, page).unwrap();
        assert_eq!((page.items, page.last_key.as_deref()), (1, Some(r#"{"id":{"S":"a"}}"#)));
        assert_eq!(Page::read(Workload::Scan, 64, br#"{"Items":[],"Count":0}"#).unwrap().last_key, None);
        assert!(Page::read(Workload::Scan, 64, b"{").is_err());
    }
}
