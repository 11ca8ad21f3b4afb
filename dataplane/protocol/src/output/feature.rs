//! What the operations on single features of a table answer: expiry, backups, insights, a Kinesis destination.

use partita_model::{IndexName, TableName};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::definition::TimeToLiveSpecification;

/// The answer of UpdateTimeToLive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateTimeToLive {
    /// As it was asked for.
    pub time_to_live_specification: TimeToLiveSpecification,
}

/// The answer of DescribeTimeToLive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeTimeToLive {
    /// How items expire.
    pub time_to_live_description: TimeToLiveDescription,
}

/// How a table's items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TimeToLiveDescription {
    /// Whether they do.
    pub time_to_live_status: TimeToLiveStatus,
    /// By which attribute; absent when they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_name: Option<String>,
}

/// Whether a table's items expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TimeToLiveStatus {
    /// Soon.
    Enabling,
    /// They do.
    Enabled,
    /// Soon no longer.
    Disabling,
    /// They do not.
    Disabled,
}

/// The answer of DescribeContinuousBackups for a table that cannot be restored to a point in time. The service says `ENABLED`
/// of the backups themselves for every table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoContinuousBackups;

/// The answer of DescribeContributorInsights for a table or an index without insights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoContributorInsights {
    /// Which table.
    pub table: TableName,
    /// Which of its indexes, if one was asked for.
    pub index: Option<IndexName>,
}

/// The answer of DescribeKinesisStreamingDestination for a table that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoKinesisDestination {
    /// Which table.
    pub table: TableName,
}

impl Serialize for NoContinuousBackups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
        }})
        .serialize(serializer)
    }
}

impl Serialize for NoContributorInsights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { table, index } = self;
        let mut shown = json!({ "TableName": table, "ContributorInsightsStatus": "DISABLED" });
        if let Some(index) = index {
            shown["IndexName"] = json!(index);
        }
        shown.serialize(serializer)
    }
}

impl Serialize for NoKinesisDestination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "TableName": self.table, "KinesisDataStreamDestinations": [] }).serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
