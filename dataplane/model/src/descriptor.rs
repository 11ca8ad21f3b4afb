//! Table descriptors: what the control plane tells the data plane about a table.
//!
//! A descriptor carries a [`Generation`]; the data plane applies it only if it is newer than what it has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::TableName;
use crate::schema::{GlobalIndex, KeyAttribute, KeySchema, LocalIndex};

/// The number of a table's incarnation inside an installation. Never reused, also not after the table is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableId(pub u64);

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts the changes of a table's descriptor; grows with each accepted change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// Provisioned throughput, in units per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Throughput {
    /// Read capacity units per second.
    pub read_units: u64,
    /// Write capacity units per second.
    pub write_units: u64,
}

/// How a table's capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingMode {
    /// A fixed number of units per second.
    Provisioned,
    /// On demand.
    PayPerRequest,
}

/// Everything the data plane must know to serve a table. Equal descriptors serve alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDescriptor {
    /// The incarnation.
    pub id: TableId,
    /// The name callers use.
    pub name: TableName,
    /// Newer replaces older.
    pub generation: Generation,
    /// The table's key.
    pub key: KeySchema,
    /// Attribute definitions in the order given, used and checked by keys of the table and its indexes.
    pub attributes: Vec<KeyAttribute>,
    /// At most five, fixed at creation.
    pub local_indexes: Vec<LocalIndex>,
    /// Declared global indexes. The data plane does not build them yet.
    pub global_indexes: Vec<GlobalIndex>,
    /// Capacity mode.
    pub billing: BillingMode,
    /// Provisioned units; `None` when on demand.
    pub throughput: Option<Throughput>,
}

impl TableDescriptor {
    /// The local index of that name.
    pub fn local_index(&self, name: &str) -> Option<&LocalIndex> {
        self.local_indexes.iter().find(|index| index.name.as_str() == name)
    }

    /// The declared global index of that name.
    pub fn global_index(&self, name: &str) -> Option<&GlobalIndex> {
        self.global_indexes.iter().find(|index| index.name.as_str() == name)
    }
}

/// Size and count of a table or index, as DescribeTable shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Live items.
    pub item_count: u64,
    /// Item bytes plus 100 for each item.
    pub size_bytes: u64,
}
