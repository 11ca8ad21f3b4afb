//! The items of the torture table: how they are written, read back and weighed.
//!
//! `p` and `c` are the key, `v` names the write, `padding` is made from it, `r` and `n` are the sort keys of the local indexes. Whoever reads an
//! item can tell whether it is whole.

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::history::View;

#[cfg(test)]
mod tests;

/// What DescribeTable adds for each item and each index entry.
const OVERHEAD_BYTES: u64 = 100;

/// What is known of an item besides its key; an attribute that is not there is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    /// Names the write; ends with `-` and the length of the padding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rank: Option<i64>,
}

/// An item and its sort key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    pub(super) key: usize,
    #[serde(flatten)]
    pub(super) item: Item,
}

impl Item {
    /// The attributes as the API has them.
    pub(super) fn attributes(&self, collection: &str, key: usize) -> Value {
        let mut attributes = Map::new();
        attributes.insert("p".into(), json!({"S": collection}));
        attributes.insert("c".into(), json!({"N": key.to_string()}));
        if let Some(value) = &self.value {
            attributes.insert("v".into(), json!({"S": value}));
            attributes.insert("padding".into(), json!({"S": padding(value)}));
        }
        for (name, number) in [("n", self.count), ("r", self.rank)] {
            if let Some(number) = number {
                attributes.insert(name.into(), json!({"N": number.to_string()}));
            }
        }
        Value::Object(attributes)
    }

    /// What a view holds of the item; a local index has no entry for an item without its sort key.
    pub(super) fn seen_in(&self, view: View) -> Option<Self> {
        match view {
            View::Item { .. } | View::Table => Some(self.clone()),
            View::ByRank => self.rank.map(|_| self.clone()),
            View::ByCount => self.count.map(|count| Self { count: Some(count), ..Self::default() }),
        }
    }

    /// The bytes that DescribeTable counts for it.
    pub(super) fn stored_bytes(&self, collection: &str, key: usize) -> u64 {
        let key = i64::try_from(key).unwrap_or(i64::MAX);
        let numbers = [("c", Some(key)), ("n", self.count), ("r", self.rank)];
        let numbers =
            numbers.iter().filter_map(|(name, number)| number.map(|of| name.len() + number_bytes(of)));
        let value = self
            .value
            .as_ref()
            .map_or(0, |value| "v".len() + value.len() + "padding".len() + padding_bytes(value));
        let all = "p".len() + collection.len() + numbers.sum::<usize>() + value;
        OVERHEAD_BYTES + all as u64
    }
}

impl Row {
    /// Reads an item and refuses one that is not whole: what it says of itself must make the same attributes again.
    pub(super) fn read(collection: &str, attributes: &Value) -> Result<Self> {
        let text = |name: &str, kind: &str| attributes[name][kind].as_str();
        let number = |name: &str| text(name, "N").map(str::parse::<i64>).transpose();
        let read = || -> Result<Self> {
            let key = usize::try_from(number("c")?.context("no sort key")?)?;
            let item =
                Item { value: text("v", "S").map(str::to_owned), count: number("n")?, rank: number("r")? };
            ensure!(item.attributes(collection, key) == *attributes, "an item is not whole");
            Ok(Self { key, item })
        };
        read().with_context(|| format!("an item of {collection}: {}", shortened(attributes)))
    }
}

/// The padding of a value: the value again and again.
fn padding(value: &str) -> String {
    value.chars().cycle().take(padding_bytes(value)).collect()
}

/// Values are ASCII: as many bytes as characters.
fn padding_bytes(value: &str) -> usize {
    value.rsplit_once('-').and_then(|(_, bytes)| bytes.parse().ok()).unwrap_or(1)
}

/// The bytes of a number: one, one for each pair of digits (pairs lie at even powers of ten, and outer zeros do not count), and one
/// for a sign.
fn number_bytes(number: i64) -> usize {
    if number == 0 {
        return 1;
    }
    let digits = number.unsigned_abs().to_string();
    let significant = digits.trim_end_matches('0').len();
    let zeros = digits.len() - significant;
    1 + (significant + zeros % 2).div_ceil(2) + usize::from(number < 0)
}

/// Enough of an item to see what is wrong.
fn shortened(attributes: &Value) -> String {
    const SHOWN: usize = 400;
    attributes.to_string().chars().take(SHOWN).collect()
}
