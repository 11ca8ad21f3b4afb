//! Answers of transactions.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::write::{ObjectWriter, array, item_form};
use super::{Answer, BODY_BYTES, ItemCollectionMetrics, ItemForm, TransactionCapacity, to_json};

/// The answer of TransactWriteItems.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TransactWrite {
    /// One for each table; empty unless asked for.
    #[serde(rename = "ConsumedCapacity", skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<TransactionCapacity>,
    /// By table as the request named it; only of tables with local indexes, empty unless asked for.
    #[serde(rename = "ItemCollectionMetrics", skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Vec<ItemCollectionMetrics>>,
}

/// The answer of TransactGetItems and ExecuteTransaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactItems {
    /// In the order of the request: what was read; `None` where there is no item, or a statement wrote.
    pub responses: Vec<Option<ItemForm>>,
    /// One for each table; empty unless asked for.
    pub capacity: Vec<TransactionCapacity>,
}

impl Answer for TransactItems {
    fn to_bytes(&self) -> Vec<u8> {
        let items = self.responses.iter().flatten();
        let mut out = Vec::with_capacity(BODY_BYTES + items.map(ItemForm::json_bytes).sum::<usize>());
        let mut object = ObjectWriter::new(&mut out);
        array(&self.responses, object.member(b"Responses"), |item, out| {
            let mut response = ObjectWriter::new(out);
            if let Some(item) = item {
                item_form(item, response.member(b"Item"));
            }
            response.end();
        });
        if !self.capacity.is_empty() {
            object.serialized("ConsumedCapacity", &self.capacity);
        }
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}
