//! Answers of the operations on single items and of the pages of Query and Scan.

use partita_model::Item;
use serde_json::Value;

use super::write::{ObjectWriter, array, item, item_form};
use super::{Answer, BODY_BYTES, ConsumedCapacity, ItemCollectionMetrics, ItemForm, to_json};

/// The answer of PutItem, UpdateItem and DeleteItem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteItem {
    /// The image that was asked for; `None` when there is none or it is empty.
    pub attributes: Option<ItemForm>,
    /// If asked for.
    pub capacity: Option<ConsumedCapacity>,
    /// If asked for and the table has local indexes.
    pub metrics: Option<ItemCollectionMetrics>,
}

/// The answer of GetItem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GetItem {
    /// The item, or what the projection leaves of it; `None` when there is no item.
    pub item: Option<ItemForm>,
    /// If asked for.
    pub capacity: Option<ConsumedCapacity>,
}

/// The answer of Query and Scan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The items; `None` when only their number was asked for.
    pub items: Option<Vec<ItemForm>>,
    /// Items after the filter.
    pub count: u64,
    /// Items before the filter.
    pub scanned_count: u64,
    /// The key of the last evaluated item; `None` only at the end of what there is to read.
    pub last_key: Option<Item>,
    /// If asked for.
    pub capacity: Option<ConsumedCapacity>,
}

impl Answer for WriteItem {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = body(self.attributes.as_slice());
        let mut object = ObjectWriter::new(&mut out);
        if let Some(attributes) = &self.attributes {
            item_form(attributes, object.member(b"Attributes"));
        }
        capacity(self.capacity.as_ref(), &mut object);
        if let Some(metrics) = &self.metrics {
            object.serialized("ItemCollectionMetrics", metrics);
        }
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

impl Answer for GetItem {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = body(self.item.as_slice());
        let mut object = ObjectWriter::new(&mut out);
        if let Some(found) = &self.item {
            item_form(found, object.member(b"Item"));
        }
        capacity(self.capacity.as_ref(), &mut object);
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

impl Answer for Page {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = body(self.items.as_deref().unwrap_or_default());
        let mut object = ObjectWriter::new(&mut out);
        if let Some(items) = &self.items {
            array(items, object.member(b"Items"), item_form);
        }
        object.serialized("Count", &self.count);
        object.serialized("ScannedCount", &self.scanned_count);
        if let Some(key) = &self.last_key {
            item(key, object.member(b"LastEvaluatedKey"));
        }
        capacity(self.capacity.as_ref(), &mut object);
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

/// An empty body with room for the items and all that stands around them.
fn body(items: &[ItemForm]) -> Vec<u8> {
    Vec::with_capacity(BODY_BYTES + items.iter().map(ItemForm::json_bytes).sum::<usize>())
}

fn capacity(capacity: Option<&ConsumedCapacity>, object: &mut ObjectWriter<'_>) {
    if let Some(capacity) = capacity {
        object.serialized("ConsumedCapacity", capacity);
    }
}
