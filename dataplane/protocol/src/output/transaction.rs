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

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use partita_model::{AttributeValue, CapacityUnits, IndexName, Item};

    use super::*;
    use crate::output::{Access, CapacityDetail, ConsumedCapacity};

    fn text(answer: &impl Answer) -> String {
        let bytes = answer.to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), answer.to_json());
        String::from_utf8(bytes).unwrap()
    }

    fn item() -> Item {
        Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))])
    }

    fn capacity(access: Access, detail: Option<CapacityDetail>) -> TransactionCapacity {
        let total = CapacityUnits::whole(4);
        TransactionCapacity {
            capacity: ConsumedCapacity { table: "Music".to_owned(), total, detail },
            access,
        }
    }

    #[test]
    fn a_write_transaction_with_nothing_to_say_is_an_empty_object() {
        assert_eq!(text(&TransactWrite::default()), "{}");
    }

    #[test]
    fn capacity_is_told_as_reads_or_writes_too() {
        let detail = CapacityDetail {
            table: CapacityUnits::whole(2),
            local_indexes: BTreeMap::from([(IndexName::new("l"), CapacityUnits::whole(1))]),
            global_indexes: BTreeMap::from([(IndexName::new("g"), CapacityUnits::whole(1))]),
        };
        let metrics = vec![ItemCollectionMetrics { key: item(), size_range_gb: [0.0, 1.0] }];
        let write = TransactWrite {
            capacity: vec![capacity(Access::Write, Some(detail)), capacity(Access::Read, None)],
            metrics: BTreeMap::from([("Music".to_owned(), metrics)]),
        };
        let told = expect![[
            r#"{"ConsumedCapacity":[{"TableName":"Music","CapacityUnits":4.0,"WriteCapacityUnits":4.0,"Table":{"CapacityUnits":2.0,"WriteCapacityUnits":2.0},"LocalSecondaryIndexes":{"l":{"CapacityUnits":1.0,"WriteCapacityUnits":1.0}},"GlobalSecondaryIndexes":{"g":{"CapacityUnits":1.0,"WriteCapacityUnits":1.0}}},{"TableName":"Music","CapacityUnits":4.0,"ReadCapacityUnits":4.0}],"ItemCollectionMetrics":{"Music":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]}}"#
        ]];
        told.assert_eq(&text(&write));
        let plain = CapacityDetail { table: CapacityUnits::whole(4), ..CapacityDetail::default() };
        let told = expect![[
            r#"{"TableName":"Music","CapacityUnits":4.0,"ReadCapacityUnits":4.0,"Table":{"CapacityUnits":4.0,"ReadCapacityUnits":4.0}}"#
        ]];
        told.assert_eq(&text(&capacity(Access::Read, Some(plain))));
    }

    #[test]
    fn responses_stand_in_order_and_a_missing_item_is_an_empty_object() {
        let read = TransactItems {
            responses: vec![Some(item().into()), None, Some(Item::new().into())],
            capacity: vec![],
        };
        assert_eq!(text(&read), r#"{"Responses":[{"Item":{"pk":{"S":"a"}}},{},{"Item":{}}]}"#);
        let read = TransactItems { responses: vec![], capacity: vec![capacity(Access::Read, None)] };
        assert_eq!(
            text(&read),
            r#"{"Responses":[],"ConsumedCapacity":[{"TableName":"Music","CapacityUnits":4.0,"ReadCapacityUnits":4.0}]}"#
        );
    }
}
