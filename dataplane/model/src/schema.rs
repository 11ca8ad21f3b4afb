//! Key schemas, projections and the definitions of indexes.

use serde::{Deserialize, Serialize};

use crate::value::AttributeType;
use crate::{IndexName, TableId};

/// The three types a key attribute can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are DynamoDB's own type letters")]
pub enum ScalarType {
    S,
    N,
    B,
}

impl ScalarType {
    /// The attribute type of the same letter.
    pub fn attribute_type(self) -> AttributeType {
        match self {
            Self::S => AttributeType::S,
            Self::N => AttributeType::N,
            Self::B => AttributeType::B,
        }
    }
}

/// The role of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyType {
    /// Partition key.
    Hash,
    /// Sort key.
    Range,
}

/// A named key attribute with its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyAttribute {
    /// Attribute name.
    pub name: String,
    /// Attribute type, from the table's attribute definitions.
    pub scalar: ScalarType,
}

/// A table's or a local index's key: one partition key and at most one sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeySchema {
    /// The partition key.
    pub hash: KeyAttribute,
    /// The sort key, if the schema is composite.
    pub range: Option<KeyAttribute>,
}

impl KeySchema {
    /// Partition key first, then the sort key.
    pub fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.hash).chain(self.range.as_ref())
    }

    /// Whether `name` is one of the key's attributes.
    pub fn contains(&self, name: &str) -> bool {
        self.attributes().any(|a| a.name == name)
    }
}

/// What an index entry carries besides its keys and the table's keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "attributes", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Projection {
    /// Every attribute.
    All,
    /// Only keys.
    KeysOnly,
    /// Keys and these attributes, in the order given.
    Include(Vec<String>),
}

/// A local secondary index: the table's partition key with another sort key. `key.range` is always present.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalIndex {
    /// Unique within the table.
    pub name: IndexName,
    /// Same partition key as the table.
    pub key: KeySchema,
    /// What entries carry.
    pub projection: Projection,
}

/// A global secondary index. Up to four partition and four sort attributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GlobalIndex {
    /// The number of this incarnation, from the same sequence as the ids of tables: its rows lie under an id of their own, so
    /// that an index goes as a table goes. Zero in descriptors written before global indexes were built: such an index has no
    /// rows and is not maintained.
    #[serde(default = "no_id")]
    pub id: TableId,
    /// Whether it may be read: it holds the projection of every item. The control plane says so when the data plane has
    /// reported that the index is built.
    #[serde(default)]
    pub active: bool,
    /// Unique within the table.
    pub name: IndexName,
    /// Partition attributes, at least one.
    pub hash: Vec<KeyAttribute>,
    /// Sort attributes, in order.
    pub range: Vec<KeyAttribute>,
    /// What entries carry.
    pub projection: Projection,
    /// Own throughput, for provisioned tables.
    pub throughput: Option<crate::descriptor::Throughput>,
}

impl GlobalIndex {
    /// Partition attributes first, then the sort attributes.
    pub fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        self.hash.iter().chain(&self.range)
    }

    /// Whether `name` is one of the key's attributes.
    pub fn contains(&self, name: &str) -> bool {
        self.attributes().any(|attribute| attribute.name == name)
    }

    /// Whether the data plane maintains it.
    pub fn is_maintained(&self) -> bool {
        self.id != no_id()
    }
}

/// No id that was ever given out.
fn no_id() -> TableId {
    TableId(0)
}
