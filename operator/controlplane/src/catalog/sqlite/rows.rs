//! Between rows and records.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::Generation;
use partita_model::{TableId, TableName};
use partita_protocol::output::TableStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::FromRow;

use crate::Error;
use crate::catalog::{ObjectKey, StoredObject, TableRecord};

/// A row of `tables`.
#[derive(FromRow)]
pub(super) struct TableRow {
    id: i64,
    name: String,
    uuid: String,
    status: String,
    generation: i64,
    revision: i64,
    created_ms: i64,
    definition: String,
    history: String,
    parts: String,
}

impl TryFrom<TableRow> for TableRecord {
    type Error = Error;

    fn try_from(row: TableRow) -> Result<Self, Error> {
        Ok(Self {
            id: TableId(unsigned("table id", row.id)?),
            name: TableName::new(row.name),
            uuid: row.uuid,
            status: status(&row.status)?,
            generation: Generation(unsigned("generation", row.generation)?),
            revision: unsigned("revision", row.revision)?,
            created: UnixMillis(unsigned("time of creation", row.created_ms)?),
            definition: from_json("table definition", &row.definition)?,
            history: from_json("table history", &row.history)?,
            parts: from_json("table parts", &row.parts)?,
        })
    }
}

fn status(text: &str) -> Result<TableStatus, Error> {
    use TableStatus::{Active, Creating, Deleting, Updating};
    let known = [Creating, Updating, Deleting, Active].into_iter().find(|status| status.as_str() == text);
    known.ok_or_else(|| Error::Unreadable { what: "table status", detail: text.to_owned() })
}

/// A row of `objects`.
#[derive(FromRow)]
pub(super) struct ObjectRow {
    kind: String,
    namespace: String,
    name: String,
    metadata: String,
    spec: String,
    status: String,
}

impl TryFrom<ObjectRow> for StoredObject {
    type Error = Error;

    fn try_from(row: ObjectRow) -> Result<Self, Error> {
        Ok(Self {
            key: ObjectKey { kind: row.kind, namespace: row.namespace, name: row.name },
            metadata: from_json("object's metadata", &row.metadata)?,
            spec: from_json("object's spec", &row.spec)?,
            status: from_json("object's status", &row.status)?,
        })
    }
}

/// SQL has no unsigned numbers.
pub(super) fn unsigned(what: &'static str, number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::Unreadable { what, detail: number.to_string() })
}

/// SQL has no unsigned numbers; ours stay far below where that matters, and stop there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Unreadable { what, detail: error.to_string() })
}

/// A document as it is stored.
pub(super) fn to_json<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document)
        .expect("stored documents have string keys and serialise without a fallible step")
}
