//! Table descriptors: what the control plane tells the data plane about a table.
//!
//! A descriptor carries a [`Generation`]; the data plane applies it only if it is newer than what it has.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::TableName;
use crate::clock::UnixMillis;
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

/// Which balance of storage and request cost a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TableClass {
    /// The default.
    Standard,
    /// Cheap storage, dear requests.
    StandardInfrequentAccess,
}

impl TableClass {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardInfrequentAccess => "STANDARD_INFREQUENT_ACCESS",
        }
    }
}

/// What DescribeTable shows of a table beyond what serving it takes, so that the data plane can describe its tables while the
/// control plane is down. The default stands for descriptors written before there were settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSettings {
    /// The `TableId` of answers: new with each creation.
    pub uuid: String,
    /// When the table was asked for.
    pub created: UnixMillis,
    /// Whether DeleteTable is refused.
    pub deletion_protection: bool,
    /// Only if a class was ever asked for.
    pub class: Option<TableClass>,
    /// When the class last changed.
    pub class_changed: Option<UnixMillis>,
    /// When the table last became on-demand; none if it never was.
    pub on_demand_since: Option<UnixMillis>,
    /// When provisioned units were last raised.
    pub last_increase: Option<UnixMillis>,
    /// When provisioned units were last lowered.
    pub last_decrease: Option<UnixMillis>,
    /// How often they were lowered on the UTC day of `last_decrease`.
    pub decreases: u32,
    /// What the table serves at once.
    pub warm: Option<Throughput>,
}

/// What the records of a stream carry besides keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the variants say what records carry")]
pub enum StreamView {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

impl StreamView {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeysOnly => "KEYS_ONLY",
            Self::NewImage => "NEW_IMAGE",
            Self::OldImage => "OLD_IMAGE",
            Self::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    /// Whether records carry the item as it is after the change.
    pub fn has_new_image(self) -> bool {
        matches!(self, Self::NewImage | Self::NewAndOldImages)
    }

    /// Whether records carry the item as it was before the change.
    pub fn has_old_image(self) -> bool {
        matches!(self, Self::OldImage | Self::NewAndOldImages)
    }
}

/// The latest stream of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StreamSettings {
    /// What tells the streams of a table apart, in ARNs too: when it was enabled, as `YYYY-MM-DDTHH:MM:SS.mmm`, and never the
    /// same twice for one table.
    pub label: String,
    /// What records carry.
    pub view: StreamView,
    /// False when the stream was disabled: its records can be read until they are too old.
    pub enabled: bool,
}

/// By which attribute items expire.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeToLive {
    /// The number of this setting, from the same sequence as the ids of tables: the rows that say when items expire lie under
    /// it, and go as a table goes.
    pub id: TableId,
    /// Holds seconds since the epoch, as a number.
    pub attribute: String,
}

/// Everything the data plane must know to serve a table. Equal descriptors serve alike. Nodes store the serialized form: members
/// are only ever added, with a default.
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
    /// At most twenty; they come and go with generations, and each incarnation has an id of its own.
    pub global_indexes: Vec<GlobalIndex>,
    /// Capacity mode.
    pub billing: BillingMode,
    /// Provisioned units; `None` when on demand.
    pub throughput: Option<Throughput>,
    /// The latest stream; none if there never was one.
    #[serde(default)]
    pub stream: Option<StreamSettings>,
    /// How items expire, if they do.
    #[serde(default)]
    pub time_to_live: Option<TimeToLive>,
    /// What is only shown.
    #[serde(default)]
    pub settings: TableSettings,
}

impl TableDescriptor {
    /// The local index of that name.
    pub fn local_index(&self, name: &str) -> Option<&LocalIndex> {
        self.local_indexes.iter().find(|index| index.name.as_str() == name)
    }

    /// The global index of that name.
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

/// How far the data plane is with what it does in the background for one table: by the ids of its global indexes and of its
/// time-to-live setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Progress {
    /// An id that is missing has not begun.
    pub builds: BTreeMap<TableId, Build>,
}

impl Progress {
    /// Whether the rows under this id hold everything they should.
    pub fn is_built(&self, id: TableId) -> bool {
        self.builds.get(&id).is_some_and(|build| build.finished)
    }
}

/// The making of a global index, or of the rows by which items expire, from the items that a table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Items of the table that were looked at.
    pub scanned_items: u64,
    /// Whether all of them were.
    pub finished: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_from_before_settings_is_still_read() {
        let stored = r#"{"id":7,"name":"music","generation":3,"key":{"hash":{"name":"p","scalar":"S"},"range":null},
            "attributes":[{"name":"p","scalar":"S"}],"local_indexes":[],"global_indexes":[],
            "billing":"PAY_PER_REQUEST","throughput":null}"#;
        let read: TableDescriptor = serde_json::from_str(stored).unwrap();
        assert_eq!(read.id, TableId(7));
        assert_eq!(read.settings, TableSettings::default());
    }

    #[test]
    fn settings_round_trip_and_later_members_are_no_obstacle() {
        let settings = TableSettings {
            uuid: "u".to_owned(),
            created: UnixMillis(1),
            deletion_protection: true,
            class: Some(TableClass::StandardInfrequentAccess),
            warm: Some(Throughput { read_units: 5, write_units: 6 }),
            ..TableSettings::default()
        };
        let mut json = serde_json::to_value(&settings).unwrap();
        json["of_a_later_version"] = true.into();
        assert_eq!(serde_json::from_value::<TableSettings>(json).unwrap(), settings);
    }
}
