//! Answers of the operations on single items and of the pages of Query and Scan.

use partita_model::Item;
use serde::Serialize;

use super::attribute;
use super::{ConsumedCapacity, ItemCollectionMetrics};

/// The answer of PutItem, UpdateItem and DeleteItem.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WriteItem {
    /// The image that was asked for; `None` when there is none or it is empty.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "attribute::optional_item")]
    pub attributes: Option<Item>,
    /// If asked for.
    #[serde(rename = "ConsumedCapacity", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<ConsumedCapacity>,
    /// If asked for and the table has local indexes.
    #[serde(rename = "ItemCollectionMetrics", skip_serializing_if = "Option::is_none")]
    pub metrics: Option<ItemCollectionMetrics>,
}

/// The answer of GetItem.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetItem {
    /// The item, or what the projection leaves of it; `None` when there is no item.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "attribute::optional_item")]
    pub item: Option<Item>,
    /// If asked for.
    #[serde(rename = "ConsumedCapacity", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<ConsumedCapacity>,
}

/// The answer of Query and Scan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page {
    /// The items; `None` when only their number was asked for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "attribute::optional_items")]
    pub items: Option<Vec<Item>>,
    /// Items after the filter.
    pub count: u64,
    /// Items before the filter.
    pub scanned_count: u64,
    /// The key of the last evaluated item; `None` only at the end of what there is to read.
    #[serde(
        rename = "LastEvaluatedKey",
        skip_serializing_if = "Option::is_none",
        serialize_with = "attribute::optional_item"
    )]
    pub last_key: Option<Item>,
    /// If asked for.
    #[serde(rename = "ConsumedCapacity", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<ConsumedCapacity>,
}
