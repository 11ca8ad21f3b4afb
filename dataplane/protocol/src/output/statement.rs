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
