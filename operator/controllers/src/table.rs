//! Objects in rows: `get`, with the columns that the kind's CRD asks for.

use jiff::Timestamp;
use partita_model::clock::UnixMillis;
use serde_json::Value;

use crate::duration::human;

/// Blanks between columns, as kubectl has them.
const GAP: usize = 3;

/// Which columns to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of priority 0.
    Narrow,
    /// All.
    Wide,
}

/// The rows of `objects`, all of the kind whose CRD `definition` is, under a row of names. `now` gives ages. Ends with a line
/// break.
pub fn rows(definition: &Value, objects: &[Value], columns: Columns, now: UnixMillis) -> String {
    let printed: Vec<&Value> = definition["spec"]["versions"][0]["additionalPrinterColumns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|column| columns == Columns::Wide || column["priority"].as_i64().unwrap_or(0) == 0)
        .collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut table = vec![
        std::iter::once("NAME".to_owned())
            .chain(printed.iter().map(|c| text(&c["name"])))
            .collect::<Vec<_>>(),
    ];
    for object in objects {
        let cells = printed.iter().map(|column| cell(object, column, now));
        table.push(std::iter::once(text(&object["metadata"]["name"])).chain(cells).collect());
    }
    aligned(&table)
}

fn cell(object: &Value, column: &Value, now: UnixMillis) -> String {
    let Some(value) = column["jsonPath"].as_str().and_then(|path| at(object, path)) else {
        return String::new();
    };
    if column["type"] == "date" {
        return value.as_str().map_or_else(|| "<unknown>".to_owned(), |time| age(time, now));
    }
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The age of an RFC 3339 time.
pub(crate) fn age(time: &str, now: UnixMillis) -> String {
    let now = i64::try_from(now.0 / 1000).unwrap_or(i64::MAX);
    time.parse::<Timestamp>()
        .map_or_else(|_| "<unknown>".to_owned(), |then| human(now.saturating_sub(then.as_second())))
}

/// What a JSONPath of the simple kind leads to: names, and filters of one field for equality, such as
/// `.status.conditions[?(@.type=="Ready")].status`.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut rest = path;
    let mut value = value;
    while !rest.is_empty() {
        if let Some(filter) = rest.strip_prefix("[?(@.") {
            let (condition, after) = filter.split_once(")]")?;
            let (field, wanted) = condition.split_once("==")?;
            let wanted = wanted.trim_matches('"');
            value = value.as_array()?.iter().find(|item| item[field] == wanted)?;
            rest = after;
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at_checked(end)?;
            value = value.get(name)?;
            rest = after;
        }
    }
    Some(value)
}

fn aligned(table: &[Vec<String>]) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in table {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}", width = width + GAP));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use partita_api::definition;
    use serde_json::json;

    use super::*;

    fn object() -> Value {
        json!({
            "metadata": {"name": "orders", "creationTimestamp": "1970-01-01T00:00:10Z"},
            "status": {
                "tableStatus": "ACTIVE", "itemCount": 12, "tableSizeBytes": 3456,
                "billingModeSummary": {"billingMode": "PAY_PER_REQUEST"},
                "tableClassSummary": {"tableClass": "STANDARD"},
                "ackResourceMetadata": {"arn": "arn:aws:dynamodb:x:0:table/orders"},
                "conditions": [
                    {"type": "Ready", "status": "True"}, {"type": "ACK.ResourceSynced", "status": "False"}
                ],
            },
        })
    }

    #[test]
    fn rows_have_the_columns_of_the_crd() {
        let fresh =
            json!({"metadata": {"name": "a-longer-name", "creationTimestamp": "1970-01-01T00:03:10Z"}});
        expect_test::expect![[r#"
            NAME            STATUS   READY   BILLING           ITEMS   AGE
            orders          ACTIVE   True    PAY_PER_REQUEST   12      3m
            a-longer-name                                              0s
        "#]]
        .assert_eq(&rows(&definition(), &[object(), fresh], Columns::Narrow, UnixMillis(190_000)));
    }

    #[test]
    fn wide_rows_have_all_columns() {
        expect_test::expect![[r#"
            NAME     STATUS   READY   BILLING           ITEMS   AGE   CLASS      SIZE   SYNCED   ARN
            orders   ACTIVE   True    PAY_PER_REQUEST   12      3m    STANDARD   3456   False    arn:aws:dynamodb:x:0:table/orders
        "#]]
        .assert_eq(&rows(&definition(), &[object()], Columns::Wide, UnixMillis(190_000)));
    }

    #[test]
    fn every_column_of_the_crd_can_be_followed() {
        let definition = definition();
        for column in definition["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap() {
            let path = column["jsonPath"].as_str().unwrap();
            assert!(at(&object(), path).is_some(), "{path}");
        }
        assert_eq!(at(&object(), ".status.nowhere"), None);
        assert_eq!(at(&object(), "status"), None);
        assert_eq!(at(&object(), ".status.conditions[?(@.type"), None);
    }
}
