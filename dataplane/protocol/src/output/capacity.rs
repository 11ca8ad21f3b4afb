//! What an operation cost, and how large an item collection is.

use std::collections::BTreeMap;

use partita_model::{CapacityUnits, IndexName, Item};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::attribute;

/// The capacity one operation consumed on one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConsumedCapacity {
    /// The table as the API shows it.
    #[serde(rename = "TableName")]
    pub table: String,
    /// Everything consumed.
    #[serde(rename = "CapacityUnits", serialize_with = "units")]
    pub total: CapacityUnits,
    /// The parts, for `ReturnConsumedCapacity: INDEXES`.
    #[serde(flatten)]
    pub detail: Option<CapacityDetail>,
}

/// Where capacity was consumed. Only touched indexes are listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CapacityDetail {
    /// By the table itself.
    #[serde(serialize_with = "part")]
    pub table: CapacityUnits,
    /// By local indexes.
    #[serde(
        rename = "LocalSecondaryIndexes",
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "parts"
    )]
    pub local_indexes: BTreeMap<IndexName, CapacityUnits>,
    /// By global indexes.
    #[serde(
        rename = "GlobalSecondaryIndexes",
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "parts"
    )]
    pub global_indexes: BTreeMap<IndexName, CapacityUnits>,
}

/// The capacity one transaction consumed on one table. Each figure is told twice: as units, and as units of reads or writes.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionCapacity {
    /// What was consumed.
    pub capacity: ConsumedCapacity,
    /// By what.
    pub access: Access,
}

/// What a transaction consumes capacity by. One that writes and has been carried out before, under the same token, reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing, or checking conditions for that.
    Write,
}

/// The size of the item collection that a write changed. Only tables with local indexes have one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemCollectionMetrics {
    /// The partition key.
    #[serde(rename = "ItemCollectionKey", serialize_with = "attribute::item")]
    pub key: Item,
    /// Bounds of the estimate, in gigabytes.
    #[serde(rename = "SizeEstimateRangeGB")]
    pub size_range_gb: [f64; 2],
}

/// `{"CapacityUnits": 1.0}`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    capacity_units: f64,
}

impl Access {
    fn member(self) -> &'static str {
        match self {
            Self::Read => "ReadCapacityUnits",
            Self::Write => "WriteCapacityUnits",
        }
    }
}

/// `{"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}`.
struct SplitPart(CapacityUnits, Access);

impl Serialize for SplitPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(units, access) = self;
        serializer.collect_map([("CapacityUnits", units.as_f64()), (access.member(), units.as_f64())])
    }
}

impl Serialize for TransactionCapacity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { capacity: ConsumedCapacity { table, total, detail }, access } = self;
        let split = |units: &CapacityUnits| SplitPart(*units, *access);
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("TableName", table)?;
        object.serialize_entry("CapacityUnits", &total.as_f64())?;
        object.serialize_entry(access.member(), &total.as_f64())?;
        if let Some(detail) = detail {
            object.serialize_entry("Table", &split(&detail.table))?;
            let indexes = [
                ("LocalSecondaryIndexes", &detail.local_indexes),
                ("GlobalSecondaryIndexes", &detail.global_indexes),
            ];
            for (member, parts) in indexes.into_iter().filter(|(_, parts)| !parts.is_empty()) {
                let parts: BTreeMap<_, _> = parts.iter().map(|(name, units)| (name, split(units))).collect();
                object.serialize_entry(member, &parts)?;
            }
        }
        object.end()
    }
}

fn units<S: Serializer>(units: &CapacityUnits, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(units.as_f64())
}

fn part<S: Serializer>(units: &CapacityUnits, serializer: S) -> Result<S::Ok, S::Error> {
    Part { capacity_units: units.as_f64() }.serialize(serializer)
}

fn parts<S: Serializer>(
    parts: &BTreeMap<IndexName, CapacityUnits>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(parts.iter().map(|(name, units)| (name, Part { capacity_units: units.as_f64() })))
}
