//! Billing mode, throughput and automatic scaling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum BillingMode {
    /// A fixed number of units per second.
    Provisioned,
    /// On demand.
    PayPerRequest,
}

/// Capacity units per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::provisioned_throughput()))]
pub struct ProvisionedThroughput {
    /// Read capacity units per second, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub read_capacity_units: Option<i64>,
    /// Write capacity units per second, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub write_capacity_units: Option<i64>,
}

/// Ceilings on request units per second; -1 removes a ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnDemandThroughput {
    /// Read request units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1), extend("x-kubernetes-validations" = super::rules::ceiling()))]
    pub max_read_request_units: Option<i64>,
    /// Write request units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1), extend("x-kubernetes-validations" = super::rules::ceiling()))]
    pub max_write_request_units: Option<i64>,
}

/// Units per second that can be served at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WarmThroughput {
    /// Read units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub read_units_per_second: Option<i64>,
    /// Write units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub write_units_per_second: Option<i64>,
}

/// Target tracking for reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutoScaling {
    /// Read capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<ScalingRange>,
    /// Write capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<ScalingRange>,
}

/// Bounds and target of one dimension of capacity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::scaling_range()))]
pub struct ScalingRange {
    /// Lower bound in units per second.
    #[schemars(range(min = 1))]
    pub min: i64,
    /// Upper bound in units per second.
    #[schemars(range(min = 1))]
    pub max: i64,
    /// Consumed share of the provisioned units to aim at, in percent, 20 to 90. Default: 70.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 20, max = 90))]
    pub target_utilization: Option<i64>,
    /// Seconds after a decrease before another one. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub scale_in_cooldown: Option<i64>,
    /// Seconds after an increase before another one. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub scale_out_cooldown: Option<i64>,
    /// While true capacity is never decreased. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_scale_in: Option<bool>,
}
