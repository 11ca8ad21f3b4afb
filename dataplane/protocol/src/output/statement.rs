//! Answers of PartiQL statements outside transactions.

use partita_model::Item;
use serde_json::Value;

use super::write::{ObjectWriter, array, item, item_form};
use super::{Answer, BODY_BYTES, ConsumedCapacity, ItemForm, to_json};
use crate::error::PartFailure;
use crate::{ServiceError, Wording};

/// The answer of ExecuteStatement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecuteStatement {
    /// What was selected, or what a RETURNING clause asked for. It is there even when empty.
    pub items: Vec<ItemForm>,
    /// What a request needs to go on; `None` at the end of what there is to read.
    pub next_token: Option<String>,
    /// The key of the last evaluated item, beside the token.
    pub last_key: Option<Item>,
    /// If asked for.
    pub capacity: Option<ConsumedCapacity>,
}

/// The answer of BatchExecuteStatement. As failures of its statements are in it, it has a wording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchExecuteStatement {
    /// In the order of the request.
    pub responses: Vec<StatementResponse>,
    /// One for each table; empty unless asked for.
    pub capacity: Vec<ConsumedCapacity>,
}

/// What became of one statement of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementResponse {
    /// The table, as the statement names it; `None` of a statement that was refused before it came to its table.
    pub table: Option<String>,
    /// What was read or is to be returned, if anything, or why the statement failed.
    pub outcome: Result<Option<ItemForm>, ServiceError>,
}

impl Answer for ExecuteStatement {
    fn to_bytes(&self) -> Vec<u8> {
        let items = self.items.iter().map(ItemForm::json_bytes).sum::<usize>();
        let mut out = Vec::with_capacity(BODY_BYTES + items);
        let mut object = ObjectWriter::new(&mut out);
        array(&self.items, object.member(b"Items"), item_form);
        if let Some(token) = &self.next_token {
            object.serialized("NextToken", token);
        }
        if let Some(key) = &self.last_key {
            item(key, object.member(b"LastEvaluatedKey"));
        }
        if let Some(capacity) = &self.capacity {
            object.serialized("ConsumedCapacity", capacity);
        }
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

impl BatchExecuteStatement {
    /// The body of the answer.
    pub fn to_bytes(&self, wording: Wording) -> Vec<u8> {
        let items = self.responses.iter().filter_map(|response| response.outcome.as_ref().ok()?.as_ref());
        let mut out = Vec::with_capacity(BODY_BYTES + items.map(ItemForm::json_bytes).sum::<usize>());
        let mut object = ObjectWriter::new(&mut out);
        array(&self.responses, object.member(b"Responses"), |response, out| response.write(wording, out));
        if !self.capacity.is_empty() {
            object.serialized("ConsumedCapacity", &self.capacity);
        }
        object.end();
        out
    }

    /// The same as a JSON value, for tests and tools.
    pub fn to_json(&self, wording: Wording) -> Value {
        serde_json::from_slice(&self.to_bytes(wording)).expect("an answer is JSON")
    }
}

impl StatementResponse {
    fn write(&self, wording: Wording, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        match &self.outcome {
            Ok(Some(item)) => item_form(item, object.member(b"Item")),
            Ok(None) => {}
            Err(error) => object.serialized("Error", &PartFailure { error: Some(error), wording }),
        }
        if let Some(table) = &self.table {
            object.serialized("TableName", table);
        }
        object.end();
    }
}

#[cfg(test)]
mod tests {
    use partita_model::{AttributeValue, CapacityUnits};
    use serde_json::json;

    use super::*;

    fn item() -> Item {
        Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))])
    }

    fn capacity() -> ConsumedCapacity {
        ConsumedCapacity { table: "Music".to_owned(), total: CapacityUnits::whole(1), detail: None }
    }

    #[test]
    fn items_are_there_even_when_there_are_none() {
        assert_eq!(ExecuteStatement::default().to_bytes(), br#"{"Items":[]}"#);
        let answer = ExecuteStatement {
            items: vec![item().into()],
            next_token: Some("t\"".to_owned()),
            last_key: Some(item()),
            capacity: Some(capacity()),
        };
        let told = json!({
            "Items": [{"pk": {"S": "a"}}], "NextToken": "t\"", "LastEvaluatedKey": {"pk": {"S": "a"}},
            "ConsumedCapacity": {"TableName": "Music", "CapacityUnits": 1.0},
        });
        assert_eq!(answer.to_json(), told);
    }

    #[test]
    fn a_batch_tells_of_each_statement() {
        let table = || Some("Music".to_owned());
        let failed = |table, error| StatementResponse { table, outcome: Err(error) };
        let answer = BatchExecuteStatement {
            responses: vec![
                StatementResponse { table: table(), outcome: Ok(Some(item().into())) },
                StatementResponse { table: table(), outcome: Ok(None) },
                failed(table(), ServiceError::conditional_check_failed(Some(item()))),
                failed(None, ServiceError::resource_not_found()),
            ],
            capacity: vec![capacity()],
        };
        let told = json!({
            "Responses": [
                {"Item": {"pk": {"S": "a"}}, "TableName": "Music"},
                {"TableName": "Music"},
                {
                    "Error": {
                        "Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "a"}},
                        "Message": "The conditional request failed",
                    },
                    "TableName": "Music",
                },
                {"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
            ],
            "ConsumedCapacity": [{"TableName": "Music", "CapacityUnits": 1.0}],
        });
        assert_eq!(answer.to_json(Wording::Modern2026), told);
        assert_eq!(BatchExecuteStatement::default().to_json(Wording::Classic), json!({"Responses": []}));
    }

    #[test]
    fn every_failure_has_a_code() {
        for (error, code) in [
            (ServiceError::validation("x"), "ValidationError"),
            (ServiceError::duplicate_item(), "DuplicateItem"),
            (ServiceError::transaction_conflict(), "TransactionConflict"),
            (ServiceError::item_collection_size(), "ItemCollectionSizeLimitExceeded"),
            (ServiceError::provisioned_throughput_exceeded(vec![]), "ProvisionedThroughputExceeded"),
            (ServiceError::throttling(vec![]), "ThrottlingError"),
            (ServiceError::internal(), "InternalServerError"),
            (ServiceError::unavailable(), "InternalServerError"),
        ] {
            let responses = vec![StatementResponse { table: None, outcome: Err(error) }];
            let answer = BatchExecuteStatement { responses, capacity: vec![] };
            assert_eq!(answer.to_json(Wording::Classic)["Responses"][0]["Error"]["Code"], code);
        }
    }
}
